package search

import (
	"context"
	"slices"

	"github.com/pikamem/pika"
)

// readBatch bounds one read from the truth; the first read is smaller.
const readBatch = pika.MaxPageLimit

// source is where the items of a corpus are read, and the rule they must pass.
type source[T any] struct {
	corpus pika.Corpus
	read   func(ctx context.Context, ids []string) ([]T, error)
	id     func(*T) string
	keep   func(*T) bool
}

// retrieve gathers, fuses and hydrates one corpus until want items are found, the legs
// have no more, or the time is up; of what it gathered it returns what may be ranked
// among the first want. It fails only if the truth could not be read at all.
func retrieve[T any](s *run, from source[T], want int) ([]found[T], error) {
	legs, parts := s.legs(from.corpus, 0), s.legsOfParts(from.corpus)
	r := reader[T]{run: s, source: from, pool: poolFor(want, s.query.Messages > 0 || len(s.plan.Periods) > 0), known: map[string]*T{}}
	for {
		s.gather(slices.Concat(append(parts, legs)...))
		evidence, ofParts := evidenceOf(legs), evidenceOfParts(parts)
		if from.corpus == pika.CorpusFacts {
			s.ofParts = ofParts
		}
		ranked := Fuse(evidence, ofParts...)
		items, err := r.hydrate(ranked, evidence)
		switch {
		case err != nil && !r.hasRead:
			return nil, err
		case err != nil:
			s.degrade(pika.LegFacts, err)
			return items, nil
		case len(evidence) == 0:
			return nil, r.probe()
		case len(items) >= want || s.endsBelow(ranked) || !deepen(legs):
			return items, nil
		case s.legCtx.Err() != nil:
			s.degradeUnread(legs)
			return items, nil
		}
	}
}

// degradeUnread names the legs that had more to give when their time was up.
func (s *run) degradeUnread(legs []*leg) {
	for _, l := range legs {
		if !l.done {
			s.degrade(l.name, errLate)
		}
	}
}

// endsBelow reports whether the ranking reaches below MinScore: what lies deeper in the
// legs would be below it too.
func (s *run) endsBelow(ranked []Candidate) bool {
	return len(ranked) > 0 && ScoreOf(ranked[len(ranked)-1].Strength) < s.query.MinScore
}

// reader reads candidates from the truth, each once.
type reader[T any] struct {
	*run
	source[T]
	pool    int           // how many items are ranked
	known   map[string]*T // nil: not there, or filtered out
	hasRead bool
}

// patience is the context of the next read. Without any fact there is no answer, so the
// first read of facts has longer.
func (r *reader[T]) patience() context.Context {
	if r.corpus == pika.CorpusFacts && !r.hasRead {
		return r.firstCtx
	}
	return r.ctx
}

// hydrate walks down the ranking and returns the first items, as many as are ranked, that
// the truth holds and the filters let pass. With an error come the items read before it.
func (r *reader[T]) hydrate(ranked []Candidate, evidence []Evidence) ([]found[T], error) {
	var items []found[T]
	batch := r.pool
	for i, c := range ranked {
		if len(items) == r.pool {
			break
		}
		if _, ok := r.known[c.ID]; !ok {
			if err := r.load(ranked[i:], min(batch, readBatch)); err != nil {
				return items, err
			}
			batch *= deeper
		}
		if item := r.known[c.ID]; item != nil {
			items = append(items, found[T]{item: item, candidate: c, evidence: evidence, strength: c.Strength})
		}
	}
	return items, nil
}

// load reads the next candidates that are not known yet, at most limit.
func (r *reader[T]) load(ranked []Candidate, limit int) error {
	var ids []string
	for _, c := range ranked {
		if _, ok := r.known[c.ID]; !ok {
			ids = append(ids, c.ID)
		}
		if len(ids) == limit {
			break
		}
	}
	items, err := guarded(r.patience(), r.facts, func(ctx context.Context) ([]T, error) { return r.read(ctx, ids) })
	if err != nil {
		return err
	}
	r.hasRead = true
	for _, id := range ids {
		r.known[id] = nil
	}
	for i := range items {
		if r.keep(&items[i]) {
			r.known[r.id(&items[i])] = &items[i]
		}
	}
	return nil
}

// probe reads one id that nothing bears: when every leg is lost, it tells an empty
// memory index from a truth that is down.
func (r *reader[T]) probe() error {
	_, err := guarded(r.patience(), r.facts, func(ctx context.Context) ([]T, error) {
		return r.read(ctx, []string{pika.DeriveID("probe")})
	})
	return err
}
