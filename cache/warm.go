package cache

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// WarmResult is what became of an answer that was to be made ahead.
type WarmResult string

// The results.
const (
	WarmKept    WarmResult = "kept"     // one was there and holds
	WarmMade    WarmResult = "made"     // it was made and is kept
	WarmNotKept WarmResult = "not_kept" // it was made and may not be given again: it lacks something
)

// warmLookUpTime bounds the look for an answer that is kept already.
const warmLookUpTime = 2 * time.Second

// Warm makes the answer to a question before anybody asks it: for the shared cache and the
// third tier. A Deadline of 0 is the longest that a search may have. Errors are those of
// Search, and Unavailable while the truth cannot be asked; then nothing is kept.
func (s *Searcher) Warm(ctx context.Context, scope pika.Scope, q pika.Query) (WarmResult, error) {
	q.Deadline = cmp.Or(q.Deadline, pika.MaxDeadlineMS*time.Millisecond)
	q.Cache = pika.CacheDefault
	if err := search.Check(q); err != nil {
		return WarmNotKept, err
	}
	r := &request{Searcher: s, scope: scope, query: q, index: s.o.Index(), now: s.o.Now()}
	if r.key = answerKey(scope, r.index.Model.EmbeddingModel, q, dayOf(q, r.now)); r.key == "" {
		return WarmNotKept, nil
	}
	version, err := s.o.Changes.Version(ctx, scope)
	if err != nil {
		return WarmNotKept, fmt.Errorf("read the version of a memory: %w", err)
	}
	r.version, r.known = version, true
	if r.warm(ctx) {
		return WarmKept, nil
	}
	return r.makeAhead(ctx)
}

// warm reports whether an answer is kept that holds. One that is only in the third tier, or
// was of another version, is put into the shared cache as it is now.
func (r *request) warm(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, warmLookUpTime)
	defer cancel()
	if values, _, err := r.o.Cache.ReadScope(ctx, r.scope, r.key); err == nil && values[r.key] != nil {
		a, err := decodeAnswer(values[r.key])
		if err == nil && r.now.Before(a.Until) && r.keptStill(ctx, a, false) {
			return true
		}
	}
	if r.third == nil {
		return false
	}
	a := r.readThird(ctx)
	return a != nil && r.keptStill(ctx, a, true)
}

func (r *request) keptStill(ctx context.Context, a *keptAnswer, write bool) bool {
	write = write || a.Version != r.version
	if !r.holds(ctx, a) {
		return false
	}
	if write {
		r.store(ctx, a) // not in this process: the request does not listen
	}
	return true
}

// makeAhead makes an answer and keeps it.
func (r *request) makeAhead(ctx context.Context) (WarmResult, error) {
	started := time.Now()
	answer, tracer, err := r.source.SearchTraced(withVersion(ctx, r.scope, r.version), r.scope, r.query)
	if err != nil {
		return WarmNotKept, err
	}
	if len(answer.Degraded) > 0 {
		return WarmNotKept, nil
	}
	trace := tracer()
	if trace == nil {
		return WarmNotKept, nil
	}
	a := r.made(answer, trace, time.Since(started))
	a.Ahead = true
	if err := r.keepAhead(ctx, a); err != nil {
		return WarmNotKept, fmt.Errorf("keep an answer that was made ahead: %w", err)
	}
	r.countAsked(pika.NotedSearch{Warmed: 1})
	return WarmMade, nil
}

func (r *request) keepAhead(ctx context.Context, a *keptAnswer) error {
	if r.third != nil {
		if err := r.writeThird(ctx, a); err != nil {
			return err
		}
	}
	r.store(ctx, a)
	return nil
}
