package search

import (
	"context"

	"github.com/pikamem/pika"
)

// localVectors is a pika.Vectors that may know a user's vectors in the memory of the process.
type localVectors interface {
	// AnswersLocally reports whether the next search would be answered from there.
	AnswersLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus) bool

	// SearchLocally is SearchVectors from there, which shows every write at once; !ok: they
	// are not known.
	SearchLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) (hits []pika.Scored, ok bool, err error)
}

// localFacts is a pika.Facts that may know a user's facts, and the words in them, in the memory
// of the process.
type localFacts interface {
	KnowsFacts(ctx context.Context, scope pika.Scope) bool
}

// knows reports whether the process knows all of a user's facts that a search follows from.
func (e *Engine) knows(ctx context.Context, scope pika.Scope) bool {
	facts, ok1 := e.config.Facts.(localFacts)
	vectors, ok2 := e.config.Index().Vectors.(localVectors)
	return ok1 && ok2 && facts.KnowsFacts(ctx, scope) && vectors.AnswersLocally(ctx, scope, pika.CorpusFacts)
}

// searchLocally searches the vectors that the process knows; !ok: it does not know them.
func (s *run) searchLocally(ctx context.Context, corpus pika.Corpus, query []float32, limit int) (hits []pika.Scored, ok bool, err error) {
	local, is := s.index.Vectors.(localVectors)
	if !is || !local.AnswersLocally(ctx, s.scope, corpus) {
		return nil, false, nil
	}
	type known struct {
		hits []pika.Scored
		ok   bool
	}
	found, err := guarded(ctx, s.Engine.vectors, func(ctx context.Context) (known, error) {
		hits, ok, err := local.SearchLocally(ctx, s.scope, corpus, query, limit)
		return known{hits, ok}, err
	})
	round(found.hits)
	return found.hits, found.ok, err
}
