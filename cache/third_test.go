package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/store/memory"
)

// newThirdHouse is a house with a third tier.
func newThirdHouse(t *testing.T) *house {
	h := newHouse(t)
	h.kept = h.db
	return h
}

// loseRedis empties what processes share.
func (h *house) loseRedis() { h.cache = memory.New(memory.Options{}) }

// keeps drops what the third tier has of a user, and reports whether there was anything.
func (h *house) keeps(t *testing.T, scope pika.Scope) bool {
	t.Helper()
	n, err := h.db.DropAnswers(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// An answer that was asked for twice outlives Redis and every process, and comes back into
// the other tiers.
func TestThirdTier(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("which cat does Linh have")
	first := ask(t, p, linh, q)
	wantTier(t, "the first", first, pika.TierNone)
	wantTier(t, "the second", ask(t, p, linh, q), pika.TierL1)
	p.settle(t)
	h.loseRedis()
	h.now.Add(int64(1500 * time.Millisecond))
	other := h.open(false)
	again := ask(t, other, linh, q)
	wantTier(t, "another process without Redis", again, pika.TierL3)
	if again.AgeMS != 1500 {
		t.Errorf("age %d ms; want 1500", again.AgeMS)
	}
	again.Tier, again.AgeMS = first.Tier, 0
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("an answer of the third tier differs (-first +again):\n%s", diff)
	}
	wantTier(t, "the same again", ask(t, other, linh, q), pika.TierL1)
	other.settle(t)
	wantTier(t, "a third process", ask(t, h.open(false), linh, q), pika.TierL2Exact)
	if n := other.source.asked.Load(); n != 0 {
		t.Errorf("the search was asked %d times", n)
	}
	wantTier(t, "another user", ask(t, other, hoa, q), pika.TierNone)
	if c := counts(other, cache.L3); c.Hits != 1 || c.Misses != 1 {
		t.Errorf("third tier: %+v", c)
	}
}

func counts(p *process, name cache.Name) cache.CacheStats {
	for _, c := range p.Stats().Caches {
		if c.Name == name {
			return c
		}
	}
	return cache.CacheStats{}
}

// A question that is asked once is not kept, in whichever tier its second time finds it.
func TestSecondSight(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p, deaf := h.open(false), h.open(true)
	for name, p := range map[string]*process{"in the process": p, "in the shared cache": deaf} {
		q := question("cat " + name)
		for i, want := range []bool{false, true, false} { // what is kept is kept once
			ask(t, p, linh, q)
			p.settle(t)
			if got := h.keeps(t, linh); got != want {
				t.Errorf("found %s the %d. time: kept %v; want %v", name, i+1, got, want)
			}
		}
	}
	q := question("cat at night")
	ask(t, p, linh, q)
	h.write(p.freshness, linh, "the cat hunts at night")
	wantTier(t, "after a write", ask(t, p, linh, q), pika.TierL2Exact)
	p.settle(t)
	if !h.keeps(t, linh) {
		t.Error("an answer that was brought up to date is not kept")
	}
	refresh := q
	refresh.Cache = pika.CacheRefresh
	h.now.Add(1)
	ask(t, p, linh, refresh)
	p.settle(t)
	if !h.keeps(t, linh) {
		t.Error("an answer that was to be refreshed is not kept")
	}
}

// An answer of the third tier is given only if nothing changed it.
func TestThirdTierIsJudged(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	tea, cat := question("who drinks green tea with novels"), question("what is the cat called")
	for _, q := range []pika.Query{tea, cat, tea, cat} {
		ask(t, p, linh, q)
	}
	p.settle(t)
	h.write(h.writer, linh, "Linh bought another cat called Mun")
	for _, want := range []pika.Tier{pika.TierL3, pika.TierL3} { // as it is now it is kept again
		h.loseRedis()
		other := h.open(false)
		wantTier(t, "a question the fact has nothing to do with", ask(t, other, linh, tea), want)
		other.settle(t)
	}
	other := h.open(false)
	if a := ask(t, other, linh, cat); a.Tier != pika.TierL3 || !strings.Contains(texts(a), "Mun") {
		t.Errorf("a question the fact answers: tier %s, %s", a.Tier, texts(a))
	}
	if err := h.writer.Note(t.Context(), linh, pika.Change{Everything: true}); err != nil {
		t.Fatal(err)
	}
	other = h.open(false)
	wantTier(t, "after everything changed", ask(t, other, linh, cat), pika.TierNone)
	if s := other.Stats(); s.StalePrevented < 1 {
		t.Errorf("%d answers were not given as they no longer held; want some", s.StalePrevented)
	}
	h.loseRedis()
	refresh := tea
	refresh.Cache = pika.CacheRefresh
	wantTier(t, "refresh", ask(t, h.open(false), linh, refresh), pika.TierNone)
	h.now.Add(int64(2 * time.Hour))
	wantTier(t, "after two hours", ask(t, h.open(false), linh, tea), pika.TierNone)
}

// A deletion takes all of a user's answers out, and what holds still, or is made anew, comes back.
func TestDeleteDropsTheThirdTier(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	ids := h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("what is the cat called")
	for range 2 {
		ask(t, p, linh, q)
		ask(t, p, linh, question("who drinks green tea with novels"))
	}
	p.settle(t)
	if _, err := h.db.Delete(t.Context(), linh.Tenant, ids[0], h.clock()); err != nil {
		t.Fatal(err)
	}
	if h.keeps(t, linh) {
		t.Error("answers are there after a deletion")
	}
	p.freshness.Changed(t.Context(), linh)
	tea := question("who drinks green tea with novels")
	wantTier(t, "an answer that the deletion left as it is", ask(t, p, linh, tea), pika.TierL2Exact)
	p.settle(t)
	if !h.keeps(t, linh) {
		t.Error("an answer that still holds is not kept again")
	}
	ask(t, p, linh, q)
	p.settle(t)
	h.loseRedis()
	if a := ask(t, h.open(false), linh, q); strings.Contains(texts(a), "Mướp") || a.Tier != pika.TierL3 {
		t.Errorf("after its deletion: %s, tier %s", texts(a), a.Tier)
	}
}

// failingKept is a third tier that fails, hangs, or has rubbish.
type failingKept struct {
	pika.QueryCache
	read func(ctx context.Context, key string) (map[string][]byte, error)
}

func (f failingKept) KeptAnswers(ctx context.Context, _ pika.Scope, _ time.Time, keys ...string) (map[string][]byte, error) {
	return f.read(ctx, keys[0])
}

func (f failingKept) KeepAnswer(ctx context.Context, _ pika.Scope, _ pika.KeptAnswer) error {
	return errBroken
}

func (f failingKept) NoteSearches(context.Context, []pika.NotedSearch) error { return errBroken }

// A third tier that fails costs a part of a search's time and nothing else.
func TestBrokenThirdTier(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(context.Context, string) (map[string][]byte, error){
		"fails": func(context.Context, string) (map[string][]byte, error) { return nil, errBroken },
		"hangs": func(ctx context.Context, _ string) (map[string][]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
		"rubbish": func(_ context.Context, key string) (map[string][]byte, error) {
			return map[string][]byte{key: []byte("{")}, nil
		},
		"of before": func(_ context.Context, key string) (map[string][]byte, error) {
			return map[string][]byte{key: []byte(`{"version":1,"trace":{},"until":"2000-01-01T00:00:00Z"}`)}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.kept = failingKept{read: read}
			h.write(h.writer, linh, pets...)
			p := h.open(false)
			q := question("cat")
			for _, want := range []pika.Tier{pika.TierNone, pika.TierL1} {
				if a := ask(t, p, linh, q); len(a.Facts) != 3 || a.Tier != want {
					t.Errorf("%d facts, tier %s; want %s", len(a.Facts), a.Tier, want)
				}
			}
			p.settle(t)
			if c := counts(p, cache.L3); c.Hits != 0 || c.Misses != 1 {
				t.Errorf("third tier: %+v", c)
			}
		})
	}
}

// Without the truth the third tier is not asked: it is where the truth is.
func TestThirdTierWithoutTheTruth(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(true)
	down := cache.NewSearcher(p.source, cache.SearcherOptions{
		Cache: h.cache, Freshness: p.freshness, Changes: noChanges{}, Index: h.index, Now: h.clock,
		Kept: failingKept{read: func(context.Context, string) (map[string][]byte, error) {
			t.Error("the third tier is asked")
			return nil, errBroken
		}},
	})
	wantTier(t, "a question", ask(t, down, linh, question("cat")), pika.TierNone)
	if _, err := down.Warm(t.Context(), linh, question("cat")); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Warm = %v; want unavailable", err)
	}
}

func warm(t *testing.T, p *process, scope pika.Scope, q pika.Query, want cache.WarmResult) {
	t.Helper()
	q.Deadline = 0
	if got, err := p.Warm(t.Context(), scope, q); got != want || err != nil {
		t.Errorf("Warm(%q) = %s, %v; want %s", q.Text, got, err, want)
	}
}

// An answer that was made ahead is told as such to the first who gets it, from Redis or
// without.
func TestWarm(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]bool{"from the shared cache": false, "from the third tier": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newThirdHouse(t)
			h.write(h.writer, linh, pets...)
			warmer, p := h.open(false), h.open(false)
			q := question("which cat does Linh have")
			warm(t, warmer, linh, q, cache.WarmMade)
			warmer.settle(t)
			warm(t, warmer, linh, q, cache.WarmKept)
			if lose {
				h.loseRedis()
				p = h.open(false)
			}
			first := ask(t, p, linh, q)
			wantTier(t, "the first", first, pika.TierPrecomputed)
			wantTier(t, "the second", ask(t, p, linh, q), pika.TierL1)
			p.settle(t)
			wantTier(t, "another process", ask(t, h.open(false), linh, q), pika.TierL2Exact)
			h.loseRedis()
			wantTier(t, "without Redis", ask(t, h.open(false), linh, q), pika.TierL3)
			q.Cache = pika.CacheOff
			if off := ask(t, p, linh, q); texts(off) != texts(first) {
				t.Errorf("made ahead: %s; asked: %s", texts(first), texts(off))
			}
			wantAsked(t, h, linh, pika.PopularSearch{Query: stored(q), Searches: 2, Users: 1, Warmed: 1, Read: 1, Rank: 2})
			if c := counts(p, cache.Precomputed); c.Hits != 1 || c.Misses != 0 {
				t.Errorf("made ahead: %+v", c)
			}
		})
	}
}

// stored is a question as the truth knows it.
func stored(q pika.Query) pika.Query {
	q.Deadline, q.Cache = 0, ""
	return q
}

func wantAsked(t *testing.T, h *house, scope pika.Scope, want ...pika.PopularSearch) {
	t.Helper()
	got, err := h.db.UserSearches(t.Context(), scope, h.clock(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what %s asks (-want +got):\n%s", scope.User, diff)
	}
}

// What holds is made once, in a process that has Redis or not; what may not be kept is not.
func TestWarmAgain(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q := question("who drinks green tea with novels")
	warm(t, p, linh, q, cache.WarmMade)
	p.settle(t)
	h.write(h.writer, linh, "Linh bought another cat called Mun")
	h.loseRedis()
	p = h.open(false)
	warm(t, p, linh, q, cache.WarmKept)
	p.settle(t)
	if n := p.source.asked.Load(); n != 0 {
		t.Errorf("the search was asked %d times", n)
	}
	wantTier(t, "put into Redis", ask(t, h.open(false), linh, q), pika.TierPrecomputed)
	h.write(h.writer, linh, "Linh drinks green tea with milk")
	warm(t, p, linh, q, cache.WarmKept)
	open := question("guitar")
	open.Related = 2
	warm(t, p, linh, open, cache.WarmMade) // until the next write
	lacks := q
	lacks.Rerank = pika.RerankLLM // there is none
	warm(t, p, linh, lacks, cache.WarmNotKept)
	if r, err := p.Warm(t.Context(), linh, pika.Query{}); r != cache.WarmNotKept || pika.CodeOf(err) != pika.Invalid {
		t.Errorf("Warm of nothing = %s, %v", r, err)
	}
	fault := error(pika.Errorf(pika.Unavailable, "down"))
	p.source.fault.Store(&fault)
	if r, err := p.Warm(t.Context(), linh, question("dog")); r != cache.WarmNotKept || pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Warm without a search = %s, %v", r, err)
	}
}

// What is asked is counted in the process and written together, and only what answers can
// be made ahead to.
func TestAskedIsCounted(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	q, at := question("cat"), reference
	for range 3 {
		ask(t, p, linh, q)
	}
	for _, change := range []func(*pika.Query){
		func(q *pika.Query) { q.Cache = pika.CacheOff }, func(q *pika.Query) { q.AsOf = &at }, func(q *pika.Query) { q.Messages = 1 },
		func(q *pika.Query) { q.Related = 1 }, func(q *pika.Query) { q.Rerank = pika.RerankLLM }, func(q *pika.Query) { q.Explain = true },
		func(q *pika.Query) { q.Filters.ConversationID = "c" }, func(q *pika.Query) { q.Filters.Metadata = pika.Metadata{"a": "b"} },
	} {
		other := question("dog")
		change(&other)
		ask(t, p, linh, other)
	}
	wantAsked(t, h, linh)
	p.settle(t)
	wantAsked(t, h, linh, pika.PopularSearch{Query: stored(q), Searches: 3, Users: 1, Rank: 3})
	p.settle(t)
	wantAsked(t, h, linh, pika.PopularSearch{Query: stored(q), Searches: 3, Users: 1, Rank: 3})
}

// flakyNotes refuses the first counts.
type flakyNotes struct {
	pika.QueryCache
	refuse sync.Once
}

func (f *flakyNotes) NoteSearches(ctx context.Context, searches []pika.NotedSearch) (err error) {
	f.refuse.Do(func() { err = errBroken })
	if err != nil {
		return err
	}
	return f.QueryCache.NoteSearches(ctx, searches)
}

func TestAskedIsWrittenLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.kept = &flakyNotes{QueryCache: h.db}
	h.write(h.writer, linh, pets...)
	p := h.open(false)
	ask(t, p, linh, question("cat"))
	p.settle(t)
	wantAsked(t, h, linh)
	ask(t, p, linh, question("cat"))
	p.settle(t)
	wantAsked(t, h, linh, pika.PopularSearch{Query: stored(question("cat")), Searches: 2, Users: 1, Rank: 2})
}

// Random writes, deletions and questions, with Redis lost again and again: what is answered
// is what a search without any cache answers.
func TestThirdTierIsNeverStale(t *testing.T) {
	t.Parallel()
	h := newThirdHouse(t)
	random := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("cat dog tea coffee work guitar novel Huế swim Mướp Bơ night garden river market song")
	pick := func() string { return words[random.IntN(len(words))] }
	var live []string
	for i := range 40 {
		live = append(live, h.write(h.writer, linh, fmt.Sprint(pick(), " ", pick(), " ", pick(), " ", i))...)
	}
	p, third := h.open(true), 0
	for i := range 400 {
		switch n := random.IntN(20); {
		case n == 0:
			live = append(live, h.write(h.writer, linh, fmt.Sprint(pick(), " ", pick(), " ", 100+i))...)
		case n == 1 && len(live) > 20 && i%3 == 0:
			at := random.IntN(len(live))
			if _, err := h.db.Delete(t.Context(), linh.Tenant, live[at], h.clock()); err != nil {
				t.Fatal(err)
			}
			live = append(live[:at], live[at+1:]...)
		case n < 5:
			h.loseRedis()
			p = h.open(true)
		default:
			q := question(words[random.IntN(3)] + " " + words[3+random.IntN(3)])
			if n == 5 {
				if _, err := p.Warm(t.Context(), linh, q); err != nil {
					t.Fatal(err)
				}
			}
			got := ask(t, p, linh, q)
			if got.Tier == pika.TierL3 || got.Tier == pika.TierPrecomputed {
				third++
			}
			q.Cache = pika.CacheOff
			if want := ask(t, p, linh, q); texts(got) != texts(want) {
				t.Errorf("tier %s: %s; want %s", got.Tier, texts(got), texts(want))
			}
			p.settle(t)
		}
	}
	if third < 20 {
		t.Errorf("only %d answers were of the third tier: the test proves little", third)
	}
}
