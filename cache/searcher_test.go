package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	extraction "github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/memory"
	"github.com/pikamem/pika/store/sqlite"
)

var (
	linh = pika.Scope{Tenant: "t", User: "linh"}
	hoa  = pika.Scope{Tenant: "t", User: "hoa"}
)

// house is a truth and its index, with a cache that processes share.
type house struct {
	t        *testing.T
	db       *sqlite.DB
	vectors  *sqlite.Vectors
	embedder pika.Embedder
	cache    pika.Cache
	kept     pika.QueryCache  // nil: no third tier
	writer   *cache.Freshness // of the process that writes
	jobs     int
	now      atomic.Int64 // passed since reference
	far      bool         // no process knows the vectors of its users
	hot      bool         // processes know their users' facts

	ttl    time.Duration                        // of the gateways' options, as what follows
	after  func(time.Duration) <-chan time.Time // nil: time.After
	random func() float64                       // defaults to 0
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseOf(t, pikatest.NewEmbedder(128))
}

func newHouseOf(t *testing.T, embedder pika.Embedder) *house {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: db, embedder: embedder, cache: memory.New(memory.Options{})}
	if h.vectors, err = db.Vectors(t.Context(), h.embedder.Model(), sqlite.VectorOptions{}); err != nil {
		t.Fatal(err)
	}
	h.writer = cache.NewFreshness(db, h.cache, nil)
	t.Cleanup(func() {
		if err := errors.Join(h.vectors.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) index() pika.Index {
	if h.far {
		return pika.FixedIndex(h.embedder, farVectors{h.vectors})()
	}
	return pika.FixedIndex(h.embedder, h.vectors)()
}

// farVectors is an index of which the process knows nothing.
type farVectors struct{ pika.Vectors }

func (h *house) clock() time.Time { return reference.Add(time.Duration(h.now.Load())) }

// source counts what reaches the search.
type source struct {
	*search.Engine
	asked atomic.Int64
	wait  chan struct{} // nil: none
	fault atomic.Pointer[error]

	untraced bool // its answers have no trace
	wrong    bool // what it makes of other questions' rankings is upside down
}

func (s *source) Transfer(ctx context.Context, scope pika.Scope, q pika.Query, t *search.Trace, vectors func(context.Context, []string) ([]pika.Vector, error)) (search.Transferred, bool) {
	made, ok := s.Engine.Transfer(ctx, scope, q, t, vectors)
	if s.wrong {
		slices.Reverse(made.Answer.Facts)
	}
	return made, ok
}

func (s *source) SearchTraced(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, search.Tracer, error) {
	s.asked.Add(1)
	if s.wait != nil {
		<-s.wait
	}
	if fault := s.fault.Load(); fault != nil {
		return pika.Answer{}, nil, *fault
	}
	a, tracer, err := s.Engine.SearchTraced(ctx, scope, q)
	if s.untraced {
		tracer = func() *search.Trace { return nil }
	}
	return a, tracer, err
}

// process is one gateway.
type process struct {
	*cache.Searcher
	source    *source
	freshness *cache.Freshness
}

// config is of a search on the stores.
func (h *house) config() search.Config {
	return search.Config{Facts: h.db, Messages: h.db, Keyword: h.db, Graph: h.db.Graph(), Index: h.index, Now: h.clock}
}

// open starts a gateway that listens, unless deaf.
func (h *house) open(deaf bool, change ...func(*cache.SearcherOptions)) *process {
	p := &process{freshness: cache.NewFreshness(h.db, h.cache, nil)}
	config := h.config()
	if h.hot {
		sets := cache.NewWorkingSets(cache.WorkingSetOptions{Raw: h.db, Facts: h.db, Keyword: h.db, Changes: h.db})
		h.t.Cleanup(func() { _ = sets.Close() })
		config = sets.Before(config)
		for _, scope := range []pika.Scope{linh, linh, hoa, hoa} {
			_, _ = config.Facts.Get(h.t.Context(), scope, nil)
			_ = sets.Close() // until the set is loaded
		}
	}
	p.source = &source{Engine: search.New(config)}
	if h.random == nil {
		h.random = func() float64 { return 0 }
	}
	o := cache.SearcherOptions{
		TTL: h.ttl, After: h.after, Random: h.random,
		Cache: h.cache, Freshness: p.freshness, Changes: h.db, Index: h.index, Now: h.clock, Kept: h.kept,
		Vectors: func(ctx context.Context, scope pika.Scope, _ pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
			return h.vectors.VectorsOf(ctx, scope, pika.CorpusFacts, ids)
		},
	}
	for _, c := range change {
		c(&o)
	}
	p.Searcher = cache.NewSearcher(p.source, o)
	h.t.Cleanup(func() {
		if err := errors.Join(p.Close(), p.source.Close(context.Background())); err != nil {
			h.t.Error(err)
		}
	})
	if !deaf {
		h.listen(p)
	}
	return p
}

// listen returns when the gateway hears.
func (h *house) listen(p *process) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.freshness.Run(ctx) })
	h.t.Cleanup(func() { cancel(); running.Wait() })
	await(h.t, "the gateway listens", p.freshness.Listening)
}

// write stores facts as a job does: the truth, the index, what it changed.
func (h *house) write(by *cache.Freshness, scope pika.Scope, texts ...string) []string {
	h.t.Helper()
	ids := h.commit(scope, texts...)
	h.finish(by, scope, ids, texts)
	return ids
}

func (h *house) commit(scope pika.Scope, texts ...string) []string {
	h.t.Helper()
	h.jobs++
	given := make([]pika.GivenFact, len(texts))
	for i, t := range texts {
		given[i] = pika.GivenFact{Candidate: pika.Candidate{Text: t}}
	}
	request := pika.JobRequest{ID: fmt.Sprint("job", h.jobs), Scope: scope, Facts: given, AcceptedAt: h.clock()}
	facts, rejected := extraction.GivenFacts(request)
	if len(rejected) > 0 {
		h.t.Fatalf("%v", rejected)
	}
	if _, err := h.db.Commit(h.t.Context(), scope, pika.Commit{JobID: request.ID, Facts: facts, At: h.clock()}); err != nil {
		h.t.Fatal(err)
	}
	ids := make([]string, len(facts))
	for i, f := range facts {
		ids[i] = f.ID
	}
	return ids
}

func (h *house) finish(by *cache.Freshness, scope pika.Scope, ids, texts []string) {
	h.t.Helper()
	vectors, err := h.embedder.Embed(h.t.Context(), pika.EmbedPassage, texts)
	if err != nil {
		h.t.Fatal(err)
	}
	rows := make([]pika.Vector, len(ids))
	for i := range ids {
		rows[i] = pika.Vector{ID: ids[i], Values: vectors[i]}
	}
	if err := h.vectors.Upsert(h.t.Context(), scope, pika.CorpusFacts, rows); err != nil {
		h.t.Fatal(err)
	}
	if err := by.Note(h.t.Context(), scope, pika.Change{Added: ids}); err != nil {
		h.t.Fatal(err)
	}
}

func question(words string) pika.Query {
	return pika.Query{Text: words, Limit: 3, Mode: pika.ModeHybrid, Deadline: 10 * time.Second}
}

func ask(t *testing.T, s pika.Searcher, scope pika.Scope, q pika.Query) pika.Answer {
	t.Helper()
	a, err := s.Search(t.Context(), scope, q)
	if err != nil {
		t.Fatalf("Search(%q) = %v", q.Text, err)
	}
	return a
}

func wantTier(t *testing.T, what string, a pika.Answer, want pika.Tier) {
	t.Helper()
	if a.Tier != want {
		t.Errorf("%s: tier %s; want %s", what, a.Tier, want)
	}
}

var pets = []string{
	"Linh has a cat called Mướp", "Linh has a dog called Bơ", "Linh feeds a cat at work", "the cat sleeps all day", "the dog barks at night",
	"Linh drinks green tea", "Linh works in Huế", "Linh reads novels", "Linh plays the guitar", "Linh swims on Sundays",
}

// An answer is given again, as it was, from the process and from what processes share.
func TestTiers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("which cat does Linh have")
	q.Explain, q.Related = true, 2
	first := ask(t, p, linh, q)
	wantTier(t, "the first", first, pika.TierNone)
	h.now.Add(int64(1500 * time.Millisecond))
	second := ask(t, p, linh, q)
	wantTier(t, "the second", second, pika.TierL1)
	p.settle(t)
	third := ask(t, h.open(false), linh, q)
	wantTier(t, "another process", third, pika.TierL2Exact)
	for _, a := range []pika.Answer{second, third} {
		if a.AgeMS != 1500 {
			t.Errorf("age %d ms; want 1500", a.AgeMS)
		}
		a.Tier, a.AgeMS = first.Tier, 0
		if diff := cmp.Diff(first, a); diff != "" {
			t.Errorf("an answer that is given again differs (-first +again):\n%s", diff)
		}
	}
	same := q
	same.Text = "  which   cat does Linh have "
	wantTier(t, "other white space", ask(t, p, linh, same), pika.TierL1)
	if n := p.source.asked.Load(); n != 1 {
		t.Errorf("the search was asked %d times", n)
	}
}

// settle waits until what was kept is in the shared cache.
func (p *process) settle(t *testing.T) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// Everything that an answer follows from makes it another one.
func TestAnswersAreKeptApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	ask(t, p, linh, question("cat"))
	at := reference
	for name, change := range map[string]func(*pika.Query){
		"text":               func(q *pika.Query) { q.Text = "dog" },
		"limit":              func(q *pika.Query) { q.Limit = 4 },
		"messages":           func(q *pika.Query) { q.Messages = 1 },
		"mode":               func(q *pika.Query) { q.Mode = pika.ModeVector },
		"as of":              func(q *pika.Query) { q.AsOf = &at },
		"include superseded": func(q *pika.Query) { q.IncludeSuperseded = true },
		"min score":          func(q *pika.Query) { q.MinScore = 0.1 },
		"rerank":             func(q *pika.Query) { q.Rerank = pika.RerankNone },
		"related":            func(q *pika.Query) { q.Related = 1 },
		"categories":         func(q *pika.Query) { q.Filters.Categories = []string{"a", "b"} },
		"categories in one":  func(q *pika.Query) { q.Filters.Categories = []string{"a,b"} },
		"predicates":         func(q *pika.Query) { q.Filters.Predicates = []string{"a"} },
		"entities":           func(q *pika.Query) { q.Filters.Entities = []string{"a"} },
		"languages":          func(q *pika.Query) { q.Filters.Languages = []string{"vi"} },
		"conversation":       func(q *pika.Query) { q.Filters.ConversationID = "c" },
		"metadata":           func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"a": "1"} },
		"metadata's type":    func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"a": 1.0} },
		"recorded after":     func(q *pika.Query) { q.Filters.RecordedAfter = &at },
		"recorded before":    func(q *pika.Query) { q.Filters.RecordedBefore = &at },
		"min confidence":     func(q *pika.Query) { q.Filters.MinConfidence = 0.1 },
	} {
		q := question("cat")
		change(&q)
		a, err := p.Search(t.Context(), linh, q)
		if err == nil && a.Tier != pika.TierNone {
			t.Errorf("another %s: tier %s", name, a.Tier)
		}
	}
	wantTier(t, "another user", ask(t, p, hoa, question("cat")), pika.TierNone)
	wantTier(t, "another tenant", ask(t, p, pika.Scope{Tenant: "u", User: "linh"}, question("cat")), pika.TierNone)
	wantTier(t, "the same", ask(t, p, linh, question("cat")), pika.TierL1)
	q := question("cat")
	q.Explain = true
	if a := ask(t, p, linh, q); a.Tier == pika.TierL1 || a.Facts[0].Explain == nil {
		t.Errorf("explained: tier %s, explained %v", a.Tier, a.Facts[0].Explain != nil)
	}
	q = question("cat")
	q.Deadline /= 2
	wantTier(t, "another deadline", ask(t, p, linh, q), pika.TierL1)
}

func TestModes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("cat")
	off, refresh := q, q
	off.Cache, refresh.Cache = pika.CacheOff, pika.CacheRefresh
	ask(t, p, linh, off)
	wantTier(t, "after off", ask(t, p, linh, q), pika.TierNone)
	wantTier(t, "off", ask(t, p, linh, off), pika.TierNone)
	wantTier(t, "refresh", ask(t, p, linh, refresh), pika.TierNone)
	wantTier(t, "after refresh", ask(t, p, linh, q), pika.TierL1)
	if n := p.source.asked.Load(); n != 4 {
		t.Errorf("the search was asked %d times; want 4", n)
	}
}

// An answer that lacks something, or an error, is never kept.
func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	fault := error(pika.Errorf(pika.Unavailable, "down"))
	p.source.fault.Store(&fault)
	if _, err := p.Search(t.Context(), linh, question("cat")); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Search = %v", err)
	}
	p.source.fault.Store(nil)
	q := question("cat")
	q.Rerank = pika.RerankLLM // there is none
	for range 2 {
		if a := ask(t, p, linh, q); a.Tier != pika.TierNone || !slices.Equal(a.Degraded, []pika.Leg{pika.LegRerank}) {
			t.Errorf("tier %s, degraded %v", a.Tier, a.Degraded)
		}
	}
	if _, err := p.Search(t.Context(), linh, pika.Query{}); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("Search = %v; want invalid", err)
	}
}

// Looking into caches takes of a search's time, but never so much that it may not search.
func TestShortestDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	for i := range 50 {
		q := question(fmt.Sprint("cat ", i))
		q.Deadline = pika.MinDeadlineMS * time.Millisecond
		if _, err := p.Search(t.Context(), linh, q); pika.CodeOf(err) == pika.Invalid {
			t.Fatal(err)
		}
	}
}

// A write brings answers up to date, and drops none that can be.
func TestWritesRenewAnswers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	tea, cat := question("who drinks green tea with novels"), question("what is the cat called")
	few := question("guitar")
	few.Limit = 50
	for _, q := range []pika.Query{tea, cat, few} {
		ask(t, p, linh, q)
	}
	p.settle(t)
	h.write(p.freshness, linh, "Linh bought another cat called Mun")
	a := ask(t, p, linh, cat)
	wantTier(t, "a question the fact answers", a, pika.TierL2Exact)
	if !strings.Contains(texts(a), "Mun") {
		t.Errorf("facts %s", texts(a))
	}
	wantTier(t, "a question it has nothing to do with", ask(t, p, linh, tea), pika.TierL2Exact)
	wantTier(t, "the same again", ask(t, p, linh, tea), pika.TierL1)
	if a := ask(t, p, linh, few); a.Tier != pika.TierL2Exact || len(a.Facts) != len(pets)+1 {
		t.Errorf("a question with fewer answers than asked for: tier %s, %d facts", a.Tier, len(a.Facts))
	}
	if n := p.source.asked.Load(); n != 3 {
		t.Errorf("the search was asked %d times", n)
	}
	h.write(p.freshness, hoa, "Hoa has a cat")
	wantTier(t, "after another's fact", ask(t, p, linh, cat), pika.TierL1)
}

func texts(a pika.Answer) string {
	var all []string
	for _, f := range a.Facts {
		all = append(all, f.Fact.Text)
	}
	return strings.Join(all, " | ")
}

// A deleted fact is gone from the next answer, in the process that deleted it and, once
// they heard of it, in others.
func TestDelete(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.write(h.writer, linh, pets...)
	p, other := h.open(false), h.open(false)
	q := question("what is the cat called")
	for _, s := range []*process{p, other, p, other} {
		ask(t, s, linh, q)
	}
	if _, err := h.db.Delete(t.Context(), linh.Tenant, ids[0], h.clock()); err != nil {
		t.Fatal(err)
	}
	p.freshness.Changed(t.Context(), linh)
	if a := ask(t, p, linh, q); strings.Contains(texts(a), "Mướp") || len(a.Facts) != 3 {
		t.Errorf("after its deletion: %s, tier %s", texts(a), a.Tier)
	}
	await(t, "the other process knows", func() bool { return !strings.Contains(texts(ask(t, other, linh, q)), "Mướp") })
}

// A process that hears nothing gives nothing from its own memory, and nothing of before
// when it hears again.
func TestDeaf(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(true)
	q := question("what is the cat called")
	ask(t, p, linh, q)
	p.settle(t)
	wantTier(t, "a deaf process", ask(t, p, linh, q), pika.TierL2Exact)
	h.write(h.writer, linh, "the cat is called Mun")
	if a := ask(t, p, linh, q); !strings.Contains(texts(a), "Mun") {
		t.Errorf("a deaf process answers %s", texts(a))
	}
	h.listen(p)
	p.settle(t)
	wantTier(t, "when it hears again", ask(t, p, linh, q), pika.TierL2Exact)
	wantTier(t, "and then", ask(t, p, linh, q), pika.TierL1)
}

// An answer in the process's memory is asked after once it is old, whatever was heard.
func TestLocalAge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("cat")
	ask(t, p, linh, q)
	p.settle(t)
	h.now.Add(int64(31 * time.Second))
	wantTier(t, "after 31 s", ask(t, p, linh, q), pika.TierL2Exact)
	h.now.Add(int64(time.Hour + 5*time.Minute))
	wantTier(t, "after an hour and its grace", ask(t, p, linh, q), pika.TierNone)
}

// An answer ends with the time of its facts, and one about times that move with its day.
func TestAnswersEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("what did Linh do yesterday")
	ask(t, p, linh, q)
	bare := question("hom qua toi lam gi")
	ask(t, p, linh, bare)
	end := h.clock().Add(10 * time.Second)
	given := pika.GivenFact{Candidate: pika.Candidate{Text: "the cat is at the vet", ValidTo: &end}}
	facts, _ := extraction.GivenFacts(pika.JobRequest{ID: "vet", Scope: linh, Facts: []pika.GivenFact{given}, AcceptedAt: h.clock()})
	if _, err := h.db.Commit(t.Context(), linh, pika.Commit{JobID: "vet", Facts: facts, At: h.clock()}); err != nil {
		t.Fatal(err)
	}
	h.finish(p.freshness, linh, []string{facts[0].ID}, []string{facts[0].Text})
	vet := question("where is the cat")
	for _, want := range []pika.Tier{pika.TierNone, pika.TierL1} {
		wantTier(t, "before a fact ends", ask(t, p, linh, vet), want)
	}
	h.now.Add(int64(11 * time.Second))
	if a := ask(t, p, linh, vet); a.Tier == pika.TierL1 {
		t.Error("after a fact ended: the answer of before")
	}
	h.now.Add(int64(16 * time.Hour)) // the reference is at 8 o'clock
	wantTier(t, "the next day", ask(t, p, linh, q), pika.TierNone)
	wantTier(t, "the next day, without diacritics", ask(t, p, linh, bare), pika.TierNone)
}

// Who asks after a deletion does not share the search of one who asked before.
func TestNoSharedSearchAcrossAChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ids := h.write(h.writer, linh, pets...)
	p := h.open(false)
	p.source.wait = make(chan struct{})
	answers := make(chan pika.Answer, 2)
	for asked := range int64(2) {
		go func() {
			a, _ := p.Search(t.Context(), linh, question("what is the cat called"))
			answers <- a
		}()
		await(t, "the search is asked", func() bool { return p.source.asked.Load() == asked+1 })
		if asked == 0 {
			if _, err := h.db.Delete(t.Context(), linh.Tenant, ids[0], h.clock()); err != nil {
				t.Fatal(err)
			}
			p.freshness.Changed(t.Context(), linh)
		}
	}
	close(p.source.wait)
	<-answers
	<-answers
}

// A search that did not know all it should have is not kept for others.
func TestIncompleteSearchesAreNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	p.source.untraced = true
	for range 2 {
		wantTier(t, "a search without a trace", ask(t, p, linh, question("cat")), pika.TierNone)
	}
}

// Many who ask the same at once cost one search.
func TestHerd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	p.source.wait = make(chan struct{})
	var all sync.WaitGroup
	var failed atomic.Int64
	const herd = 200
	for range herd {
		all.Go(func() {
			if a, err := p.Search(t.Context(), linh, question("cat")); err != nil || len(a.Facts) != 3 {
				failed.Add(1)
			}
		})
	}
	await(t, "one asks", func() bool { return p.source.asked.Load() > 0 })
	close(p.source.wait)
	all.Wait()
	if n := p.source.asked.Load(); n > 2 || failed.Load() > 0 { // a latecomer may begin anew
		t.Errorf("%d searches for %d callers, %d failed", n, herd, failed.Load())
	}
}

// A cache that fails, hangs or returns rubbish costs a search and nothing else.
func TestBrokenSharedCache(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]pika.Cache{
		"fails": brokenScopes{}, "hangs": hangingScopes{}, "rubbish": rubbishScopes{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.write(h.writer, linh, pets...)
			h.cache = broken
			p := h.open(true)
			q := question("cat")
			q.Deadline = 2 * time.Second
			for range 2 {
				if a := ask(t, p, linh, q); len(a.Facts) != 3 || a.Tier != pika.TierNone {
					t.Errorf("%d facts, tier %s", len(a.Facts), a.Tier)
				}
			}
		})
	}
}

type brokenScopes struct{ brokenCache }

func (brokenScopes) ReadScope(context.Context, pika.Scope, ...string) (map[string][]byte, map[string]string, error) {
	return nil, nil, errBroken
}

type hangingScopes struct{ hangingCache }

func (hangingScopes) ReadScope(ctx context.Context, _ pika.Scope, _ ...string) (map[string][]byte, map[string]string, error) {
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

func (hangingScopes) SetValue(ctx context.Context, _ string, _ []byte, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

type rubbishScopes struct{ brokenCache }

func (rubbishScopes) ReadScope(_ context.Context, _ pika.Scope, keys ...string) (map[string][]byte, map[string]string, error) {
	return map[string][]byte{keys[0]: []byte(`{"version":-1}`)}, nil, nil
}

// Random writes, deletions and questions over two processes: what a process answers
// without its own memory, and in the process that writes with it, is what a search
// without any cache answers.
func TestNeverStale(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	writer, reader := h.open(false), h.open(true)
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("cat dog tea coffee work guitar novel Huế swim Mướp Bơ night garden river market song")
	pick := func() string { return words[random.IntN(len(words))] }
	sentence := func() string { return fmt.Sprintf("%s %s %s %d", pick(), pick(), pick(), random.IntN(1000)) }
	var live []string
	hits, searches, differ := 0, 0, 0
	for range 40 {
		live = append(live, h.write(writer.freshness, linh, sentence())...)
	}
	steps := 1200
	if testing.Short() {
		steps = 400
	}
	for range steps {
		switch n := random.IntN(20); {
		case n == 0:
			live = append(live, h.write(writer.freshness, linh, sentence())...)
		case n == 1 && len(live) > 20:
			i := random.IntN(len(live))
			if _, err := h.db.Delete(t.Context(), linh.Tenant, live[i], h.clock()); err != nil {
				t.Fatal(err)
			}
			writer.freshness.Changed(t.Context(), linh)
			live = slices.Delete(live, i, i+1)
		default:
			q := question(words[random.IntN(4)] + " " + words[4+random.IntN(4)])
			p := []*process{writer, reader}[random.IntN(2)]
			got := ask(t, p, linh, q)
			q.Cache = pika.CacheOff
			want := ask(t, p, linh, q)
			searches++
			if got.Tier != pika.TierNone {
				hits++
			}
			if diff := cmp.Diff(want.Facts, got.Facts, cmpopts.EquateApprox(0, 1e-3)); diff != "" {
				differ++
				t.Errorf("tier %s (-search +cache):\n%s", got.Tier, diff)
			}
			p.settle(t)
		}
	}
	t.Logf("%d of %d searches were answered by a cache; %d differ", hits, searches, differ)
	if hits < searches/4 {
		t.Errorf("only %d of %d searches were answered by a cache: the test proves little", hits, searches)
	}
}

// Without the truth an answer that was published as current is given, and says so.
func TestWithoutTheTruth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(true)
	q := question("cat")
	ask(t, p, linh, q)
	p.settle(t)
	down := cache.NewSearcher(p.source, cache.SearcherOptions{
		Cache: h.cache, Freshness: p.freshness, Changes: noChanges{}, Index: h.index, Now: h.clock,
	})
	if a := ask(t, down, linh, q); a.Tier != pika.TierL2Exact || !slices.Equal(a.Degraded, []pika.Leg{pika.LegFacts}) {
		t.Errorf("tier %s, degraded %v", a.Tier, a.Degraded)
	}
	h.write(h.writer, linh, "Linh sings")
	wantTier(t, "an answer that is not current", ask(t, down, linh, q), pika.TierNone)
}

type noChanges struct{ pika.Changes }

func (noChanges) Version(context.Context, pika.Scope) (int64, error) {
	return 0, pika.Errorf(pika.Unavailable, "down")
}

// await waits until something that others do is so.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit.C:
			t.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}
