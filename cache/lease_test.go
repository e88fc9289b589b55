package cache_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// countedCache counts leases and writes.
type countedCache struct {
	pika.Cache
	taken, given, written atomic.Int64
	held                  bool  // every lease is held by one who died
	fault                 error // of leases
}

func (c *countedCache) Lease(ctx context.Context, key string, ttl time.Duration) (func(), bool, error) {
	if c.held || c.fault != nil {
		c.taken.Add(1)
		return nil, false, c.fault
	}
	release, ok, err := c.Cache.Lease(ctx, key, ttl)
	if !ok {
		return release, ok, err
	}
	c.taken.Add(1)
	return func() { c.given.Add(1); release() }, ok, err
}

func (c *countedCache) SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	defer c.written.Add(1)
	return c.Cache.SetValue(ctx, key, value, ttl)
}

// waits records how long searches wait, and lets them when it is told.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
	over chan time.Time
}

func newWaits() *waits { return &waits{over: make(chan time.Time)} }

func (w *waits) after(d time.Duration) <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return w.over
}

func (w *waits) all() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Duration(nil), w.list...)
}

// Many who ask the same at once, in two processes that share a cache, cost one search, or
// two where one came just as it ended.
func TestHerdOfTwoProcesses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	shared, w := &countedCache{Cache: h.cache}, newWaits()
	h.cache, h.after = shared, w.after
	p, other := h.open(false), h.open(false)
	p.source.wait = make(chan struct{})
	var all sync.WaitGroup
	var failed atomic.Int64
	herd := func(of *process) {
		for range 100 {
			all.Go(func() {
				if a, err := of.Search(t.Context(), linh, question("cat")); err != nil || len(a.Facts) != 3 {
					failed.Add(1)
				}
			})
		}
	}
	herd(p)
	await(t, "one asks", func() bool { return p.source.asked.Load() > 0 })
	herd(other)
	await(t, "the other process waits", func() bool { return len(w.all()) > 0 })
	close(p.source.wait)
	await(t, "the answer is kept", func() bool { return shared.written.Load() > 0 })
	close(w.over)
	all.Wait()
	if n := p.source.asked.Load() + other.source.asked.Load(); n > 2 || failed.Load() > 0 {
		t.Errorf("%d searches for 200 callers, %d failed", n, failed.Load())
	}
	if n := other.source.asked.Load(); n > 0 {
		t.Errorf("the process that waited searched %d times", n)
	}
}

// A holder that died costs one short wait.
func TestHolderThatDied(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	w := newWaits()
	close(w.over)
	h.cache, h.after = &countedCache{Cache: h.cache, held: true}, w.after
	p := h.open(false)
	if a := ask(t, p, linh, question("cat")); len(a.Facts) != 3 || p.source.asked.Load() != 1 {
		t.Errorf("%d facts, %d searches", len(a.Facts), p.source.asked.Load())
	}
	if got := w.all(); len(got) != 1 || got[0] != 15*time.Millisecond {
		t.Errorf("the waits are %v; want one of 15 ms", got)
	}
}

// Who has little time waits an eighth of it.
func TestLongestWait(t *testing.T) {
	t.Parallel()
	for deadline, want := range map[time.Duration]time.Duration{
		5 * time.Millisecond: 625 * time.Microsecond, 80 * time.Millisecond: 10 * time.Millisecond,
		120 * time.Millisecond: 15 * time.Millisecond, 10 * time.Second: 15 * time.Millisecond,
	} {
		if got := cache.LongestWait(deadline); got != want {
			t.Errorf("with %s of time the longest wait is %s; want %s", deadline, got, want)
		}
	}
}

// Who waits leaves when he likes.
func TestWaitEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := newWaits()
	h.cache, h.after = &countedCache{Cache: h.cache, held: true}, w.after
	p := h.open(false)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := p.Search(ctx, linh, question("cat")); done <- err }()
	await(t, "the search waits", func() bool { return len(w.all()) > 0 })
	cancel()
	if err := <-done; err == nil {
		t.Error("Search = nil; want that the caller left")
	}
}

// A cache that fails adds no wait, and no lease is asked of one that is known to fail.
func TestNoWaitForACacheThatFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cache pika.Cache
		asked int64
	}{
		"reads fail":  {brokenScopes{}, 0},
		"leases fail": {nil, 1},
	} {
		h := newHouse(t)
		h.write(h.writer, linh, pets...)
		c, w := &countedCache{Cache: h.cache, fault: errBroken}, newWaits()
		if tt.cache != nil {
			c.Cache = tt.cache
		}
		h.cache, h.after = c, w.after
		p := h.open(true)
		if a := ask(t, p, linh, question("cat")); len(a.Facts) != 3 {
			t.Errorf("%s: %d facts", name, len(a.Facts))
		}
		if len(w.all()) > 0 || c.taken.Load() != tt.asked {
			t.Errorf("%s: waited %v, %d leases were asked for; want none and %d", name, w.all(), c.taken.Load(), tt.asked)
		}
	}
}

// Every lease is given back: once the answer is kept, or when there is none to keep.
func TestLeasesAreGivenBack(t *testing.T) {
	t.Parallel()
	fault := error(pika.Errorf(pika.Unavailable, "down"))
	for name, prepare := range map[string]func(*process, *pika.Query){
		"kept":       func(*process, *pika.Query) {},
		"fault":      func(p *process, _ *pika.Query) { p.source.fault.Store(&fault) },
		"incomplete": func(_ *process, q *pika.Query) { q.Rerank = pika.RerankLLM },
		"no trace":   func(p *process, _ *pika.Query) { p.source.untraced = true },
	} {
		h := newHouse(t)
		h.write(h.writer, linh, pets...)
		c := &countedCache{Cache: h.cache}
		h.cache = c
		p, q := h.open(false), question("cat")
		prepare(p, &q)
		_, _ = p.Search(t.Context(), linh, q)
		p.settle(t)
		if c.taken.Load() != 1 || c.given.Load() != 1 {
			t.Errorf("%s: %d leases taken, %d given back; want one of each", name, c.taken.Load(), c.given.Load())
		}
	}
}
