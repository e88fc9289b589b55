package search

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/similarity"
)

const (
	// unsettledLeg is the metrics' name for reading what the index may not show yet.
	unsettledLeg pika.Leg = "unsettled"

	// settleTime is how long after its acknowledgement an index may not show a row.
	settleTime = 5 * time.Second

	// maxUnsettled bounds how many vectors of a user are compared exactly: the newest.
	maxUnsettled = pika.MaxVectorBatch
)

// vectorFinder finds by meaning in one corpus: what the index shows, and what it may
// not show yet. Those vectors are read once, and compared exactly.
type vectorFinder struct {
	*run
	corpus    pika.Corpus
	question  int           // whose vector: see run.questions
	asked     bool          // exact and unsettled were read, or could not be
	answered  bool          // the index answered before
	unsettled []pika.Scored // best first
	exact     []pika.Scored // of the facts that the filters leave
}

func (s *run) findVectors(corpus pika.Corpus, question int) func(context.Context, int) ([]pika.Scored, bool, error) {
	f := &vectorFinder{run: s, corpus: corpus, question: question}
	return f.find
}

// find asks the index and the truth side by side. Without the index, what is unsettled
// is all there is; without the truth, what the index shows.
func (f *vectorFinder) find(ctx context.Context, limit int) (hits []pika.Scored, all bool, err error) {
	f.embedding.Wait() // ends with legCtx at the latest
	if f.vectorErr != nil {
		return nil, false, f.vectorErr
	}
	ids, set := f.left(ctx, f.corpus)
	deep := limit
	if set != nil {
		deep = pika.MaxVectorLimit // it holds no more of most users
	}
	if hits, ok, err := f.searchLocally(ctx, f.corpus, f.vector(), deep); ok || err != nil {
		f.answered = f.answered || ok
		return hits, set != nil || len(hits) < limit, err
	}
	if f.config.Raw == nil {
		limit = deep // the index is exact
	}
	var side sync.WaitGroup
	// For parts of a question it is left at what the index shows: the whole question
	// finds the others.
	if f.config.Raw != nil && !f.asked && f.question == 0 {
		f.asked = true
		side.Go(func() { f.compareUnsettled(ctx) })
		side.Go(func() { f.compareLeft(ctx, ids) })
	}
	hits, err = guarded(ctx, f.Engine.vectors, func(ctx context.Context) ([]pika.Scored, error) {
		return f.index.Vectors.SearchVectors(ctx, f.scope, f.corpus, f.vector(), limit)
	})
	round(hits)
	side.Wait()
	switch {
	case err == nil:
		f.answered = true
		merged := overlay(hits, overlay(f.exact, f.unsettled))
		if set != nil { // none of it may fall to the limit
			return merged, true, nil
		}
		return merged[:min(limit, len(merged))], len(hits) < limit && len(merged) <= limit, nil
	case f.answered || len(f.unsettled) == 0:
		return nil, false, err
	}
	f.degrade(pika.LegVectors, err)
	return f.unsettled, true, nil
}

// vector returns the embedded question; call it when the embedding is done.
func (f *vectorFinder) vector() []float32 { return f.run.vectors[f.question] }

func (f *vectorFinder) compareUnsettled(ctx context.Context) {
	since := f.config.Now().Add(-settleTime)
	rows, err := guarded(ctx, f.Engine.unsettled, func(ctx context.Context) ([]pika.Vector, error) {
		return f.config.Raw.UnsettledVectors(ctx, f.scope, f.corpus, f.index.Model.EmbeddingModel, since, maxUnsettled)
	})
	if err != nil {
		f.degrade(pika.LegVectors, err)
		return
	}
	f.unsettled = f.compare(rows)
}

// compareLeft compares the vectors of the facts that the filters leave. Without them the
// leg finds what the index does.
func (f *vectorFinder) compareLeft(ctx context.Context, ids []string) {
	if len(ids) == 0 {
		return
	}
	rows, err := guarded(ctx, f.Engine.unsettled, func(ctx context.Context) ([]pika.Vector, error) {
		return f.config.Raw.RawVectors(ctx, f.scope, f.corpus, f.index.Model.EmbeddingModel, ids)
	})
	if err != nil {
		f.degrade(pika.LegVectors, err)
		return
	}
	f.exact = f.compare(rows)
}

// compare returns the cosines of vectors, best first.
func (f *vectorFinder) compare(rows []pika.Vector) []pika.Scored {
	scored := make([]pika.Scored, 0, len(rows))
	for _, r := range rows {
		if len(r.Values) == len(f.vector()) {
			scored = append(scored, pika.Scored{ID: r.ID, Score: cosine(f.vector(), r.Values)})
		}
	}
	slices.SortFunc(scored, better)
	return scored
}

// overlay puts exact scores over those of the index: an id's exact score replaces what
// the index says of it, which may be about a former vector.
func overlay(hits, exact []pika.Scored) []pika.Scored {
	if len(exact) == 0 {
		return hits
	}
	merged := slices.Clone(exact)
	known := make(map[string]bool, len(exact))
	for _, h := range exact {
		known[h.ID] = true
	}
	for _, h := range hits {
		if !known[h.ID] {
			merged = append(merged, h)
		}
	}
	slices.SortFunc(merged, better)
	return merged
}

// better is the order of pika.Scored.
func better(a, b pika.Scored) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
}

// round gives an index's hits the precision in which traces hold cosines, and orders again
// those that are equal then.
func round(hits []pika.Scored) {
	for i := range hits {
		hits[i].Score = float64(float32(hits[i].Score))
	}
	slices.SortFunc(hits, better)
}

// cosine of two unit vectors of one length, in the precision in which traces hold it.
func cosine(a, b []float32) float64 { return float64(similarity.Cosine(a, b)) }
