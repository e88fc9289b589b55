package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	extraction "github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/sqlite"
)

// hotTruth is a truth with working sets before it, that are loaded before they are asked.
type hotTruth struct {
	*sqlite.DB
	asked   *countedTruth // what reaches it
	sets    *cache.WorkingSets
	facts   pika.Facts
	keyword pika.Keyword
	graph   pika.Graph

	mu  sync.Mutex
	hot map[pika.Scope]bool
}

// countedTruth counts the reads that a set answers.
type countedTruth struct {
	*sqlite.DB
	gets, searches, walks atomic.Int64
}

func (c *countedTruth) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	c.gets.Add(1)
	return c.DB.Get(ctx, scope, ids)
}

func (c *countedTruth) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, q pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	c.searches.Add(1)
	return c.DB.SearchKeyword(ctx, scope, corpus, q, limit)
}

type countedGraph struct {
	pika.Graph
	asked *countedTruth
}

func (g countedGraph) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	g.asked.walks.Add(1)
	return g.Graph.Expand(ctx, scope, seeds, depth, limit)
}

func openHotTruth(t *testing.T, dir string) *hotTruth {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	sets := cache.NewWorkingSets(cache.WorkingSetOptions{Raw: db, Facts: db, Keyword: db, Changes: db})
	asked := &countedTruth{DB: db}
	c := sets.Before(search.Config{Facts: asked, Keyword: asked, Graph: countedGraph{db.Graph(), asked}})
	return &hotTruth{DB: db, asked: asked, sets: sets, hot: map[pika.Scope]bool{}, facts: c.Facts, keyword: c.Keyword, graph: c.Graph}
}

func (h *hotTruth) Close() error { return errors.Join(h.sets.Close(), h.DB.Close()) }

// heat has the user's set loaded.
func (h *hotTruth) heat(scope pika.Scope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hot[scope] {
		return
	}
	for range 2 {
		_, _ = h.facts.Get(context.Background(), scope, nil)
	}
	_ = h.sets.Close() // waits
	h.hot[scope] = true
}

func (h *hotTruth) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	h.heat(scope)
	return h.facts.Get(ctx, scope, ids)
}

func (h *hotTruth) SearchKeyword(ctx context.Context, scope pika.Scope, corpus pika.Corpus, q pika.KeywordQuery, limit int) ([]pika.Scored, error) {
	h.heat(scope)
	return h.keyword.SearchKeyword(ctx, scope, corpus, q, limit)
}

func (h *hotTruth) Vocabulary(ctx context.Context, scope pika.Scope, corpus pika.Corpus, limit int) ([]pika.TermDocuments, error) {
	h.heat(scope)
	return h.keyword.Vocabulary(ctx, scope, corpus, limit)
}

func (h *hotTruth) KeywordState(ctx context.Context, scope pika.Scope) (pika.KeywordState, error) {
	h.heat(scope)
	return h.keyword.KeywordState(ctx, scope)
}

func TestFactSetConformance(t *testing.T) {
	t.Parallel()
	pikatest.Facts(t, pikatest.TruthConfig{Open: func(t *testing.T, dir string) pikatest.Truth { return openHotTruth(t, dir) }})
}

var names = []string{"Minh", "Hoa", "Huế", "Đà Nẵng", "Mướp", "Sara"}

// randomFact is one of few statements, so that some are told again and some end others.
func randomFact(random *rand.Rand) pika.GivenFact {
	name, at := names[random.IntN(len(names))], reference.AddDate(0, 0, random.IntN(400))
	c := pika.Candidate{
		Text: fmt.Sprintf("Linh likes %s %d", name, random.IntN(30)), Object: name,
		Entities: []pika.Entity{{Name: name, Type: "other"}}, ValidFrom: &at,
	}
	if random.IntN(3) == 0 {
		c.Text, c.Predicate = "Linh sống ở "+name, "lives_in"
	}
	return pika.GivenFact{Candidate: c}
}

func (h *hotTruth) commit(t *testing.T, job int, given []pika.GivenFact) ([]pika.Fact, []pika.FactOutcome) {
	t.Helper()
	request := pika.JobRequest{ID: fmt.Sprint("job", job), Scope: linh, Facts: given, AcceptedAt: reference}
	facts, rejected := extraction.GivenFacts(request)
	if len(rejected) > 0 {
		t.Fatal(rejected)
	}
	outcomes, err := h.Commit(t.Context(), linh, pika.Commit{JobID: request.ID, Facts: facts, At: reference})
	if err != nil {
		t.Fatal(err)
	}
	return facts, outcomes
}

// write commits some facts with their links, or deletes one.
func (h *hotTruth) write(t *testing.T, random *rand.Rand, job int) {
	t.Helper()
	if page, err := h.List(t.Context(), linh, pika.ListFacts{IncludeSuperseded: true}, pika.PageRequest{Limit: 50}); err != nil {
		t.Fatal(err)
	} else if n := len(page.Items); n > 20 && random.IntN(3) == 0 {
		id := page.Items[random.IntN(n)].ID
		if _, err := h.Delete(t.Context(), linh.Tenant, id, reference); err != nil {
			t.Fatal(err)
		}
		if err := h.graph.UnlinkFacts(t.Context(), linh, []string{id}); err != nil {
			t.Fatal(err)
		}
		return
	}
	given := make([]pika.GivenFact, 1+random.IntN(3))
	for i := range given {
		given[i] = randomFact(random)
	}
	facts, outcomes := h.commit(t, job, given)
	for i, o := range outcomes {
		if o.Outcome != pika.Stored && o.Outcome != pika.Superseding {
			continue
		}
		if err := h.graph.LinkFacts(t.Context(), linh, extraction.Links(facts[i:i+1])); err != nil {
			t.Fatal(err)
		}
	}
}

// A user who is searched often is answered from his set as by the stores, after every
// change, and without them.
func TestFactSet(t *testing.T) {
	t.Parallel()
	h := openHotTruth(t, t.TempDir())
	defer func() { _ = h.Close() }()
	random := rand.New(rand.NewPCG(3, 4))
	h.write(t, random, 0)
	h.heat(linh)
	for job := 1; job < 150; job++ {
		h.write(t, random, job)
		page, err := h.List(t.Context(), linh, pika.ListFacts{IncludeSuperseded: true}, pika.PageRequest{Limit: pika.MaxPageLimit})
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{"unknown"}
		for _, f := range page.Items {
			ids = append(ids, f.ID)
		}
		random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		query, seed := keyword.Query("where does Linh like "+names[random.IntN(len(names))]), pika.EntityID(linh, "minh")
		limit := 1 + random.IntN(40)
		compareReads(t, h, "facts", func(f pika.Facts, _ pika.Keyword, _ pika.Graph) (any, error) { return f.Get(t.Context(), linh, ids) })
		compareReads(t, h, "hits", func(_ pika.Facts, k pika.Keyword, _ pika.Graph) (any, error) {
			return k.SearchKeyword(t.Context(), linh, pika.CorpusFacts, query, limit)
		})
		compareReads(t, h, "vocabulary", func(_ pika.Facts, k pika.Keyword, _ pika.Graph) (any, error) {
			return k.Vocabulary(t.Context(), linh, pika.CorpusFacts, 1000)
		})
		compareReads(t, h, "state", func(_ pika.Facts, k pika.Keyword, _ pika.Graph) (any, error) {
			return k.KeywordState(t.Context(), linh)
		})
		compareReads(t, h, "links", func(_ pika.Facts, _ pika.Keyword, g pika.Graph) (any, error) {
			return g.Expand(t.Context(), linh, []string{pika.EntityID(linh, "hoa"), seed}, 1, limit)
		})
	}
	if n := h.asked.gets.Load() + h.asked.searches.Load() + h.asked.walks.Load(); n > 2 {
		t.Errorf("the stores were asked %d times; want the first 2, before the set was loaded", n)
	}
}

// compareReads compares what the stores and the set answer.
func compareReads(t *testing.T, h *hotTruth, what string, read func(pika.Facts, pika.Keyword, pika.Graph) (any, error)) {
	t.Helper()
	want, err1 := read(h.DB, h.DB, h.DB.Graph())
	got, err2 := read(h.facts, h.keyword, h.graph)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s: store (-), working set (+):\n%s", what, diff)
	}
}

// A vocabulary that is read for a state of after a search's version holds that state's words.
func TestVocabularyIsNotOlderThanItsState(t *testing.T) {
	t.Parallel()
	h := openHotTruth(t, t.TempDir())
	defer func() { _ = h.Close() }()
	random := rand.New(rand.NewPCG(5, 5))
	h.write(t, random, 0)
	h.heat(linh)
	version, err := h.Version(t.Context(), linh)
	if err != nil {
		t.Fatal(err)
	}
	ctx := cache.WithVersion(t.Context(), linh, version)
	for job := 1; job < 20; job++ {
		h.write(t, random, job)
	}
	want, err1 := h.DB.Vocabulary(t.Context(), linh, pika.CorpusFacts, 1000)
	got, err2 := h.keyword.Vocabulary(ctx, linh, pika.CorpusFacts, 1000)
	if diff := cmp.Diff(want, got); diff != "" || errors.Join(err1, err2) != nil {
		t.Errorf("%v: truth (-), set (+):\n%s", errors.Join(err1, err2), diff)
	}
}

// A user with more facts than a set holds is left to the stores.
func TestFactSetLimit(t *testing.T) {
	t.Parallel()
	h := openHotTruth(t, t.TempDir())
	defer func() { _ = h.Close() }()
	var first string
	for job := range 5 {
		given := make([]pika.GivenFact, 820)
		for i := range given {
			given[i].Text = fmt.Sprintf("x%d y%d", job, i)
		}
		facts, _ := h.commit(t, job, given)
		first = facts[0].ID
	}
	h.heat(linh)
	before := h.asked.gets.Load()
	for range 3 {
		if facts, err := h.facts.Get(t.Context(), linh, []string{first}); err != nil || len(facts) != 1 {
			t.Errorf("%d facts, %v", len(facts), err)
		}
	}
	if n := h.asked.gets.Load() - before; n != 3 {
		t.Errorf("the truth was asked %d times; want each", n)
	}
}
