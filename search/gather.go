package search

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/pikamem/pika"
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
	corpus pika.Corpus
	find   func(ctx context.Context, limit int) (hits []pika.Scored, all bool, err error)
	limit  int // of the last read
	most   int // the port's own limit

	evidence *Evidence // nil: never answered
	done     bool      // nothing deeper can come
}

// legs returns the legs that the plan uses in a corpus for one of its questions: 0 is the
// whole, the others its parts.
func (s *run) legs(corpus pika.Corpus, question int) []*leg {
	var legs []*leg
	if w := s.plan.Weights.Vector; w > 0 {
		legs = append(legs, &leg{
			name: pika.LegVectors, weight: w, scale: CosineScale, corpus: corpus,
			limit: vectorDepth, most: pika.MaxVectorLimit, find: s.findVectors(corpus, question),
		})
	}
	if w := s.plan.Weights.Keyword; w > 0 {
		legs = append(legs, &leg{
			name: pika.LegKeyword, weight: w, scale: BM25Scale, corpus: corpus,
			limit: keywordDepth, most: pika.MaxKeywordLimit, find: s.findKeyword(corpus, question),
		})
	}
	if w := s.plan.Weights.Graph; w > 0 && s.config.Graph != nil && corpus == pika.CorpusFacts && question == 0 {
		legs = append(legs, &leg{
			name: pika.LegGraph, weight: w, scale: graphScale, corpus: corpus,
			limit: graphDepth, most: graphDepth, find: s.findGraph,
		})
	}
	return legs
}

func (s *run) findKeyword(corpus pika.Corpus, question int) func(context.Context, int) ([]pika.Scored, bool, error) {
	return func(ctx context.Context, limit int) ([]pika.Scored, bool, error) {
		_, set := s.left(ctx, corpus)
		if set != nil {
			limit = pika.MaxKeywordLimit
		}
		query := s.plan.KeywordQuery(s.questions[question], s.knownWords(ctx))
		hits, err := guarded(ctx, s.keyword, func(ctx context.Context) ([]pika.Scored, error) {
			return s.config.Keyword.SearchKeyword(ctx, s.scope, corpus, query, limit)
		})
		return hits, set != nil || len(hits) < limit, err
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
			_, set := s.left(s.legCtx, l.corpus)
			l.take(hits, all, set)
		})
	}
	reading.Wait()
}

// take keeps the hits that are in the set (nil: all of them); all says that the leg has no
// others. The scale is set by the first read: reading deeper must not change the scores of
// what was found before.
func (l *leg) take(hits []pika.Scored, all bool, set map[string]bool) {
	l.done = all || l.limit >= l.most
	hits = slices.DeleteFunc(hits, func(h pika.Scored) bool { return math.IsNaN(h.Score) || math.IsInf(h.Score, 0) })
	if l.evidence == nil {
		l.evidence = &Evidence{Leg: l.name, Weight: l.weight, Scale: l.scale(hits)}
	}
	l.evidence.Hits = confine(hits, set)
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

// evidenceOf returns what the legs that answered found. Where the vectors are lost, the
// keywords have their place: their weight was set against the vectors', and the small rules
// of the ranking would outweigh them.
func evidenceOf(legs []*leg) []Evidence {
	var evidence []Evidence
	scale := 1.0
	for _, l := range legs {
		if l.name == pika.LegVectors && l.evidence == nil {
			scale = withoutVectors(legs)
		}
		if l.evidence != nil {
			e := *l.evidence
			e.Weight *= scale // the vectors stand first
			evidence = append(evidence, e)
		}
	}
	return evidence
}

func withoutVectors(legs []*leg) float64 {
	for _, l := range legs {
		if l.name == pika.LegKeyword {
			return 1 / l.weight
		}
	}
	return 1
}

// legsOfParts returns the legs of each part of the question. They are read once: what
// lies deeper is found by the whole question.
func (s *run) legsOfParts(corpus pika.Corpus) [][]*leg {
	parts := make([][]*leg, len(s.plan.Parts))
	for i := range parts {
		parts[i] = s.legs(corpus, i+1)
		for _, l := range parts[i] {
			l.most = l.limit
		}
	}
	return parts
}

// evidenceOfParts returns what was found for the parts of which any leg answered.
func evidenceOfParts(parts [][]*leg) [][]Evidence {
	var all [][]Evidence
	for _, legs := range parts {
		if evidence := evidenceOf(legs); len(evidence) > 0 {
			all = append(all, evidence)
		}
	}
	return all
}
