package cache

import (
	"context"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/similarity"
)

// vectorKey names the vectors of a user in a corpus.
type vectorKey struct {
	scope  pika.Scope
	corpus pika.Corpus
	model  pika.EmbeddingModel
}

// Over returns index with the sets before its vectors.
func (w *WorkingSets) Over(index func() pika.Index) func() pika.Index {
	return func() pika.Index {
		x := index()
		x.Vectors = &setVectors{Vectors: x.Vectors, sets: w, model: x.Model.EmbeddingModel}
		return x
	}
}

// setVectors is a pika.Vectors: searches are answered by a set, if there is one.
type setVectors struct {
	pika.Vectors
	sets  *WorkingSets
	model pika.EmbeddingModel
}

// SearchVectors implements pika.Vectors.
func (v *setVectors) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	if hits, ok, err := v.SearchLocally(ctx, scope, corpus, query, limit); ok || err != nil {
		return hits, err
	}
	return v.Vectors.SearchVectors(ctx, scope, corpus, query, limit)
}

// AnswersLocally reports whether the next search would be answered by a set.
func (v *setVectors) AnswersLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus) bool {
	return v.sets.vectors.current(ctx, vectorKey{scope, corpus, v.model}) != nil
}

// SearchLocally is SearchVectors from a set, which shows every write that the truth noted;
// !ok: there is none.
func (v *setVectors) SearchLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) (hits []pika.Scored, ok bool, err error) {
	if limit < 1 || limit > pika.MaxVectorLimit || len(query) != v.model.Dimensions {
		return nil, false, nil
	}
	s := v.sets.vectors.use(ctx, vectorKey{scope, corpus, v.model})
	if s == nil {
		v.sets.o.Metrics.count(WorkingSet, 0, 1)
		return nil, false, nil
	}
	v.sets.o.Metrics.count(WorkingSet, 1, 0)
	return s.search(query, limit), true, nil
}

// vectorSet is the vectors of one user in one corpus.
type vectorSet struct {
	ids    []string // sorted
	values [][]float32
}

const rowOverhead = 64 // bytes of a row beside its values

func (s *vectorSet) bytes(dimensions int) int { return len(s.ids) * (4*dimensions + rowOverhead) }

func (w *WorkingSets) loadVectors(ctx context.Context, k vectorKey) (*vectorSet, error) {
	s := &vectorSet{}
	for after := ""; ; {
		rows, err := w.o.Raw.ListRawVectors(ctx, k.scope, k.corpus, k.model, after, pika.MaxVectorBatch)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			s.ids, s.values = append(s.ids, r.ID), append(s.values, r.Values)
		}
		switch {
		case len(s.ids) > maxWorkingSet:
			return nil, nil
		case len(rows) < pika.MaxVectorBatch:
			return s, nil
		}
		after = rows[len(rows)-1].ID
	}
}

func (w *WorkingSets) followVectors(ctx context.Context, k vectorKey, s *vectorSet, changes []pika.Change) (*vectorSet, error) {
	ids := changedIn(k.corpus, changes)
	switch {
	case len(ids) == 0:
		return s, nil
	case len(ids) > pika.MaxVectorBatch:
		return nil, nil
	}
	rows, err := w.o.Raw.RawVectors(ctx, k.scope, k.corpus, k.model, ids)
	if err != nil {
		return nil, err
	}
	if next := s.with(ids, rows); len(next.ids) <= maxWorkingSet {
		return next, nil
	}
	return nil, nil
}

// changedIn returns the ids in a corpus that changes may have touched, sorted.
func changedIn(corpus pika.Corpus, changes []pika.Change) (ids []string) {
	for _, c := range changes {
		if corpus == pika.CorpusMessages {
			ids = append(ids, c.Messages...)
		} else {
			ids = append(append(ids, c.Added...), c.Touched...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// with returns the set with rows in the place of what it has under ids.
func (s *vectorSet) with(ids []string, rows []pika.Vector) *vectorSet {
	given := make(map[string][]float32, len(rows))
	for _, r := range rows {
		given[r.ID] = r.Values
	}
	next := &vectorSet{}
	i := 0
	for _, id := range ids {
		for ; i < len(s.ids) && s.ids[i] < id; i++ {
			next.ids, next.values = append(next.ids, s.ids[i]), append(next.values, s.values[i])
		}
		if i < len(s.ids) && s.ids[i] == id {
			i++
		}
		if v := given[id]; v != nil {
			next.ids, next.values = append(next.ids, id), append(next.values, v)
		}
	}
	next.ids, next.values = append(next.ids, s.ids[i:]...), append(next.values, s.values[i:]...)
	return next
}

// search compares all rows with a unit vector.
func (s *vectorSet) search(query []float32, limit int) []pika.Scored {
	hits := make([]pika.Scored, len(s.ids))
	for i, v := range s.values {
		hits[i] = pika.Scored{ID: s.ids[i], Score: float64(similarity.Cosine(query, v))}
	}
	return keyword.Cut(hits, limit)
}
