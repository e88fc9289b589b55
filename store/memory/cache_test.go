package memory_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/memory"
)

// testClock is a clock that stands still until it is moved.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock {
	return &testClock{now: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// clockedCache carries its clock along, so that the suite can move it.
type clockedCache struct {
	*memory.Cache
	clock *testClock
}

func TestConformance(t *testing.T) {
	t.Parallel()
	pikatest.Cache(t, pikatest.CacheConfig{
		Open: func(t *testing.T) pika.Cache {
			clock := newTestClock()
			c := memory.New(memory.Options{Now: clock.Now})
			t.Cleanup(func() { c.Close() })
			return clockedCache{c, clock}
		},
		Pass: func(_ *testing.T, c pika.Cache, d time.Duration) { c.(clockedCache).clock.Pass(d) },
	})
}

func TestFullCacheStaysWithinItsBytes(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	c := memory.New(memory.Options{MaxBytes: limit})
	t.Cleanup(func() { c.Close() })
	for i := range 5_000 {
		if err := c.SetValue(t.Context(), fmt.Sprint(i), make([]byte, 1<<10), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetValue(t.Context(), "too large", make([]byte, 2*limit), time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := c.Bytes(); got > limit || got < limit/2 {
		t.Errorf("Bytes() = %d; want at most %d and at least half of it", got, limit)
	}
	if got, _ := c.GetValues(t.Context(), "too large"); len(got) != 0 {
		t.Error("a value larger than the cache was kept")
	}
}

func TestCloseEndsSubscriptions(t *testing.T) {
	t.Parallel()
	c := memory.New(memory.Options{})
	messages, err := c.Subscribe(t.Context(), "ch")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	if _, open := <-messages; open {
		t.Error("the subscription outlived the cache")
	}
}

func TestExpiredLeasesMakeRoom(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	c := memory.New(memory.Options{Now: clock.Now})
	t.Cleanup(func() { c.Close() })
	const most = 100_000
	for i := range most {
		if _, ok, err := c.Lease(t.Context(), fmt.Sprint(i), time.Minute); !ok || err != nil {
			t.Fatalf("lease %d = %t, %v", i, ok, err)
		}
	}
	if _, ok, err := c.Lease(t.Context(), "one more", time.Minute); ok || pika.CodeOf(err) != pika.Overloaded {
		t.Errorf("one lease over the limit = %t, %v; want overloaded", ok, err)
	}
	clock.Pass(time.Hour)
	if _, ok, err := c.Lease(t.Context(), "one more", time.Minute); !ok || err != nil {
		t.Errorf("a lease after the others expired = %t, %v", ok, err)
	}
}
