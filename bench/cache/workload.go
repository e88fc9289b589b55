package main

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/corpus"
)

// workload is a mix of searches and writes of one user.
type workload struct {
	repeats     float64 // share of searches that were asked before, lately more often
	paraphrases float64 // share that say a former one otherwise
	writes      float64 // per search; one in five is a deletion
	searches    int
}

// outcome counts what a cache did.
type outcome struct {
	repeated int // searches that were asked before, in the same or in other words
	hits     map[pika.Tier]int
	wrong    int // hits with another first fact than a search finds, or fewer than nine of ten of its facts
	other    int // hits that differ from a search in anything
	cosine   int // hits of a cache that gives the answer to any question with a cosine of 0.9 or more
	misled   int // wrong ones of these
}

func (o *outcome) all() (hits int) {
	for _, n := range o.hits {
		hits += n
	}
	return hits
}

// step is one search of a workload, and what is written before it.
type step struct {
	text   string
	known  bool // it was asked before, in whatever words
	writes bool
}

// steps are the same for every policy.
func (w workload) steps(questions []string) []step {
	random := rand.New(rand.NewPCG(3, uint64(100*w.repeats)))
	var asked []string
	next := 0
	steps := make([]step, w.searches)
	for i := range steps {
		s := step{writes: random.Float64() < w.writes}
		share := random.Float64()
		switch {
		case len(asked) > 0 && share < w.repeats+w.paraphrases:
			s.text, s.known = asked[len(asked)-1-min(int(random.ExpFloat64()*20), len(asked)-1)], true
			if share >= w.repeats {
				s.text = corpus.Reword(random.IntN, s.text)
			}
		default:
			s.text = questions[next%len(questions)]
			s.known = next >= len(questions)
			next++
		}
		asked = append(asked, s.text)
		steps[i] = s
	}
	return steps
}

// run runs the workload, the same for every policy. whole: each write makes everything void.
func (w workload) run(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string, whole bool) (outcome, error) {
	o := outcome{hits: map[pika.Tier]int{}}
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
	var cosines cosineCache
	for _, s := range w.steps(questions) {
		if s.writes {
			if err := memory.write(ctx); err != nil {
				return o, err
			}
		}
		if s.known {
			o.repeated++
		}
		if err := o.search(ctx, g, model, &cosines, s.text); err != nil {
			return o, err
		}
	}
	return o, nil
}

// search asks, and compares a hit with what a search finds.
func (o *outcome) search(ctx context.Context, g *gateway, model pika.Embedder, cosines *cosineCache, text string) error {
	given, err := g.Search(ctx, scope, question(text))
	if err != nil {
		return err
	}
	g.settle()
	fresh, err := g.engine.Search(ctx, scope, question(text))
	if err != nil {
		return err
	}
	if given.Tier != pika.TierNone {
		o.hits[given.Tier]++
		if !isRight(given, fresh) {
			o.wrong++
		}
		if !slices.Equal(ids(given), ids(fresh)) {
			o.other++
		}
	}
	vectors, err := model.Embed(ctx, pika.EmbedQuery, []string{text})
	if err != nil {
		return err
	}
	if kept, hit := cosines.get(vectors[0]); hit {
		o.cosine++
		if !isRight(kept, fresh) {
			o.misled++
		}
	} else {
		cosines.keep(vectors[0], fresh)
	}
	return nil
}

// cosineCache gives the answer to the nearest question with a cosine of 0.9 or more.
type cosineCache struct {
	vectors [][]float32
	answers []pika.Answer
}

const enoughAlike = 0.9

func (c *cosineCache) keep(vector []float32, a pika.Answer) {
	c.vectors, c.answers = append(c.vectors, vector), append(c.answers, a)
}

func (c *cosineCache) get(vector []float32) (a pika.Answer, hit bool) {
	best := enoughAlike
	for i, v := range c.vectors {
		if d := dot(vector, v); d >= best {
			best, a, hit = d, c.answers[i], true
		}
	}
	return a, hit
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
