package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// probing is a probe of one user's corpus.
type probing struct {
	*Prober
	index     pika.Index
	scope     pika.Scope
	corpus    pika.Corpus
	unsettled map[string]bool // rows that the index may or may not show
	questions []question
	rows      int
}

// question is a vector, and the best exact scores of the user's settled vectors.
type question struct {
	vector []float32
	best   []float64 // highest first, at most probeDepth
}

// probeUser returns the recall of each question; none for a user that is left out.
func (p *Prober) probeUser(ctx context.Context, index pika.Index, scope pika.Scope, corpus pika.Corpus) ([]float64, error) {
	u := &probing{Prober: p, index: index, scope: scope, corpus: corpus}
	if ok, err := u.readUnsettled(ctx); !ok || err != nil {
		return nil, err
	}
	if err := u.ask(ctx); err != nil {
		return nil, err
	}
	if ok, err := u.compareAll(ctx); !ok || err != nil {
		return nil, err
	}
	var recalls []float64
	for _, q := range u.questions {
		recall, err := u.recall(ctx, q)
		if err != nil {
			return nil, err
		}
		recalls = append(recalls, recall)
	}
	return recalls, nil
}

func (u *probing) readUnsettled(ctx context.Context) (ok bool, err error) {
	var rows []pika.Vector
	err = within(ctx, pageTimeout, func(ctx context.Context) error {
		rows, err = u.Raw.UnsettledVectors(ctx, u.scope, u.corpus, u.index.Model.EmbeddingModel, u.now().Add(-cmp.Or(u.Settle, time.Minute)), pika.MaxVectorBatch)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read unsettled vectors: %w", err)
	}
	u.unsettled = map[string]bool{}
	for _, v := range rows {
		u.unsettled[v.ID] = true
	}
	return len(rows) <= probeMoving, nil
}

// ask chooses the questions: vectors at and after random ids, or the first ones.
func (u *probing) ask(ctx context.Context) error {
	for range cmp.Or(u.Queries, 3) {
		hex := fmt.Sprintf("%016x", u.random())
		for _, after := range []string{hex[:8] + "-" + hex[8:12] + "-" + hex[12:], ""} {
			rows, err := u.page(ctx, after, 1)
			if err != nil {
				return err
			}
			if len(rows) == 1 {
				u.questions = append(u.questions, question{vector: rows[0].Values})
				break
			}
		}
	}
	return nil
}

func (u *probing) page(ctx context.Context, after string, limit int) (rows []pika.Vector, err error) {
	err = within(ctx, pageTimeout, func(ctx context.Context) error {
		rows, err = u.Raw.ListRawVectors(ctx, u.scope, u.corpus, u.index.Model.EmbeddingModel, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list vectors: %w", err)
	}
	return rows, nil
}

// compareAll compares every question with all settled vectors. ok is false for a user
// with too many.
func (u *probing) compareAll(ctx context.Context) (ok bool, err error) {
	after := ""
	for {
		rows, err := u.page(ctx, after, pika.MaxVectorBatch)
		if err != nil {
			return false, err
		}
		for _, v := range rows {
			if !u.unsettled[v.ID] {
				u.rows++
				for i := range u.questions {
					u.questions[i].see(exact(u.questions[i].vector, v.Values))
				}
			}
		}
		if u.rows > cmp.Or(u.MaxRows, 50_000) {
			return false, nil
		}
		if len(rows) < pika.MaxVectorBatch {
			return u.rows > 0, nil
		}
		after = rows[len(rows)-1].ID
	}
}

// see keeps a score if it is among the best.
func (q *question) see(score float64) {
	at, _ := slices.BinarySearchFunc(q.best, score, func(have, s float64) int { return cmp.Compare(s, have) })
	if at == probeDepth {
		return
	}
	q.best = slices.Insert(q.best, at, score)
	q.best = q.best[:min(len(q.best), probeDepth)]
}

// recall asks the index. A hit counts by its exact score, not by what the index says of
// it: as good as the last of the best is found, whichever of several equals it is.
func (u *probing) recall(ctx context.Context, q question) (float64, error) {
	hits, err := u.settledHits(ctx, q)
	if err != nil {
		return 0, err
	}
	var rows []pika.Vector
	err = within(ctx, pageTimeout, func(ctx context.Context) error {
		rows, err = u.Raw.RawVectors(ctx, u.scope, u.corpus, u.index.Model.EmbeddingModel, hits)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read %d vectors: %w", len(hits), err)
	}
	found := 0
	for _, v := range rows { // each once, and none that the truth does not know
		if exact(q.vector, v.Values) >= q.best[len(q.best)-1]-probeTie {
			found++
		}
	}
	return float64(min(found, len(q.best))) / float64(len(q.best)), nil
}

// settledHits returns the ids of the index's nearest rows, unsettled ones left out.
func (u *probing) settledHits(ctx context.Context, q question) ([]string, error) {
	var hits []pika.Scored
	err := within(ctx, pageTimeout, func(ctx context.Context) (err error) {
		hits, err = u.index.Vectors.SearchVectors(ctx, u.scope, u.corpus, q.vector, probeAsked+len(u.unsettled))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask the index: %w", err)
	}
	var ids []string
	for _, h := range hits {
		if !u.unsettled[h.ID] && len(ids) < probeDepth {
			ids = append(ids, h.ID)
		}
	}
	return ids, nil
}

// exact returns the cosine of two unit vectors of one length.
func exact(a, b []float32) float64 {
	var sum float64
	for i, x := range a[:min(len(a), len(b))] {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
