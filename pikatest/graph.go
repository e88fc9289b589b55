package pikatest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
)

// GraphConfig says how the Graph suite reaches an implementation.
type GraphConfig struct {
	// Open returns the graph kept under dir, an empty one when dir is new, and what
	// closes it. Opening dir again after that must find what was stored.
	Open func(t *testing.T, dir string) (g pika.Graph, closeGraph func())
	// Settle are the pauses after which a walk may be repeated until it shows what
	// was written. None: writes are seen at once.
	Settle []time.Duration
}

// Graph is the conformance suite of pika.Graph.
func Graph(t *testing.T, config GraphConfig) {
	for name, test := range map[string]func(*graphCase){
		"empty graph":         (*graphCase).empty,
		"depths and order":    (*graphCase).depths,
		"shortest path":       (*graphCase).shortestPath,
		"link replaces":       (*graphCase).replaces,
		"repeats in one call": (*graphCase).repeats,
		"unlink":              (*graphCase).unlinks,
		"isolation":           (*graphCase).isolation,
		"limits":              (*graphCase).limits,
		"invalid links":       (*graphCase).invalidLinks,
		"hubs":                (*graphCase).hubs,
		"cancelled":           (*graphCase).cancelled,
		"unicode ids":         (*graphCase).unicodeIDs,
		"unicode order":       (*graphCase).unicodeOrder,
		"opened twice":        (*graphCase).openedTwice,
		"against a plain map": (*graphCase).plainMap,
		"concurrent use":      (*graphCase).concurrent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &graphCase{T: t, config: config, dir: t.TempDir()}
			c.open()
			t.Cleanup(func() { c.closeGraph() })
			test(c)
		})
	}
}

type graphCase struct {
	*testing.T
	config     GraphConfig
	dir        string
	graph      pika.Graph
	closeGraph func()
}

func (c *graphCase) open() { c.graph, c.closeGraph = c.config.Open(c.T, c.dir) }

func link(fact string, entities ...string) pika.Link {
	return pika.Link{FactID: fact, Predicate: "knows", Entities: entities}
}

func (c *graphCase) link(scope pika.Scope, links ...pika.Link) {
	c.Helper()
	if err := c.graph.LinkFacts(c.Context(), scope, links); err != nil {
		c.Fatalf("LinkFacts of %d links = %v", len(links), err)
	}
}

func (c *graphCase) unlink(scope pika.Scope, facts ...string) {
	c.Helper()
	if err := c.graph.UnlinkFacts(c.Context(), scope, facts); err != nil {
		c.Fatalf("UnlinkFacts(%q) = %v", facts, err)
	}
}

func (c *graphCase) expand(scope pika.Scope, seeds []string, depth, limit int) []pika.GraphHit {
	c.Helper()
	hits, err := c.graph.Expand(c.Context(), scope, seeds, depth, limit)
	if err != nil {
		c.Fatalf("Expand(%q, %d, %d) = %v", seeds, depth, limit, err)
	}
	return hits
}

// settle repeats check as often as the configuration allows.
func (c *graphCase) settle(check func() error) {
	c.Helper()
	err := check()
	for _, pause := range c.config.Settle {
		if err == nil {
			return
		}
		time.Sleep(pause)
		err = check()
	}
	if err != nil {
		c.Error(err)
	}
}

// want walks from seeds until the facts are the wanted ones, in order, each with its
// depth: "f1@1".
func (c *graphCase) want(scope pika.Scope, seeds []string, depth, limit int, want ...string) {
	c.Helper()
	c.settle(func() error {
		got := []string{}
		for _, h := range c.expand(scope, seeds, depth, limit) {
			got = append(got, fmt.Sprintf("%s@%d", h.FactID, h.Depth))
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("Expand(%q, %d, %d) reached %q; want %q", seeds, depth, limit, got, want)
		}
		return nil
	})
}

func (c *graphCase) wantInvalid(what string, err error) {
	c.Helper()
	if pika.CodeOf(err) != pika.Invalid {
		c.Errorf("%s = %v; want invalid", what, err)
	}
}

func (c *graphCase) empty() {
	c.link(alice)
	c.unlink(alice)
	c.unlink(alice, "missing")
	c.want(alice, []string{"unknown"}, 2, 10)
	c.link(alice, link("f1", "a"))
	c.want(alice, []string{"unknown"}, 2, 10)
	c.want(alice, []string{"unknown", "a"}, 2, 10, "f1@1")
}

func (c *graphCase) depths() {
	c.link(alice, link("f3", "a", "b"), link("f9", "a"), link("f1", "b", "c"), link("f2", "c", "d"), link("f5", "x"))
	c.want(alice, []string{"a"}, 1, 10, "f3@1", "f9@1")
	c.want(alice, []string{"a"}, 2, 10, "f3@1", "f9@1", "f1@2")
	c.want(alice, []string{"b"}, 2, 10, "f1@1", "f3@1", "f2@2", "f9@2")
	c.want(alice, []string{"a"}, 2, 2, "f3@1", "f9@1")
	c.want(alice, []string{"b"}, 2, 3, "f1@1", "f3@1", "f2@2")
	c.want(alice, []string{"b"}, 1, 1, "f1@1")
	c.want(alice, []string{"d", "a"}, 1, 10, "f2@1", "f3@1", "f9@1")
}

func (c *graphCase) shortestPath() {
	c.link(alice, link("f1", "a", "b"), link("f2", "b", "c"), link("f3", "a", "c"))
	want := []pika.GraphHit{
		{FactID: "f1", Depth: 1, Path: []string{"a"}},
		{FactID: "f3", Depth: 1, Path: []string{"a"}},
	}
	c.settle(func() error {
		got := c.expand(alice, []string{"a"}, 2, 10)
		if len(got) != 3 {
			return fmt.Errorf("reached %v; want 3 facts", got)
		}
		if diff := cmp.Diff(want, got[:2]); diff != "" {
			return fmt.Errorf("depth 1 (-want +got):\n%s", diff)
		}
		last := got[2] // two paths are equally short: through b and through c
		if last.FactID != "f2" || last.Depth != 2 || len(last.Path) != 2 || last.Path[0] != "a" || (last.Path[1] != "b" && last.Path[1] != "c") {
			return fmt.Errorf("depth 2 = %+v; want f2 by a path a, b or a, c", last)
		}
		return nil
	})
	// f2 touches a seed itself: no walk through another entity is shorter.
	c.want(alice, []string{"a", "c"}, 2, 10, "f1@1", "f2@1", "f3@1")
}

func (c *graphCase) replaces() {
	c.link(alice, link("f1", "a", "b"))
	for range 2 {
		c.link(alice, link("f1", "b", "c"))
		c.want(alice, []string{"a"}, 1, 10)
		c.want(alice, []string{"b"}, 1, 10, "f1@1")
		c.want(alice, []string{"c"}, 1, 10, "f1@1")
	}
}

func (c *graphCase) repeats() {
	c.link(alice, link("f1", "a", "b", "a", "a"), link("f2", "x"), link("f2", "b"))
	c.want(alice, []string{"a", "a"}, 2, 10, "f1@1", "f2@2")
	c.want(alice, []string{"x"}, 2, 10)
	c.unlink(alice, "f1", "f1")
	c.want(alice, []string{"b"}, 2, 10, "f2@1")
}

func (c *graphCase) unlinks() {
	c.link(alice, link("f1", "a", "b"), link("f2", "b", "c"), link("f3", "c"))
	c.want(alice, []string{"a"}, 2, 10, "f1@1", "f2@2")
	c.unlink(alice, "f2", "missing")
	c.want(alice, []string{"a"}, 2, 10, "f1@1")
	c.want(alice, []string{"c"}, 2, 10, "f3@1")
	c.unlink(alice, "f1", "f3")
	for _, seed := range []string{"a", "b", "c"} {
		c.want(alice, []string{seed}, 2, 10)
	}
	c.link(alice, link("f2", "b"))
	c.want(alice, []string{"b"}, 1, 10, "f2@1")
}

func (c *graphCase) isolation() {
	scopes := []pika.Scope{alice, bob, mallory}
	for i, s := range scopes {
		c.link(s, link("same", "a", "b"), link(fmt.Sprint("own", i), "b"))
	}
	c.unlink(bob, "same", "own0")
	c.link(mallory, link("same", "z"))
	c.want(alice, []string{"a"}, 2, 10, "same@1", "own0@2")
	c.want(bob, []string{"a"}, 2, 10)
	c.want(bob, []string{"b"}, 2, 10, "own1@1")
	c.want(mallory, []string{"a"}, 2, 10)
	c.want(mallory, []string{"b", "z"}, 2, 10, "own2@1", "same@1")
}

func (c *graphCase) limits() {
	links := make([]pika.Link, pika.MaxFactsPerCommit+1)
	for i := range links {
		links[i] = link(fmt.Sprintf("f%04d", i), fmt.Sprint("group", i/250), fmt.Sprint("e", i))
	}
	c.wantInvalid("LinkFacts of one link too many", c.graph.LinkFacts(c.Context(), alice, links))
	c.want(alice, []string{"group0"}, 1, 10)
	c.link(alice, links[:pika.MaxFactsPerCommit]...)
	c.settle(func() error {
		if n := len(c.expand(alice, []string{"group3"}, 1, pika.MaxGraphHits)); n != pika.MaxGraphHits {
			return fmt.Errorf("reached %d facts; want %d", n, pika.MaxGraphHits)
		}
		return nil
	})
	seeds := []string{"e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"}
	c.want(alice, seeds[:pika.MaxGraphSeeds], 1, 200, "f0000@1", "f0001@1", "f0002@1", "f0003@1", "f0004@1", "f0005@1", "f0006@1", "f0007@1")
	for _, bad := range []struct {
		seeds        []string
		depth, limit int
	}{
		{seeds, 1, 10}, {nil, 1, 10}, {seeds[:1], 0, 10}, {seeds[:1], 3, 10}, {seeds[:1], 1, 0}, {seeds[:1], 1, -1}, {seeds[:1], 1, pika.MaxGraphHits + 1},
	} {
		_, err := c.graph.Expand(c.Context(), alice, bad.seeds, bad.depth, bad.limit)
		c.wantInvalid(fmt.Sprintf("Expand of %d seeds, depth %d, limit %d", len(bad.seeds), bad.depth, bad.limit), err)
	}
}

func (c *graphCase) invalidLinks() {
	c.link(alice, link("f1", "a"))
	for name, bad := range map[string]pika.Link{
		"no entities":     link("f2"),
		"an empty fact":   link("", "a"),
		"an empty entity": link("f2", "a", ""),
	} {
		c.wantInvalid("LinkFacts with "+name, c.graph.LinkFacts(c.Context(), alice, []pika.Link{link("f1", "b"), link("f3", "a"), bad}))
	}
	c.want(alice, []string{"a"}, 1, 10, "f1@1")
	c.want(alice, []string{"b"}, 1, 10)
}

// hubs: the walk goes on through an entity that 200 facts touch, and not through one
// that 201 touch; a hub as a seed is still expanded.
func (c *graphCase) hubs() {
	hub := func(name string, facts int) []pika.Link {
		links := []pika.Link{link("first-"+name, "seed-"+name, name)}
		for i := range facts - 1 {
			links = append(links, link(fmt.Sprintf("%s-%03d", name, i), name))
		}
		return links
	}
	c.link(alice, hub("busy", 200)...)
	c.link(alice, hub("hub", 201)...)
	c.link(alice, link("first-hub", "seed-hub", "hub", "quiet"), link("through-quiet", "quiet"))
	c.settle(func() error {
		if n := len(c.expand(alice, []string{"seed-busy"}, 2, 200)); n != 200 {
			return fmt.Errorf("through an entity of 200 facts reached %d; want all 200", n)
		}
		return nil
	})
	c.want(alice, []string{"seed-hub"}, 2, 200, "first-hub@1", "through-quiet@2")
	c.want(alice, []string{"hub"}, 1, 2, "first-hub@1", "hub-000@1")
	c.want(alice, []string{"hub"}, 2, 2, "first-hub@1", "hub-000@1")
	c.unlink(alice, "hub-000")
	c.settle(func() error {
		if n := len(c.expand(alice, []string{"seed-hub"}, 2, 200)); n != 200 {
			return fmt.Errorf("through the former hub reached %d; want its 200 facts, cut from 201", n)
		}
		return nil
	})
}

func (c *graphCase) cancelled() {
	c.link(alice, link("f1", "a"))
	cancelled, cancel := context.WithCancel(c.Context())
	cancel()
	past, cancel := context.WithDeadline(c.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		_, expandErr := c.graph.Expand(ctx, alice, []string{"a"}, 1, 10)
		for name, err := range map[string]error{
			"Expand":      expandErr,
			"LinkFacts":   c.graph.LinkFacts(ctx, alice, []pika.Link{link("f2", "a")}),
			"UnlinkFacts": c.graph.UnlinkFacts(ctx, alice, []string{"f1"}),
		} {
			if !errors.Is(err, ctx.Err()) {
				c.Errorf("%s with an ended context = %v; want %v", name, err, ctx.Err())
			}
		}
	}
	c.want(alice, []string{"a"}, 1, 10, "f1@1")
}

func (c *graphCase) unicodeIDs() {
	entities := []string{"Mướp", "mướp", "Mu\u031bo\u031b\u0301p", "猫", `a"b`, "a'--", "%", "[1]", "😀"}
	for i, e := range entities {
		c.link(alice, link(fmt.Sprint("fact ", i, " ", e), e))
	}
	for i, e := range entities {
		want := fmt.Sprint("fact ", i, " ", e)
		c.want(alice, []string{e}, 2, 10, want+"@1")
		c.unlink(alice, want)
		c.want(alice, []string{e}, 2, 10)
	}
}

// unicodeOrder: facts come in the order of the bytes of their ids, and a limit cuts
// there. In UTF-16 U+1F600 sorts before U+FF21.
func (c *graphCase) unicodeOrder() {
	ordered := []string{"a", "é", "猫", "\uff21", "\ufffd", "😀", "😀a"}
	for i := range ordered {
		c.link(alice, link(ordered[(i*3)%len(ordered)], "a", fmt.Sprint("b", i%2)), link("x"+ordered[i], "b0"))
	}
	for limit := 1; limit <= len(ordered); limit++ {
		var want []string
		for _, id := range ordered[:limit] {
			want = append(want, id+"@1")
		}
		c.want(alice, []string{"a"}, 2, limit, want...)
	}
	c.want(alice, []string{"b0"}, 1, 20, "a@1", "xa@1", "xé@1", "x猫@1", "x\uff21@1", "x\ufffd@1", "x😀@1", "x😀a@1", "\ufffd@1", "😀@1", "😀a@1")
}

func (c *graphCase) openedTwice() {
	c.link(alice, link("f1", "a", "b"), link("f2", "b"), link("f3", "b"))
	c.unlink(alice, "f3")
	c.closeGraph()
	c.open()
	c.want(alice, []string{"a"}, 2, 10, "f1@1", "f2@2")
	c.link(alice, link("f4", "a"))
	c.want(alice, []string{"a"}, 2, 10, "f1@1", "f4@1", "f2@2")
}

// plainMap makes a random graph and compares walks with those over a plain map.
func (c *graphCase) plainMap() {
	random := rand.New(rand.NewPCG(5, 6))
	facts := map[string][]string{}
	entity := func() string { return fmt.Sprint("e", random.IntN(40)) }
	for range 120 {
		fact := fmt.Sprint("f", random.IntN(90))
		facts[fact] = []string{entity(), entity(), entity()}
		c.link(alice, link(fact, facts[fact]...))
		if random.IntN(4) == 0 {
			gone := fmt.Sprint("f", random.IntN(90))
			delete(facts, gone)
			c.unlink(alice, gone)
		}
	}
	for range 60 {
		seeds := []string{entity(), entity()}[:1+random.IntN(2)]
		depth, limit := 1+random.IntN(2), 1+random.IntN(60)
		c.want(alice, seeds, depth, limit, reach(facts, seeds, depth, limit)...)
	}
}

// reach walks a graph given as fact → entities, without hubs.
func reach(facts map[string][]string, seeds []string, depth, limit int) []string {
	reached, all := map[string]bool{}, []string{}
	for d := 1; d <= depth; d++ {
		var next []string
		for _, fact := range slices.Sorted(maps.Keys(facts)) {
			if !reached[fact] && slices.ContainsFunc(facts[fact], func(e string) bool { return slices.Contains(seeds, e) }) {
				next = append(next, fact)
			}
		}
		for _, fact := range next {
			reached[fact] = true
			all = append(all, fmt.Sprintf("%s@%d", fact, d))
			seeds = append(slices.Clone(seeds), facts[fact]...)
		}
	}
	return all[:min(limit, len(all))]
}

func (c *graphCase) concurrent() {
	var all sync.WaitGroup
	for g := range 6 {
		all.Go(func() {
			for i := range 10 {
				own, both := fmt.Sprintf("own-%d-%d", g, i), fmt.Sprint("both", i)
				err := errors.Join(
					c.graph.LinkFacts(c.Context(), alice, []pika.Link{link(own, "a"), link(both, "a", fmt.Sprint("e", g))}),
					c.graph.UnlinkFacts(c.Context(), alice, []string{both}))
				if err != nil {
					c.Error(err)
				}
				if _, err := c.graph.Expand(c.Context(), alice, []string{"a"}, 2, 100); err != nil {
					c.Error(err)
				}
			}
		})
	}
	all.Wait()
	c.settle(func() error {
		if hits := c.expand(alice, []string{"a"}, 1, 200); len(hits) != 60 {
			return fmt.Errorf("%d facts are there; want the goroutines' own 60", len(hits))
		}
		return nil
	})
}
