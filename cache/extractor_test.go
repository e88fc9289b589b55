package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/pikatest"
)

// countingExtractor answers every chunk with its number, and waits for gate if there
// is one.
type countingExtractor struct {
	calls  atomic.Int64
	gate   chan struct{}
	unread []int
	err    error
	panics bool
}

func (e *countingExtractor) Name() string { return "counting" }

func (e *countingExtractor) Extract(ctx context.Context, _ pika.Chunk) (pika.Extraction, error) {
	n := e.calls.Add(1)
	if e.gate != nil {
		select {
		case <-e.gate:
		case <-ctx.Done():
			return pika.Extraction{}, ctx.Err()
		}
	}
	if e.panics {
		panic("a defect")
	}
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return pika.Extraction{
		Candidates: []pika.Candidate{{Text: fmt.Sprint("answer ", n), Sources: []int{0}, ValidFrom: &from, Confidence: 0.9}},
		Rejected:   []pika.FactOutcome{{Text: "x", Outcome: pika.Rejected, Reason: "empty"}},
		Unread:     e.unread,
		Tokens:     pika.Tokens{Prompt: 100, Completion: 20},
		Cache:      pika.LLMCacheMiss,
	}, e.err
}

var reference = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

func chunk(contents ...string) pika.Chunk {
	c := pika.Chunk{
		Scope:         pika.Scope{Tenant: "acme", User: "linh"},
		ReferenceTime: reference,
		Context:       []pika.Message{{Role: pika.RoleAssistant, Content: "hello"}},
	}
	for i, text := range contents {
		c.Messages = append(c.Messages, pika.ChunkMessage{Index: i, Message: pika.Message{ID: "m", Role: pika.RoleUser, Name: "Linh", Content: text}})
	}
	return c
}

func extract(t *testing.T, e pika.Extractor, c pika.Chunk) pika.Extraction {
	t.Helper()
	x, err := e.Extract(t.Context(), c)
	if err != nil {
		t.Fatalf("Extract = %v", err)
	}
	return x
}

func TestExtractorConformance(t *testing.T) {
	t.Parallel()
	pikatest.Extractor(t, func(t *testing.T) pika.Extractor {
		return cache.NewExtractor(pikatest.NewExtractor(repeatMessages), "v1", newMemory(t), cache.ExtractorOptions{})
	})
}

// repeatMessages finds one fact per message: its beginning.
func repeatMessages(c pika.Chunk) pika.Extraction {
	var x pika.Extraction
	for _, m := range c.Messages {
		x.Candidates = append(x.Candidates, pika.Candidate{Text: m.Content[:min(len(m.Content), 100)], Sources: []int{m.Index}})
	}
	return x
}

func TestExtractorPaysOnceForEqualChunks(t *testing.T) {
	t.Parallel()
	inner := &countingExtractor{}
	r := prometheus.NewRegistry()
	m := cache.NewMetrics(r)
	e := cache.NewExtractor(inner, "v1", newMemory(t), cache.ExtractorOptions{Metrics: m})
	paid := extract(t, e, chunk("Tôi có con mèo"))
	if paid.Cache != pika.LLMCacheMiss || paid.Tokens.Prompt != 100 {
		t.Errorf("the first answer says %q and %v", paid.Cache, paid.Tokens)
	}
	want := paid
	want.Cache, want.Saved, want.Tokens = pika.LLMCacheExact, paid.Tokens, pika.Tokens{}
	for range 2 {
		if diff := cmp.Diff(want, extract(t, e, chunk("Tôi  có con mèo\n"))); diff != "" {
			t.Errorf("the cached answer (-want +got):\n%s", diff)
		}
	}
	if n := inner.calls.Load(); n != 1 {
		t.Errorf("the inner extractor was asked %d times; want once", n)
	}
	if n := testutil.CollectAndCount(r, "pika_cache_requests_total"); n != 2 {
		t.Errorf("%d counters; want a hit and a miss", n)
	}
}

// TestExtractorTellsChunksApart changes one thing after another: each is a chunk of
// its own.
func TestExtractorTellsChunksApart(t *testing.T) {
	t.Parallel()
	at := reference
	changes := map[string]func(*pika.Chunk){
		"nothing":    func(*pika.Chunk) {},
		"tenant":     func(c *pika.Chunk) { c.Scope.Tenant = "globex" },
		"user":       func(c *pika.Chunk) { c.Scope.User = "nam" },
		"content":    func(c *pika.Chunk) { c.Messages[0].Content = "hai" },
		"case":       func(c *pika.Chunk) { c.Messages[0].Content = "Một" },
		"diacritics": func(c *pika.Chunk) { c.Messages[0].Content = "mot" },
		"role":       func(c *pika.Chunk) { c.Messages[0].Role = pika.RoleAssistant },
		"name":       func(c *pika.Chunk) { c.Messages[0].Name = "Nam" },
		"index":      func(c *pika.Chunk) { c.Messages[0].Index = 7 },
		"timestamp":  func(c *pika.Chunk) { c.Messages[0].Timestamp = &at },
		"order": func(c *pika.Chunk) {
			c.Messages[0].Message, c.Messages[1].Message = c.Messages[1].Message, c.Messages[0].Message
		},
		"fewer messages":   func(c *pika.Chunk) { c.Messages = c.Messages[:1] },
		"no context":       func(c *pika.Chunk) { c.Context = nil },
		"other context":    func(c *pika.Chunk) { c.Context = []pika.Message{{Role: pika.RoleAssistant, Content: "bye"}} },
		"context speaker":  func(c *pika.Chunk) { c.Context = []pika.Message{{Role: pika.RoleUser, Content: "hello"}} },
		"message in ctx":   func(c *pika.Chunk) { c.Context = append(c.Context, c.Messages[1].Message); c.Messages = c.Messages[:1] },
		"another day":      func(c *pika.Chunk) { c.ReferenceTime = reference.AddDate(0, 0, 1) },
		"prompt version":   nil,
		"joined contents":  func(c *pika.Chunk) { c.Messages[0].Content, c.Messages[1].Content = "một hai", "" },
		"name and content": func(c *pika.Chunk) { c.Messages[0].Name, c.Messages[0].Content = "Linh một", "" },
	}
	inner, store := &countingExtractor{}, newMemory(t)
	for name, change := range changes {
		c, version := chunk("một", "hai"), "v1"
		if change == nil {
			version = "v2"
		} else {
			change(&c)
		}
		if x := extract(t, cache.NewExtractor(inner, version, store, cache.ExtractorOptions{}), c); x.Cache != pika.LLMCacheMiss {
			t.Errorf("with another %s the answer came from the cache", name)
		}
	}
}

func TestExtractorReferenceTimeCountsByItsDay(t *testing.T) {
	t.Parallel()
	e := cache.NewExtractor(&countingExtractor{}, "v1", newMemory(t), cache.ExtractorOptions{})
	extract(t, e, chunk("hi"))
	later := chunk("hi")
	later.ReferenceTime = reference.Add(time.Hour)
	if x := extract(t, e, later); x.Cache != pika.LLMCacheExact {
		t.Error("an hour later on the same day the answer is paid for again")
	}
	dated := chunk("hi")
	dated.Messages[0].Timestamp = &reference
	extract(t, e, dated)
	dated.ReferenceTime = reference.AddDate(0, 0, 3)
	if x := extract(t, e, dated); x.Cache != pika.LLMCacheExact {
		t.Error("the reference time counts although every message has a timestamp")
	}
}

func TestExtractorForgetsAfterItsTTL(t *testing.T) {
	t.Parallel()
	c, pass := newClockedMemory(t)
	inner := &countingExtractor{}
	e := cache.NewExtractor(inner, "v1", c, cache.ExtractorOptions{})
	for _, d := range []time.Duration{0, 6 * time.Minute, 4 * time.Minute} {
		pass(d)
		extract(t, e, chunk("hi"))
	}
	if n := inner.calls.Load(); n != 2 {
		t.Errorf("the inner extractor was asked %d times; want 2", n)
	}
}

func TestExtractorKeepsNoIncompleteAnswer(t *testing.T) {
	t.Parallel()
	for name, inner := range map[string]*countingExtractor{
		"unread": {unread: []int{0}},
		"error":  {err: pika.Errorf(pika.RateLimited, "later")},
		"panic":  {panics: true},
	} {
		e := cache.NewExtractor(inner, "v1", newMemory(t), cache.ExtractorOptions{})
		for range 2 {
			x, err := e.Extract(t.Context(), chunk("hi"))
			if err == nil && (x.Cache != pika.LLMCacheMiss || x.Tokens.Prompt != 100) {
				t.Errorf("%s: the answer says %q and %v", name, x.Cache, x.Tokens)
			}
			if inner.err != nil && pika.CodeOf(err) != pika.RateLimited || inner.panics && pika.CodeOf(err) != pika.Internal {
				t.Errorf("%s: Extract = %v", name, err)
			}
		}
		if n := inner.calls.Load(); n != 2 {
			t.Errorf("%s: the inner extractor was asked %d times; want 2", name, n)
		}
	}
}

func TestExtractorWorksWithoutItsCache(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]pika.Cache{"broken": brokenCache{}, "hanging": hangingCache{}} {
		inner := &countingExtractor{}
		e := cache.NewExtractor(inner, "v1", c, cache.ExtractorOptions{})
		if x := extract(t, e, chunk("hi")); x.Cache != pika.LLMCacheMiss || len(x.Candidates) != 1 {
			t.Errorf("%s: Extract = %+v", name, x)
		}
	}
}

// TestExtractorSharesOneCall lets 20 callers want the same chunk at once.
func TestExtractorSharesOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := &countingExtractor{gate: make(chan struct{})}
		e := cache.NewExtractor(inner, "v1", emptyCache{}, cache.ExtractorOptions{})
		var paid atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				x, err := e.Extract(t.Context(), chunk("hi"))
				if err != nil || len(x.Candidates) != 1 || x.Candidates[0].Text != "answer 1" {
					t.Errorf("Extract = %+v, %v", x, err)
					return
				}
				paid.Add(int64(x.Tokens.Prompt))
				x.Candidates[0].Text = "changed by a caller"
			})
		}
		synctest.Wait()
		close(inner.gate)
		all.Wait()
		if n := inner.calls.Load(); n != 1 || paid.Load() != 100 {
			t.Errorf("asked %d times for %d tokens; want once for 100", n, paid.Load())
		}
	})
}

// TestExtractorCallOutlivesItsFirstCaller: the others get the answer, and the call is
// cancelled only when all have left.
func TestExtractorCallOutlivesItsFirstCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := &countingExtractor{gate: make(chan struct{})}
		e := cache.NewExtractor(inner, "v1", emptyCache{}, cache.ExtractorOptions{})
		first, leave := context.WithCancel(t.Context())
		second, leaveToo := context.WithCancel(t.Context())
		defer leaveToo()
		firstErr, secondErr := make(chan error, 1), make(chan error, 1)
		go func() { _, err := e.Extract(first, chunk("hi")); firstErr <- err }()
		synctest.Wait()
		go func() { _, err := e.Extract(second, chunk("hi")); secondErr <- err }()
		synctest.Wait()
		leave()
		if err := <-firstErr; !errors.Is(err, context.Canceled) {
			t.Errorf("the first caller got %v; want that it was cancelled", err)
		}
		inner.gate <- struct{}{}
		if err := <-secondErr; err != nil {
			t.Errorf("the second caller got %v", err)
		}

		go func() { _, err := e.Extract(second, chunk("abandoned")); secondErr <- err }()
		synctest.Wait()
		leaveToo()
		if err := <-secondErr; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled caller got %v", err)
		}
		synctest.Wait() // the bubble ends only if the abandoned call did
	})
}

func TestExtractorBoundsASharedCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := &countingExtractor{gate: make(chan struct{})}
		e := cache.NewExtractor(inner, "v1", emptyCache{}, cache.ExtractorOptions{Deadline: time.Minute})
		if _, err := e.Extract(t.Context(), chunk("hi")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Extract of a server that hangs = %v; want that the deadline passed", err)
		}
	})
}

// emptyCache keeps nothing: it starts no goroutine, as synctest asks.
type emptyCache struct{ pika.Cache }

func (emptyCache) GetValues(context.Context, ...string) (map[string][]byte, error) { return nil, nil }

func (emptyCache) SetValue(context.Context, string, []byte, time.Duration) error { return nil }
