package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// clearly is by how much a fact must be stronger than another so that whoever gives the
// other one is wrong: twice what a cache does not trust itself (search.Trace).
const clearly = 0.01

// maxFailures is how many failures are told at length.
const maxFailures = 5

func shownQuestion(text string) pika.Query {
	q := question(text)
	q.Limit = shownFacts
	return q
}

// search asks an instance, and the search itself, and compares.
func (r *interleaving) search(ctx context.Context, by int, text string) error {
	n := r.instances[by]
	q := shownQuestion(text)
	given, err := n.Search(ctx, n.scope, q)
	if err != nil {
		return err
	}
	n.settle() // what it keeps is on its way: when it arrives, the bus decides
	fresh, tracer, err := n.engine.SearchTraced(ctx, n.scope, q)
	if err != nil {
		return err
	}
	strengths := map[string]float64{}
	if trace := tracer(); trace != nil {
		for _, f := range trace.Pool {
			strengths[f.ID] = f.Strength
		}
	}
	r.searches++
	r.tiers[given.Tier]++
	r.note(by, "asks %d, %s", slices.Index(r.questions, text), given.Tier)
	a := answer{by: by, tier: given.Tier, madeAt: r.clock().Add(-time.Duration(given.AgeMS+1) * time.Millisecond)}
	r.judge(a, ids(given), ids(fresh), r.former[text], strengths)
	return nil
}

// answer is what is judged.
type answer struct {
	by     int // the instance that gave it
	tier   pika.Tier
	madeAt time.Time
}

// judge counts how a given answer differs from a fresh one. former is what a search found
// before a write that is not finished, if there is one.
func (r *interleaving) judge(a answer, given, fresh, former []string, strengths map[string]float64) {
	surplus, missing := without(given, fresh), without(fresh, given)
	for range len(fresh) - len(given) { // an empty place holds what is weaker than any
		surplus = append(surplus, "")
	}
	evidence, open := r.evidence(surplus, missing, strengths)
	switch {
	case slices.Equal(given, fresh):
		r.same++
	case len(surplus)+len(missing) == 0:
		r.order++
	case former != nil && slices.Equal(given, former):
		r.underWrite++
	case len(evidence) > 0:
		r.stale(a, evidence)
	case open:
		r.underWrite++
	case slices.ContainsFunc(missing, func(id string) bool { return isClear(id, surplus, strengths) }):
		r.otherRank++
	default:
		r.nearTies++
	}
}

// evidence returns the finished writes that an answer does not know: of facts that are
// gone, and of new facts that clearly belong into it. open: it differs by a write that is
// not finished.
func (r *interleaving) evidence(surplus, missing []string, strengths map[string]float64) (evidence []*write, open bool) {
	var instead []string // what stays though it is not of the best; the place of what is gone is anybody's
	for _, id := range surplus {
		switch w := r.writes[id]; {
		case w != nil && w.open:
			open = true
		case w != nil && w.gone:
			evidence = append(evidence, w)
		default:
			instead = append(instead, id)
		}
	}
	for _, id := range missing {
		if w := r.writes[id]; w != nil && w.open {
			open = true
		} else if w != nil && !w.gone && isClear(id, instead, strengths) {
			evidence = append(evidence, w)
		}
	}
	return evidence, open
}

// isClear reports whether a fact is clearly stronger than one that an answer has in the
// place of it. What is not among the ranked ones is weaker than any.
func isClear(id string, instead []string, strengths map[string]float64) bool {
	return slices.ContainsFunc(instead, func(other string) bool {
		s, ranked := strengths[other]
		return !ranked || strengths[id]-s > clearly
	})
}

func without(ids, others []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(others, id) })
}

// stale counts an answer by the first write that is past its bound.
func (r *interleaving) stale(a answer, evidence []*write) {
	for _, w := range evidence {
		if age := r.clock().Sub(w.at); age > r.allowed(a, w.by) && !r.moved(a, w) {
			r.past++
			if len(r.failures) < maxFailures {
				r.failures = append(r.failures, fmt.Sprintf("messages %s, seed %d, interleaving %d: %s of instance %c does not know a write of instance %c %s ago: %s",
					r.name, r.seed, r.number, a.tier, 'A'+rune(a.by), 'A'+rune(w.by), age, strings.Join(r.steps, "; ")))
			}
			return
		}
	}
	r.within++
}

// moved reports whether an answer that was made when a new fact was there may lack it by a
// later write of the other instance, within its bound: how rare words are has changed.
func (r *interleaving) moved(a answer, w *write) bool {
	other := 1 - a.by
	return !w.gone && !a.madeAt.Before(w.at) && r.lastWrite[other].After(w.at) && r.clock().Sub(r.lastWrite[other]) <= r.allowed(a, other)
}

// allowed is how old a write may be that an answer does not know: nothing where it was
// made, and nothing if the truth was asked (every tier but the process's own memory).
// Messages that are under way are not older than they may be; when they have come, nothing.
func (r *interleaving) allowed(a answer, writer int) time.Duration {
	switch {
	case writer == a.by || a.tier != pika.TierL1:
		return -1
	case r.lost:
		return r.bound
	case r.bus.underway(a.by):
		return latest
	}
	return -1
}
