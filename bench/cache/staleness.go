package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/memory"
)

// staleness is a number of random interleavings of writes and searches over two instances
// that share a truth and a cache, each in a memory of its own.
type staleness struct {
	name          string
	lost          bool          // messages between the instances never come
	bound         time.Duration // of former answers of the other instance while messages are away
	interleavings int
	seed          uint64
}

// Bounds that the API states: on other instances a write is seen within a second, and
// within 30 when their messages do not come. In the same instance it is seen at once.
const (
	boundLost      = 30 * time.Second
	interleavedOps = 16
	perBed         = 50 // interleavings that share their stores
)

// stalenesses are the two that are measured, half of the interleavings each.
func stalenesses(n int, seed uint64) []staleness {
	return []staleness{
		{name: "within 1 s", interleavings: n - n/2, seed: seed},
		{name: "lost", lost: true, bound: boundLost, interleavings: n / 2, seed: seed},
	}
}

// counted is what interleavings came to.
type counted struct {
	interleavings, writes, searches int
	tiers                           map[pika.Tier]int

	same       int // the answer of a search at that moment
	order      int // its facts in another order
	nearTies   int // other facts, as near as makes no difference
	otherRank  int // other facts, none of them new, gone or superseded
	underWrite int // other facts, by a write that was not finished
	within     int // a fact that is gone or superseded, or not a new one; within the bound
	past       int // the same, past the bound: must be 0
	failures   []string
}

// pair is two instances over one truth.
type pair struct {
	*bed
	bus       *bus
	instances [2]*instance
	time      atomic.Int64 // since begin
}

// instance is one process.
type instance struct {
	*bed
	*gateway
	hooks *hooked
}

// begin is when interleavings begin.
var begin = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func (p *pair) clock() time.Time { return begin.Add(time.Duration(p.time.Load())) }

// hooked is a search with something in the middle.
type hooked struct {
	*search.Engine
	before, after func() // once
}

// SearchTraced implements cache.Source.
func (h *hooked) SearchTraced(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, search.Tracer, error) {
	call(&h.before)
	defer call(&h.after)
	return h.Engine.SearchTraced(ctx, scope, q)
}

func call(f *func()) {
	if g := *f; g != nil {
		*f = nil
		g()
	}
}

// openPair opens two instances on empty stores.
func (s staleness) openPair(ctx context.Context, model pika.Embedder, random *rand.Rand) (*pair, error) {
	b, err := open(ctx, model, nil)
	if err != nil {
		return nil, err
	}
	p := &pair{bed: b}
	b.now = p.clock
	p.bus = &bus{Cache: b.cache, random: random, now: p.clock, lost: s.lost, listeners: map[int]chan []byte{}}
	for i := range p.instances {
		p.instances[i] = p.open(ctx, i)
	}
	return p, nil
}

func (p *pair) open(ctx context.Context, i int) *instance {
	own := *p.bed
	n := &instance{bed: &own}
	own.cache, own.close = port{p.bus, i}, func() {}
	own.freshness = cache.NewFreshness(own.db, own.cache, nil)
	own.write = own.projections()
	own.source = func(e *search.Engine) cache.Source { n.hooks = &hooked{Engine: e}; return n.hooks }
	n.gateway = own.gateway(ctx)
	end := p.bed.close
	p.bed.close = func() { n.settle(); own.close(); end() }
	return n
}

// run runs all interleavings, as many at once as there are cores; what comes of each does
// not depend on the others.
func (s staleness) run(ctx context.Context, model pika.Embedder, facts []pika.GivenFact, questions []string, progress io.Writer) (counted, error) {
	all := counted{tiers: map[pika.Tier]int{}}
	vectors := memory.New(memory.Options{}) // no text is embedded twice
	defer vectors.Close()
	model = cache.NewEmbedder(model, vectors, cache.EmbedderOptions{})
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for first := 0; first < s.interleavings; first += perBed {
		group.Go(func() error {
			c, err := s.runSome(ctx, first, min(first+perBed, s.interleavings), model, facts, questions)
			mu.Lock()
			defer mu.Unlock()
			all.add(c)
			fmt.Fprintf(progress, "… messages %s: %d of %d interleavings, %d stale past the bound\n", s.name, all.interleavings, s.interleavings, all.past)
			return err
		})
	}
	return all, group.Wait()
}

func (c *counted) add(o counted) {
	for _, n := range []struct {
		sum *int
		n   int
	}{
		{&c.interleavings, o.interleavings},
		{&c.writes, o.writes},
		{&c.searches, o.searches},
		{&c.same, o.same},
		{&c.order, o.order},
		{&c.nearTies, o.nearTies},
		{&c.otherRank, o.otherRank},
		{&c.underWrite, o.underWrite},
		{&c.within, o.within},
		{&c.past, o.past},
	} {
		*n.sum += n.n
	}
	for tier, n := range o.tiers {
		c.tiers[tier] += n
	}
	c.failures = append(c.failures, o.failures...)
}

// runSome runs some of the interleavings on stores of their own.
func (s staleness) runSome(ctx context.Context, from, to int, model pika.Embedder, facts []pika.GivenFact, questions []string) (counted, error) {
	c := counted{tiers: map[pika.Tier]int{}}
	random := rand.New(rand.NewPCG(s.seed, uint64(from)))
	p, err := s.openPair(ctx, model, random)
	if err != nil {
		return c, err
	}
	defer func() { p.bed.close() }()
	for i := from; i < to; i++ {
		r := &interleaving{staleness: s, pair: p, counted: &c, random: random, number: i, facts: facts}
		if err := r.run(ctx, questions); err != nil {
			return c, fmt.Errorf("interleaving %d: %w", i, err)
		}
	}
	return c, nil
}

// printStaleness prints a row for each of them, and returns what failed.
func printStaleness(w io.Writer, all []staleness, results []counted) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "messages\tinterleavings\twrites\tsearches\tl1\tl2\tnone\tsame\tother order\tnear ties\tother rank\tbeside a write\tstale within the bound\tstale past it")
	var failed error
	for i, c := range results {
		l1, none := c.tiers[pika.TierL1], c.tiers[pika.TierNone]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", all[i].name, c.interleavings, c.writes, c.searches,
			l1, c.searches-l1-none, none, c.same, c.order, c.nearTies, c.otherRank, c.underWrite, c.within, c.past)
		for _, f := range c.failures {
			failed = errors.Join(failed, errors.New(f))
		}
	}
	return errors.Join(table.Flush(), failed)
}
