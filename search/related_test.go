package search_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/text"
)

// graphOf is the entity graph of a memory's facts. Of several shortest paths it takes the
// one by the first seed and the fact with the lowest id, as the stores do.
type graphOf struct {
	pika.Graph
	m *memory
}

func (g graphOf) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	if err := g.m.enter(ctx, pika.LegGraph); err != nil {
		return nil, err
	}
	if err := pika.CheckExpand(seeds, depth, limit); err != nil {
		return nil, err
	}
	var hits []pika.GraphHit
	reached := map[string]bool{}
	frontier := map[string][]string{}
	order := slices.Clone(seeds)
	for _, s := range seeds {
		frontier[s] = []string{s}
	}
	for d := 1; d <= depth; d++ {
		step := g.step(scope, order, frontier, reached, d)
		hits = append(hits, step...)
		for _, h := range step {
			for _, e := range g.m.facts[scope][h.FactID].Entities {
				if frontier[e.ID] == nil {
					frontier[e.ID] = append(slices.Clone(h.Path), e.ID)
					order = append(order, e.ID)
				}
			}
		}
	}
	return hits[:min(limit, len(hits))], nil
}

func (g graphOf) step(scope pika.Scope, order []string, frontier map[string][]string, reached map[string]bool, depth int) []pika.GraphHit {
	var hits []pika.GraphHit
	for _, e := range order {
		for id, f := range g.m.facts[scope] {
			touches := slices.ContainsFunc(f.Entities, func(x pika.Entity) bool { return x.ID == e })
			if touches && !reached[id] {
				reached[id] = true
				hits = append(hits, pika.GraphHit{FactID: id, Depth: depth, Path: frontier[e]})
			}
		}
	}
	slices.SortFunc(hits, func(a, b pika.GraphHit) int { return cmp.Compare(a.FactID, b.FactID) })
	return hits
}

func (m *memory) withGraph() *search.Engine {
	c := m.config()
	c.Graph = graphOf{m: m}
	return search.New(c)
}

// about is a fact with its subject and other entities, by name.
func about(id, statement string, names ...string) pika.Fact {
	f := pika.Fact{ID: id, Text: statement, Subject: names[0]}
	for _, n := range names {
		f.Entities = append(f.Entities, pika.Entity{ID: pika.EntityID(linh, text.Fold(n)), Name: n, Type: "other"})
	}
	return f
}

// petsAndVets is a memory in which the cat leads to its vet, and the vet to his town;
// nearly everything touches the user.
func petsAndVets() *memory {
	m := newMemory()
	m.add(linh,
		about("cat", "Linh có con mèo tên Mướp", "user", "Mướp"),
		about("fear", "Mướp sợ sấm", "Mướp"),
		about("vet", "Bác sĩ Hùng khám cho Mướp mỗi tháng", "Hùng", "Mướp"),
		about("town", "Phòng khám của Hùng nằm ở Huế", "Hùng", "Huế"),
		about("tea", "Linh drinks green tea", "user"),
		about("job", "Linh làm kế toán cho FPT", "user", "FPT"),
		about("far", "Huế mưa nhiều vào tháng mười", "Huế"),
	)
	m.add(other, about("hers", "Hoa có con mèo tên Mướp", "user", "Mướp"))
	return m
}

// first asks so that one fact answers, and returns its neighbours as "id: path".
func first(t *testing.T, e *search.Engine, q pika.Query) []string {
	t.Helper()
	a := mustSearch(t, e, linh, q)
	if len(a.Facts) != 1 || len(a.Degraded) != 0 {
		t.Fatalf("facts %v, degraded %v", factIDs(a), a.Degraded)
	}
	return neighbours(a.Facts[0])
}

func neighbours(h pika.FactHit) []string {
	found := []string{}
	for _, r := range h.Related {
		found = append(found, r.FactID+": "+strings.Join(r.Path, " "))
	}
	return found
}

func one(words string, related int) pika.Query {
	q := question(words)
	q.Limit, q.Related = 1, related
	return q
}

func TestRelated(t *testing.T) {
	t.Parallel()
	e := petsAndVets().withGraph()
	for _, c := range []struct {
		words   string
		related int
		want    []string
	}{
		{"con mèo tên Mướp", 20, []string{"fear: Mướp", "vet: Mướp", "town: Mướp Hùng"}},
		{"con mèo tên Mướp", 2, []string{"fear: Mướp", "vet: Mướp"}},
		{"con mèo tên Mướp", 0, []string{}},
		{"Huế mưa nhiều vào tháng mười", 20, []string{"town: Huế", "vet: Huế Hùng"}},
		{"Linh drinks green tea", 20, []string{}}, // only through the user
		{"Linh làm kế toán cho FPT", 20, []string{}},
	} {
		if diff := gocmp.Diff(c.want, first(t, e, one(c.words, c.related))); diff != "" {
			t.Errorf("%q, %d (-want +got):\n%s", c.words, c.related, diff)
		}
	}
	a := mustSearch(t, e, linh, one("con mèo tên Mướp", 1))
	if want := (pika.RelatedFact{FactID: "fear", Text: "Mướp sợ sấm", Path: []string{"Mướp"}}); !gocmp.Equal(a.Facts[0].Related, []pika.RelatedFact{want}) {
		t.Errorf("related %+v; want %+v", a.Facts[0].Related, want)
	}
}

// What the answer holds is no neighbour, and each fact of it has its own.
func TestRelatedOfSeveral(t *testing.T) {
	t.Parallel()
	m := petsAndVets()
	e := m.withGraph()
	q := question("con mèo Mướp sợ sấm")
	q.Limit, q.Related = 2, 20
	a := mustSearch(t, e, linh, q)
	got := map[string][]string{}
	for _, h := range a.Facts {
		got[h.Fact.ID] = neighbours(h)
	}
	want := map[string][]string{"cat": {"vet: Mướp", "town: Mướp Hùng"}, "fear": {"vet: Mướp", "town: Mướp Hùng"}}
	if diff := gocmp.Diff(want, got); diff != "" || len(a.Degraded) != 0 {
		t.Errorf("degraded %v, neighbours (-want +got):\n%s", a.Degraded, diff)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.reads) != 2 {
		t.Errorf("the truth was read %d times; want once for the facts and once for all neighbours", len(m.reads))
	}
}

// Neighbours hold at the time asked for and come from where the facts must come from; what
// the question is about does not narrow them.
func TestRelatedFilters(t *testing.T) {
	t.Parallel()
	m := petsAndVets()
	ended := epoch.Add(-time.Hour)
	old := about("old", "Bác sĩ Lan khám cho Mướp", "Lan", "Mướp")
	old.EffectiveAt, old.ValidTo, old.SupersededBy = epoch.Add(-48*time.Hour), &ended, "vet"
	m.add(linh, old)
	for id, f := range m.facts[linh] {
		f.Category, f.Metadata = id, pika.Metadata{"channel": "app"}
		m.facts[linh][id] = f
	}
	web := about("web", "Mướp trên mạng", "Mướp")
	web.Metadata = pika.Metadata{"channel": "web"}
	m.add(linh, web)
	e := m.withGraph()
	now, then := one("con mèo tên Mướp", 20), one("con mèo tên Mướp", 20)
	now.Filters = pika.Filters{Categories: []string{"cat"}, Entities: []string{"Mướp"}, Metadata: pika.Metadata{"channel": "app"}}
	if diff := gocmp.Diff([]string{"fear: Mướp", "vet: Mướp", "town: Mướp Hùng"}, first(t, e, now)); diff != "" {
		t.Errorf("now (-want +got):\n%s", diff)
	}
	now.IncludeSuperseded = true
	if diff := gocmp.Diff([]string{"fear: Mướp", "old: Mướp", "vet: Mướp", "town: Mướp Hùng"}, first(t, e, now)); diff != "" {
		t.Errorf("with superseded ones (-want +got):\n%s", diff)
	}
	at := epoch.Add(-24 * time.Hour)
	then.AsOf, then.Filters.Metadata = &at, pika.Metadata{"channel": "app"}
	for _, id := range []string{"vet", "town"} {
		f := m.facts[linh][id]
		f.EffectiveAt = epoch
		m.facts[linh][id] = f
	}
	if diff := gocmp.Diff([]string{"fear: Mướp", "old: Mướp"}, first(t, e, then)); diff != "" {
		t.Errorf("as of yesterday (-want +got):\n%s", diff)
	}
}

// The graph may lag: what the truth does not hold, or not so, is no neighbour.
func TestRelatedGoesByTheTruth(t *testing.T) {
	t.Parallel()
	m := petsAndVets()
	gone := m.facts[linh]["fear"]
	gone.Extractor = "deleted"
	m.add(linh, gone)
	c := m.config()
	c.Graph = staleGraph{graphOf{m: m}, pika.GraphHit{FactID: "job", Depth: 1, Path: []string{pika.EntityID(linh, text.Fold("Mướp"))}}, pika.GraphHit{FactID: "hers", Depth: 1}}
	if diff := gocmp.Diff([]string{"vet: Mướp", "town: Mướp Hùng"}, first(t, search.New(c), one("con mèo tên Mướp", 20))); diff != "" {
		t.Errorf("neighbours (-want +got):\n%s", diff)
	}
}

// staleGraph is a graph with hits that are not so.
type staleGraph struct {
	graphOf
	first, second pika.GraphHit
}

func (g staleGraph) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	hits, err := g.graphOf.Expand(ctx, scope, seeds, depth, limit)
	return append([]pika.GraphHit{g.first, g.second}, hits...), err
}

// An entity that most facts of the answer touch tells no neighbour from another: the name
// of the user leads nowhere where there is something else.
func TestRelatedPassesCommonGround(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.add(linh, about("cat", "Linh nuôi mèo Mướp", "user", "Linh", "Mướp"), about("fear", "Mướp sợ sấm", "Mướp"))
	for i := range 8 {
		m.add(linh, about(fmt.Sprintf("pet%d", i), fmt.Sprintf("Linh nuôi mèo số %d", i), "user", "Linh"))
	}
	m.add(linh, about("zoo", "Sở thú của Linh", "Linh", "Sở thú"))
	q := question("Linh nuôi mèo")
	q.Limit, q.Related = 9, 20
	a := mustSearch(t, m.withGraph(), linh, q)
	if len(a.Facts) != 9 {
		t.Fatalf("facts %v", factIDs(a))
	}
	for _, h := range a.Facts {
		want := []string{"zoo: Linh", "fear: Linh Mướp"}
		if h.Fact.ID == "cat" {
			want = []string{"fear: Mướp"}
		}
		if diff := gocmp.Diff(want, neighbours(h)); diff != "" {
			t.Errorf("neighbours of %s (-want +got):\n%s", h.Fact.ID, diff)
		}
	}
}

// Late or failed, the answer comes in time with its facts.
func TestRelatedFailures(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return errors.New("down") }
	for name, c := range map[string]struct {
		graph, second func(context.Context) error // second: the second read of the truth
		none          bool
	}{
		"no graph":          {none: true},
		"the graph is down": {graph: down},
		"the graph hangs":   {graph: hang},
		"the graph panics":  {graph: func(context.Context) error { panic("broken") }},
		"the truth is down": {second: down},
		"the truth hangs":   {second: hang},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, reads := petsAndVets(), 0
				m.fail(pika.LegGraph, c.graph)
				m.fail(pika.LegFacts, func(ctx context.Context) error {
					if reads++; reads > 1 && c.second != nil {
						return c.second(ctx)
					}
					return nil
				})
				e := m.withGraph()
				if c.none {
					e = m.engine()
				}
				q := one("con meo ten gi", 5)
				q.Deadline, q.Mode = 100*time.Millisecond, pika.ModeVector // without the graph's own leg
				started := time.Now()
				a := mustSearch(t, e, linh, q)
				if took := time.Since(started); took > 95*time.Millisecond {
					t.Errorf("took %v", took)
				}
				if len(a.Facts) != 1 || a.Facts[0].Related != nil || !slices.Equal(a.Degraded, []pika.Leg{pika.LegGraph}) {
					t.Errorf("facts %v, related %v, degraded %v", factIDs(a), a.Facts[0].Related, a.Degraded)
				}
			})
		})
	}
}

// Many facts with many neighbours: one read of the truth, within its limit, shared out.
func TestRelatedIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 100 {
		thing := fmt.Sprintf("thing%d", i)
		m.add(linh, about(fmt.Sprintf("a%02d", i), "Linh thích "+thing, "user", thing))
		for n := range 30 {
			m.add(linh, about(fmt.Sprintf("z%02d-%02d", i, n), "xyz", thing))
		}
	}
	q := question("Linh thích")
	q.Limit, q.Related = 100, 20
	a := mustSearch(t, m.withGraph(), linh, q)
	for _, h := range a.Facts {
		if len(h.Related) < 5 || len(h.Related) > 20 {
			t.Fatalf("%s has %d neighbours", h.Fact.ID, len(h.Related))
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.reads[len(m.reads)-1]; len(a.Facts) != 100 || last > pika.MaxPageLimit {
		t.Errorf("%d facts, %d ids read at once", len(a.Facts), last)
	}
}
