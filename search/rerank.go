package search

import (
	"context"
	"fmt"
	"time"

	"github.com/pikamem/pika"
)

const (
	// leastRerankTime is what must be left of a search's time for asking a reranker at
	// all: no language model answers sooner.
	leastRerankTime = 150 * time.Millisecond
	// rerankShare is how much of what is left a reranker may take when more follows.
	rerankShare = 0.75
)

// rerank gives a reranker the last word on the order of the best facts, if the query asks
// for it: one call for at most pika.MaxRerankItems of those that reach the query's
// MinScore. The strengths of these facts stay with their places, so that scores fall with
// the order as before; what a fact gained or lost by it is its addend "rerank".
//
// Without a reranker, without time for one, or when it fails, the order stays and the
// answer names pika.LegRerank in Degraded. facts are sorted.
func (s *run) rerank(facts []found[pika.Fact]) []found[pika.Fact] {
	if s.query.Rerank != pika.RerankLLM {
		return facts
	}
	if s.config.Reranker == nil {
		s.without(pika.LegRerank)
		return facts
	}
	best := bestOf(facts, pika.MaxRerankItems, s.query.MinScore)
	if len(best) < 2 {
		return facts
	}
	ids, err := s.askReranker(best)
	if err != nil {
		s.degrade(pika.LegRerank, err)
		return facts
	}
	copy(best, reordered(best, ids))
	return facts
}

func (s *run) askReranker(facts []found[pika.Fact]) ([]string, error) {
	deadline, _ := s.ctx.Deadline()
	left := time.Until(deadline)
	if left < leastRerankTime {
		return nil, fmt.Errorf("%w: under %s are left", errLate, leastRerankTime)
	}
	if s.query.Related > 0 {
		left = share(left, rerankShare)
	}
	ctx, cancel := context.WithTimeout(s.ctx, left)
	defer cancel()
	items := make([]pika.RerankItem, len(facts))
	for i, f := range facts {
		items[i] = pika.RerankItem{ID: f.item.ID, Text: statement(f.item, s.now)}
	}
	return guarded(ctx, s.reranker, func(ctx context.Context) ([]string, error) {
		return s.config.Reranker.Rerank(ctx, s.query.Text, items)
	})
}

// reordered returns the facts in the order of ids, those that ids leaves out after the
// others as they stood. The strengths keep their places.
func reordered(facts []found[pika.Fact], ids []string) []found[pika.Fact] {
	at := make(map[string]int, len(facts))
	for i, f := range facts {
		at[f.item.ID] = i
	}
	order := make([]found[pika.Fact], 0, len(facts))
	take := func(id string) {
		if i, ok := at[id]; ok {
			delete(at, id)
			order = append(order, facts[i])
		}
	}
	for _, id := range ids {
		take(id)
	}
	for _, f := range facts {
		take(f.item.ID)
	}
	for i := range order {
		order[i].add("rerank", facts[i].strength-order[i].strength)
		order[i].strength = facts[i].strength // not a rounding beside it
	}
	return order
}

// without names a part in the answer that the configuration leaves out: nothing failed.
func (s *run) without(leg pika.Leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.degraded[leg] = true
}
