package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// rawVectors is another name: an embedded RawVectors would hide its method RawVectors.
type rawVectors = pika.RawVectors

// unsettledOf is what the index may not show: the vectors of the given ids.
type unsettledOf struct {
	rawVectors
	m     *memory
	ids   map[string]bool
	since *time.Time
	limit *int
}

func (o unsettledOf) UnsettledVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, _ pika.EmbeddingModel, since time.Time, limit int) ([]pika.Vector, error) {
	if err := o.m.enter(ctx, "unsettled"); err != nil {
		return nil, err
	}
	if o.since != nil {
		*o.since, *o.limit = since, limit
	}
	var rows []pika.Vector
	for id, t := range o.m.texts(scope, corpus) {
		if o.ids[id] {
			rows = append(rows, pika.Vector{ID: id, Values: trigrams(t)})
		}
	}
	return rows, nil
}

// lagging is an index that does not show some rows.
type lagging struct {
	vectorsOf
	hidden map[string]bool
}

func (l lagging) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	hits, err := l.vectorsOf.SearchVectors(ctx, scope, corpus, query, pika.MaxVectorLimit)
	hits = slices.DeleteFunc(hits, func(h pika.Scored) bool { return l.hidden[h.ID] })
	return hits[:min(limit, len(hits))], err
}

func (m *memory) overlaid(ids map[string]bool) *search.Engine {
	return search.New(search.Config{
		Facts: m, Messages: messagesOf{m: m}, Keyword: m, Raw: unsettledOf{m: m, ids: ids},
		Index: pika.FixedIndex(embedderOf{m}, lagging{vectorsOf{m: m}, ids}),
		Now:   func() time.Time { return epoch },
	})
}

// An index with random rows hidden and the overlay answer what an index that shows
// everything answers.
func TestOverlayIsExact(t *testing.T) {
	t.Parallel()
	words := []string{"mèo", "chó", "cà phê", "Huế", "Đà Nẵng", "trà", "guitar", "ballet", "sông", "núi"}
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		m, hidden := newMemory(), map[string]bool{}
		for i := range 1 + random.IntN(900) {
			id := fmt.Sprintf("%04d", i)
			m.add(linh, pika.Fact{ID: id, Text: fmt.Sprintf("Linh %s %s %d", words[random.IntN(10)], words[random.IntN(10)], random.IntN(50))})
			hidden[id] = random.IntN(4) == 0
		}
		q := question("Linh và " + words[random.IntN(10)])
		q.Mode, q.Limit, q.Explain = pika.ModeVector, 1+random.IntN(100), true
		want, got := mustSearch(t, m.engine(), linh, q), mustSearch(t, m.overlaid(hidden), linh, q)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: everything shown (-), some overlaid (+):\n%s", seed, diff)
		}
	}
}

// What the index says of an id that is unsettled is about a former vector.
func TestOverlayReplacesTheIndex(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := question("con mèo tên Mướp")
	q.Mode, q.Explain = pika.ModeVector, true
	first := mustSearch(t, m.engine(), linh, q).Facts[0].Fact.ID
	engine := search.New(search.Config{
		Facts: m, Messages: messagesOf{m: m}, Keyword: m, Raw: unsettledOf{m: m, ids: map[string]bool{first: true}},
		Index: pika.FixedIndex(embedderOf{m}, wrongOf{vectorsOf{m: m}, first}),
		Now:   func() time.Time { return epoch },
	})
	if diff := cmp.Diff(mustSearch(t, m.engine(), linh, q), mustSearch(t, engine, linh, q)); diff != "" {
		t.Errorf("everything shown (-), overlaid (+):\n%s", diff)
	}
}

// wrongOf is an index with a former vector of an id.
type wrongOf struct {
	vectorsOf
	id string
}

func (o wrongOf) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	hits, err := o.vectorsOf.SearchVectors(ctx, scope, corpus, query, limit)
	for i := range hits {
		if hits[i].ID == o.id {
			hits[i].Score = -1
		}
	}
	return hits, err
}

func TestOverlayDegraded(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return pika.Errorf(pika.Unavailable, "down") }
	tests := []struct {
		name   string
		faults faults
		want   []pika.Leg
		facts  []string // found by meaning alone
		atMost time.Duration
	}{
		{"nothing", nil, nil, []string{"new", "old"}, 0},
		{"the index is down", faults{pika.LegVectors: down}, []pika.Leg{"vectors"}, []string{"new"}, 0},
		{"the index hangs", faults{pika.LegVectors: hang}, []pika.Leg{"vectors"}, []string{"new"}, 80 * time.Millisecond},
		{"the overlay is down", faults{"unsettled": down}, []pika.Leg{"vectors"}, []string{"old"}, 0},
		{"the overlay hangs", faults{"unsettled": hang}, []pika.Leg{"vectors"}, []string{"old"}, 80 * time.Millisecond},
		{"both are down", faults{pika.LegVectors: down, "unsettled": down}, []pika.Leg{"vectors"}, []string{}, 0},
		{"the embedder is down", faults{pika.LegEmbedder: down}, []pika.Leg{"embedder", "vectors"}, []string{}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				m.add(linh, pika.Fact{ID: "old", Text: "Linh nuôi mèo"}, pika.Fact{ID: "new", Text: "Linh nuôi một con mèo tên Mướp"})
				m.faults = tt.faults
				q := question("con mèo tên Mướp")
				q.Mode, q.Deadline = pika.ModeVector, 100*time.Millisecond
				started := time.Now()
				a := mustSearch(t, m.overlaid(map[string]bool{"new": true}), linh, q)
				if took := time.Since(started); took > tt.atMost {
					t.Errorf("took %v; want at most %v", took, tt.atMost)
				}
				if diff := cmp.Diff(tt.want, a.Degraded); diff != "" {
					t.Errorf("degraded (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.facts, factIDs(a)); diff != "" {
					t.Errorf("facts by meaning (-want +got):\n%s", diff)
				}
				q.Mode = pika.ModeHybrid
				if a := mustSearch(t, m.overlaid(map[string]bool{"new": true}), linh, q); !slices.Contains(factIDs(a), "new") {
					t.Errorf("facts = %v; want the new one by its words", factIDs(a))
				}
			})
		})
	}
}

func TestOverlayAsksOnceAndWithinBounds(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 1000 {
		m.add(linh, pika.Fact{ID: fmt.Sprint(i), Text: fmt.Sprintf("cà phê %d", i), Category: "drink"})
	}
	var since time.Time
	var limit int
	engine := search.New(search.Config{
		Facts: m, Messages: messagesOf{m: m}, Keyword: m, Raw: unsettledOf{m: m, since: &since, limit: &limit},
		Index: pika.FixedIndex(embedderOf{m}, vectorsOf{m: m}), Now: func() time.Time { return epoch },
	})
	q := question("cà phê")
	q.Mode, q.Filters.Metadata = pika.ModeVector, pika.Metadata{"channel": "app"} // nothing passes: the index is read to its end
	mustSearch(t, engine, linh, q)
	if m.count("unsettled") != 1 || m.count(pika.LegVectors) < 2 {
		t.Errorf("unsettled was read %d times and the index %d times; want 1 and several", m.count("unsettled"), m.count(pika.LegVectors))
	}
	if want := epoch.Add(-5 * time.Second); !since.Equal(want) || limit != 1000 {
		t.Errorf("asked since %v for %d; want since %v for 1000", since, limit, want)
	}
}

// A search stays with one model, however often it is switched meanwhile.
func TestASearchStaysWithOneIndex(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	asked := 0
	engine := search.New(search.Config{
		Facts: m, Messages: messagesOf{m: m}, Keyword: m, Now: func() time.Time { return epoch },
		Index: func() pika.Index { asked++; return pika.FixedIndex(embedderOf{m}, vectorsOf{m: m})() },
	})
	q := question("con mèo")
	q.Messages = 5
	mustSearch(t, engine, linh, q)
	if asked != 1 {
		t.Errorf("the index was asked for %d times in one search; want once", asked)
	}
}

// localOf is an index of which the process knows the vectors, and shows every one of them.
type localOf struct {
	lagging
	whole vectorsOf
	gone  bool // the process gives them up before it is asked
}

func (l localOf) AnswersLocally(context.Context, pika.Scope, pika.Corpus) bool { return true }

func (l localOf) SearchLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, bool, error) {
	if l.gone {
		return nil, false, nil
	}
	hits, err := l.whole.SearchVectors(ctx, scope, corpus, query, limit)
	return hits, true, err
}

// Where the process knows a user's vectors, what is unsettled is not read, with filters or
// without; where it has given them up meanwhile, it is.
func TestLocalVectorsShowWhatIsUnsettled(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{false, true} {
		m := linhsMemory()
		for i := range 500 {
			m.add(linh, pika.Fact{ID: fmt.Sprintf("z%03d", i), Text: fmt.Sprintf("Linh thích món số %d", i), Category: []string{"food", "other"}[i%2]})
		}
		hidden := map[string]bool{}
		for id := range m.texts(linh, pika.CorpusFacts) {
			hidden[id] = true
		}
		index := localOf{lagging: lagging{vectorsOf{m: m}, hidden}, whole: vectorsOf{m: m}, gone: gone}
		engine := search.New(search.Config{
			Facts: m, Messages: messagesOf{m: m}, Keyword: m, Raw: unsettledOf{m: m, ids: hidden},
			Index: pika.FixedIndex(embedderOf{m}, index), Now: func() time.Time { return epoch },
		})
		asked := []pika.Filters{{}}
		if !gone { // the raw vectors of one fact after another are not there in this memory
			asked = append(asked, pika.Filters{Categories: []string{"food"}})
		}
		for _, filters := range asked {
			q := question("con mèo tên Mướp")
			q.Mode, q.Filters = pika.ModeVector, filters
			want := mustSearch(t, m.engine(), linh, q)
			before := m.count("unsettled")
			if diff := cmp.Diff(want, mustSearch(t, engine, linh, q)); diff != "" {
				t.Errorf("gone: %v: everything shown (-), known in the process (+):\n%s", gone, diff)
			}
			if read := m.count("unsettled") > before; read != gone {
				t.Errorf("gone: %v: what is unsettled was read: %v", gone, read)
			}
		}
	}
}
