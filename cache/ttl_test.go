package cache_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// ttlStore is what processes share of the times of answers.
type ttlStore struct {
	mu    sync.Mutex
	noted []pika.AnswerUse
	tuned []pika.AnswerTTL
	fault error
}

func (s *ttlStore) NoteAnswerUse(_ context.Context, use []pika.AnswerUse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return s.fault
	}
	s.noted = append(s.noted, use...)
	return nil
}

// AnswerUse is never called by a process that searches.
func (s *ttlStore) AnswerUse(context.Context) ([]pika.AnswerUse, error) { panic("called") }

// TuneAnswerTTLs is never called by a process that searches.
func (s *ttlStore) TuneAnswerTTLs(context.Context, []pika.AnswerTTL) error { panic("called") }

func (s *ttlStore) AnswerTTLs(context.Context) ([]pika.AnswerTTL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.tuned), s.fault
}

// openTTLs starts a gateway whose answers have classes.
func (h *house) openTTLs(store *ttlStore, longest time.Duration) (*process, *cache.TTLs) {
	ttls := cache.NewTTLs(cache.TTLOptions{Store: store, Longest: longest, Now: h.clock})
	return h.open(false, func(o *cache.SearcherOptions) { o.TTL, o.TTLs = longest, ttls }), ttls
}

// later moves the clock, and asks.
func (h *house) later(p *process, d time.Duration, words string) pika.Tier {
	h.t.Helper()
	h.now.Add(int64(d))
	tier := ask(h.t, p, linh, question(words)).Tier
	p.settle(h.t)
	return tier
}

// Answers live as long as their class, and a grace in which they are made anew: with a new fact five minutes, else an hour, a day if
// the question is asked often. What became of them is counted by class.
func TestAnswerClasses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &ttlStore{}
	h.write(h.writer, linh, pets...)
	p, ttls := h.openTTLs(store, 48*time.Hour)
	for _, c := range []struct {
		what  string
		later time.Duration
		words string
		want  pika.Tier
	}{
		{"the facts are new", 0, "which cat does Linh have", pika.TierNone},
		{"fresh", 4*time.Minute + 59*time.Second, "which cat does Linh have", pika.TierL2Exact},
		{"no longer fresh, and past the grace", 151 * time.Second, "which cat does Linh have", pika.TierNone},
		{"a question that is asked once", 2 * time.Hour, "what does Linh drink", pika.TierNone},
		{"within the hour", 59 * time.Minute, "what does Linh drink", pika.TierL2Exact},
		{"after it, and past the grace", 6 * time.Minute, "what does Linh drink", pika.TierNone},
		{"now it is asked often: a day", 23 * time.Hour, "what does Linh drink", pika.TierL2Exact},
		{"after the day, and past the grace", 66 * time.Minute, "what does Linh drink", pika.TierNone},
	} {
		if got := h.later(p, c.later, c.words); got != c.want {
			t.Errorf("%s: tier %s; want %s", c.what, got, c.want)
		}
	}
	if err := ttls.Exchange(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []pika.AnswerUse{{Class: pika.AnswerOften, Hits: 1, Misses: 1}, {Class: pika.AnswerRarely, Hits: 1, Misses: 1}, {Class: pika.AnswerFresh, Hits: 1, Misses: 1}}
	if diff := cmp.Diff(want, store.noted); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// What is dropped for another reason than its time is no miss of its class.
func TestDroppedAnswersAreNoMisses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &ttlStore{}
	h.write(h.writer, linh, pets...)
	p, ttls := h.openTTLs(store, 48*time.Hour)
	h.later(p, 0, "which cat does Linh have")
	if err := p.freshness.Note(t.Context(), linh, pika.Change{Everything: true}); err != nil {
		t.Fatal(err)
	}
	if got := h.later(p, time.Minute, "which cat does Linh have"); got != pika.TierNone {
		t.Errorf("tier %s", got)
	}
	if err := ttls.Exchange(t.Context()); err != nil || len(store.noted) > 0 {
		t.Errorf("counted %v, %v", store.noted, err)
	}
}

// What was tuned holds for new answers, within PIKA_CACHE_TTL.
func TestTunedTTLs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := h.clock()
	store := &ttlStore{tuned: []pika.AnswerTTL{
		{Class: pika.AnswerFresh, TTL: 2 * time.Minute, Reason: "they are read seldom", Hits: 3, Misses: 1, TunedAt: at},
		{Class: pika.AnswerOften, TTL: 48 * time.Hour},
	}}
	h.write(h.writer, linh, pets...)
	p, ttls := h.openTTLs(store, 40*time.Minute)
	if err := ttls.Exchange(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []pika.AnswerTTL{
		{Class: pika.AnswerOften, TTL: 40 * time.Minute},
		{Class: pika.AnswerRarely, TTL: 40 * time.Minute},
		{Class: pika.AnswerFresh, TTL: 2 * time.Minute, Reason: "they are read seldom", Hits: 3, Misses: 1, TunedAt: at},
	}
	if diff := cmp.Diff(want, p.Stats().TTLs); diff != "" {
		t.Errorf("current (-want +got):\n%s", diff)
	}
	store.fault = pika.Errorf(pika.Unavailable, "down")
	if err := ttls.Exchange(t.Context()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Exchange() = %v", err)
	}
	h.later(p, 0, "which cat does Linh have")
	if got := h.later(p, 3*time.Minute, "which cat does Linh have"); got != pika.TierNone {
		t.Errorf("after the tuned time: tier %s", got)
	}
	_ = ttls.Exchange(t.Context())
	store.fault = nil
	if err := ttls.Exchange(t.Context()); err != nil || len(store.noted) != 1 || store.noted[0].Misses != 1 {
		t.Errorf("what a store did not take was lost, or counted twice: %v, %v", store.noted, err)
	}
}

// Answers of a user who writes often live no longer than it takes him to write again.
func TestWritesShortenTTLs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	h.now.Add(int64(2 * time.Hour))
	p, _ := h.openTTLs(&ttlStore{}, 48*time.Hour)
	h.later(p, 0, "what does Linh drink")
	for range 3 {
		h.now.Add(int64(2 * time.Minute))
		if err := p.freshness.Note(t.Context(), linh, pika.Change{Everything: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		later time.Duration
		want  pika.Tier
	}{{0, pika.TierNone}, {119 * time.Second, pika.TierL2Exact}, {61 * time.Second, pika.TierNone}} {
		if got := h.later(p, c.later, "what does Linh drink"); got != c.want {
			t.Errorf("after %v more: tier %s; want %s", c.later, got, c.want)
		}
	}
}

// Run hands over what was counted before it ends.
func TestTTLsRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	store := &ttlStore{}
	h.write(h.writer, linh, pets...)
	p, ttls := h.openTTLs(store, time.Hour)
	for range 2 {
		h.later(p, 0, "which cat does Linh have")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ttls.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(store.noted) != 1 || store.noted[0] != (pika.AnswerUse{Class: pika.AnswerFresh, Hits: 1}) {
		t.Errorf("handed over: %v", store.noted)
	}
}
