package main

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pikamem/pika"
)

// workload is a mix of searches and writes of one user.
type workload struct {
	repeats  float64 // share of searches that were asked before, lately more often
	writes   float64 // per search; one in five is a deletion
	searches int
}

// outcome counts what a cache did.
type outcome struct {
	repeated   int // searches that were asked before
	hits       int
	otherFacts int // hits with other facts than a search would have found
	otherOrder int // hits with the same facts in another order
}

// run runs the workload, the same for every policy. whole: each write makes everything void.
func (w workload) run(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string, whole bool) (o outcome, err error) {
	known := len(facts) * 2 / 3
	b, err := open(ctx, model, facts[:known])
	if err != nil {
		return o, err
	}
	defer b.close()
	g := b.gateway(ctx)
	page, err := b.db.List(ctx, scope, pika.ListFacts{}, pika.PageRequest{Limit: pika.MaxPageLimit})
	if err != nil {
		return o, err
	}
	memory := &memoryOf{bed: b, whole: whole, further: facts[known:], random: rand.New(rand.NewPCG(7, uint64(100*w.repeats))).IntN}
	for _, f := range page.Items {
		memory.live = append(memory.live, f.ID)
	}
	slices.Sort(memory.live)
	random := rand.New(rand.NewPCG(3, uint64(100*w.repeats)))
	var asked []string
	for range w.searches {
		if random.Float64() < w.writes {
			if err := memory.write(ctx); err != nil {
				return o, err
			}
		}
		text := questions[len(asked)%len(questions)]
		if len(asked) > 0 && random.Float64() < w.repeats {
			back := min(int(random.ExpFloat64()*20), len(asked)-1)
			text = asked[len(asked)-1-back]
		}
		if slices.Contains(asked, text) {
			o.repeated++
		}
		asked = append(asked, text)
		if err := o.search(ctx, g, text); err != nil {
			return o, err
		}
	}
	return o, nil
}

// search asks, and compares a hit with what a search finds.
func (o *outcome) search(ctx context.Context, g *gateway, text string) error {
	given, err := g.Search(ctx, scope, question(text))
	if err != nil || given.Tier == pika.TierNone {
		return err
	}
	o.hits++
	fresh, err := g.engine.Search(ctx, scope, question(text))
	if err != nil {
		return err
	}
	a, b := ids(given), ids(fresh)
	if slices.Equal(a, b) {
		return nil
	}
	slices.Sort(a)
	slices.Sort(b)
	if slices.Equal(a, b) {
		o.otherOrder++
	} else {
		o.otherFacts++
	}
	return nil
}

func ids(a pika.Answer) []string {
	var all []string
	for _, f := range a.Facts {
		all = append(all, f.Fact.ID)
	}
	return all
}

// memoryOf is the memory while it is written to.
type memoryOf struct {
	*bed
	whole   bool
	live    []string
	further []pika.GivenFact
	random  func(int) int
}

func (m *memoryOf) write(ctx context.Context) error {
	if m.random(5) == 0 || len(m.further) == 0 {
		i := m.random(len(m.live))
		err := m.bed.write.Forget(ctx, scope.Tenant, m.live[i])
		m.live = slices.Delete(m.live, i, i+1)
		return err
	}
	ids, err := m.add(ctx, m.further[0])
	m.live, m.further = append(m.live, ids...), m.further[1:]
	if err == nil && m.whole {
		err = m.freshness.Note(ctx, scope, pika.Change{Everything: true})
	}
	return err
}
