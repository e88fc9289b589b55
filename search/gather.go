package search

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// How deep legs read at first. The vectors' hits are also the background that cosines
// are measured against (CosineScale), so they reach well below what can be shown.
const (
	vectorDepth  = 400
	keywordDepth = 200
	deeper       = 4 // factor when hydration left too few
)

// leg is one way of finding in one corpus, and what it found so far.
type leg struct {
	name   pika.Leg
	weight float64
	scale  func([]pika.Scored) Scale
	find   func(ctx context.Context, limit int) (hits []pika.Scored, all bool, err error)
	limit  int // of the last read
	most   int // the port's own limit

	evidence *Evidence // nil: never answered
	done     bool      // nothing deeper can come
}

// legs returns the legs that the plan uses for a corpus.
func (s *run) legs(corpus pika.Corpus) []*leg {
	var legs []*leg
	if w := s.plan.Weights.Vector; w > 0 {
		legs = append(legs, &leg{
			name: pika.LegVectors, weight: w, scale: CosineScale,
			limit: vectorDepth, most: pika.MaxVectorLimit, find: s.findVectors(corpus),
		})
	}
	if w := s.plan.Weights.Keyword; w > 0 {
		legs = append(legs, &leg{
			name: pika.LegKeyword, weight: w, scale: BM25Scale,
			limit: keywordDepth, most: pika.MaxKeywordLimit, find: s.findKeyword(corpus),
		})
	}
	return legs
}

func (s *run) findKeyword(corpus pika.Corpus) func(context.Context, int) ([]pika.Scored, bool, error) {
	return func(ctx context.Context, limit int) ([]pika.Scored, bool, error) {
		hits, err := guarded(ctx, s.keyword, func(ctx context.Context) ([]pika.Scored, error) {
			return s.config.Keyword.SearchKeyword(ctx, s.scope, corpus, keyword.Query(s.plan.Text), limit)
		})
		return hits, len(hits) < limit, err
	}
}

// gather reads every leg that is not done, all at once, and returns when each has
// answered, failed or run out of time. A leg that fails keeps what it found before.
func (s *run) gather(legs []*leg) {
	var reading sync.WaitGroup
	for _, l := range legs {
		if l.done {
			continue
		}
		reading.Go(func() {
			hits, all, err := l.find(s.legCtx, l.limit)
			if err != nil {
				l.done = true
				s.degrade(l.name, err)
				return
			}
			l.take(hits, all)
		})
	}
	reading.Wait()
}

// take keeps the hits; all says that the leg has no others. The scale is set by the first read: reading deeper must not
// change the scores of what was found before.
func (l *leg) take(hits []pika.Scored, all bool) {
	l.done = all || l.limit >= l.most
	hits = slices.DeleteFunc(hits, func(h pika.Scored) bool { return math.IsNaN(h.Score) || math.IsInf(h.Score, 0) })
	if l.evidence == nil {
		l.evidence = &Evidence{Leg: l.name, Weight: l.weight, Scale: l.scale(hits)}
	}
	l.evidence.Hits = hits
}

// deepen sets the next depth and reports whether any leg has more to give.
func deepen(legs []*leg) bool {
	more := false
	for _, l := range legs {
		if !l.done {
			l.limit = min(l.limit*deeper, l.most)
			more = true
		}
	}
	return more
}

// evidenceOf returns what the legs that answered found, and their names.
func evidenceOf(legs []*leg) (evidence []Evidence, names []pika.Leg) {
	for _, l := range legs {
		if l.evidence != nil {
			evidence = append(evidence, *l.evidence)
			names = append(names, l.name)
		}
	}
	return evidence, names
}
