package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// touching is a graph of facts by entity.
type touching struct {
	pika.Graph
	m     *memory
	facts map[string][]string
}

func (g touching) Expand(ctx context.Context, _ pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	if err := g.m.enter(ctx, pika.LegGraph); err != nil {
		return nil, err
	}
	var hits []pika.GraphHit
	for _, s := range seeds {
		for _, id := range g.facts[s] {
			hits = append(hits, pika.GraphHit{FactID: id, Depth: 1, Path: []string{s}})
		}
	}
	return hits[:min(limit, len(hits))], nil
}

func entity(folded string) string { return pika.EntityID(linh, folded) }

func withGraph(m *memory, facts map[string][]string) *search.Engine {
	c := m.config()
	c.Graph = touching{m: m, facts: facts}
	return search.New(c)
}

// A fact that touches an entity of the question is found where its words are others, and
// the explanation says so.
func TestGraphLeg(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	e := withGraph(m, map[string][]string{entity("muop"): {"tea"}})
	q := question("Kể về Mướp")
	q.Explain = true
	for _, h := range mustSearch(t, e, linh, q).Facts {
		x := h.Explain
		if found := x.Graph != nil; found != (h.Fact.ID == "tea") || found != (x.Addends["graph"] > 0) {
			t.Errorf("%s: graph %v, adds %v", h.Fact.ID, x.Graph, x.Addends["graph"])
		}
	}
}

// An entity that nearly everything touches tells nothing from anything.
func TestGraphLegOfHubs(t *testing.T) {
	t.Parallel()
	m := newMemory()
	var all []string
	for i := range 150 {
		id := fmt.Sprintf("f%03d", i)
		all = append(all, id)
		m.add(linh, pika.Fact{ID: id, Text: fmt.Sprintf("Linh mua sách %d", i)})
	}
	q := question("sách của Linh")
	q.Explain = true
	for _, h := range mustSearch(t, withGraph(m, map[string][]string{entity("linh"): all}), linh, q).Facts {
		if h.Explain.Graph != nil {
			t.Fatalf("%s has a place in the graph", h.Fact.ID)
		}
	}
}

func TestGraphLegLate(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	m.fail(pika.LegGraph, hang)
	q := question("mèo Mướp")
	q.Deadline = 200 * time.Millisecond
	started := time.Now()
	a := mustSearch(t, withGraph(m, nil), linh, q)
	if !slices.Equal(a.Degraded, []pika.Leg{pika.LegGraph}) || len(a.Facts) == 0 || time.Since(started) > time.Second {
		t.Errorf("degraded %v, %d facts after %s", a.Degraded, len(a.Facts), time.Since(started))
	}
}

// The vocabulary only helps: without it a search answers, and names nothing. It is read
// on for the searches that follow, however long one has.
func TestVocabularyLate(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	m.add(linh, pika.Fact{ID: "flute", Text: "Linh plays the clarinet"})
	release := make(chan struct{})
	m.fail(vocabulary, hangUntil(release))
	e := m.engine()
	q := question("con meo ten gi")
	q.Deadline = 300 * time.Millisecond
	for range 3 {
		if a := mustSearch(t, e, linh, q); len(a.Degraded) != 0 || len(a.Facts) == 0 || a.Facts[0].Fact.ID != "cat" {
			t.Errorf("degraded %v, facts %v", a.Degraded, factIDs(a))
		}
	}
	if n := m.count(vocabulary); n != 1 {
		t.Errorf("the vocabulary was begun %d times", n)
	}
	close(release)
	m.fail(vocabulary, nil)
	if err := e.Close(t.Context()); err != nil { // waits for what is under way
		t.Fatal(err)
	}
	slip := question("clarinte")
	slip.Mode = pika.ModeKeyword
	if a := mustSearch(t, e, linh, slip); !slices.Equal(factIDs(a), []string{"flute"}) {
		t.Errorf("a misspelt word finds %v", factIDs(a))
	}
	if n := m.count(vocabulary); n != 2 {
		t.Errorf("both corpora were read in %d calls", n)
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	seeds := search.Seeds(linh, "Hôm qua Mướp và Bà Sáu Rô làm gì ở chợ Đông Ba?", "vi")
	for _, name := range []string{"muop", "ba sau ro", "dong ba"} {
		if !slices.Contains(seeds, entity(name)) {
			t.Errorf("%s is not among the seeds", name)
		}
	}
	if len(seeds) > pika.MaxGraphSeeds || len(search.Seeds(linh, "là gì?", "vi")) != 0 || len(search.Seeds(linh, "🙂", "und")) != 0 {
		t.Error("too many seeds")
	}
}

// Whatever is asked, with whatever filters, nothing of another user comes back.
func TestNoOtherUsersFacts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	m := linhsMemory()
	e := withGraph(m, map[string][]string{entity("hoa"): {"hers"}})
	pieces := []string{"Hoa", "mèo", "Mun", "'", `"`, "OR 1=1", "hers", "]) return n //", "{scope}", "k9", "và", "2024", "\u0000", "🙂", "cua hoa ten gi"}
	pick := func() string { return pieces[random.IntN(len(pieces))] }
	for range 300 {
		q := question(pick() + " " + pick() + " " + pick())
		q.Messages, q.IncludeSuperseded = random.IntN(20), random.IntN(2) == 0
		q.Mode = []pika.Mode{pika.ModeHybrid, pika.ModeVector, pika.ModeKeyword}[random.IntN(3)]
		if random.IntN(2) == 0 {
			q.Filters.Entities = []string{pick(), entity("hoa")}
		}
		if random.IntN(4) == 0 {
			q.Filters.ConversationID = "c1"
		}
		a, err := e.Search(t.Context(), linh, q)
		if err != nil && pika.CodeOf(err) != pika.Invalid {
			t.Fatalf("%q: %v", q.Text, err)
		}
		if slices.Contains(factIDs(a), "hers") || slices.ContainsFunc(a.Messages, func(h pika.MessageHit) bool { return h.Message.Key == "k9" }) {
			t.Fatalf("%+v finds what is another user's", q)
		}
	}
}
