package cache_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/memory"
)

// countingEmbedder remembers what it was asked.
type countingEmbedder struct {
	pika.Embedder
	model pika.EmbeddingModel // in place of the inner one's, if it has an id

	mu    sync.Mutex
	calls [][]string
}

func newCountingEmbedder() *countingEmbedder {
	return &countingEmbedder{Embedder: pikatest.NewEmbedder(64)}
}

func (e *countingEmbedder) Model() pika.EmbeddingModel {
	if e.model.ID != "" {
		return e.model
	}
	return e.Embedder.Model()
}

func (e *countingEmbedder) Embed(ctx context.Context, role pika.EmbedRole, texts []string) ([][]float32, error) {
	e.mu.Lock()
	e.calls = append(e.calls, slices.Clone(texts))
	e.mu.Unlock()
	return e.Embedder.Embed(ctx, role, texts)
}

// takeCalls returns what was asked since the last time.
func (e *countingEmbedder) takeCalls() [][]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := e.calls
	e.calls = nil
	return calls
}

func newMemory(t *testing.T) *memory.Cache {
	c := memory.New(memory.Options{})
	t.Cleanup(func() { c.Close() })
	return c
}

// newClockedMemory returns a cache and what moves its clock on.
func newClockedMemory(t *testing.T) (c *memory.Cache, pass func(time.Duration)) {
	var passed atomic.Int64
	c = memory.New(memory.Options{Now: func() time.Time { return reference.Add(time.Duration(passed.Load())) }})
	t.Cleanup(func() { c.Close() })
	return c, func(d time.Duration) { passed.Add(int64(d)) }
}

func embed(t *testing.T, e pika.Embedder, role pika.EmbedRole, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), role, texts)
	if err != nil {
		t.Fatalf("Embed = %v", err)
	}
	return vectors
}

func wantCalls(t *testing.T, e *countingEmbedder, want ...[]string) {
	t.Helper()
	if diff := cmp.Diff(want, e.takeCalls()); diff != "" {
		t.Errorf("calls of the inner embedder (-want +got):\n%s", diff)
	}
}

func TestEmbedderConformance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(*testing.T) pika.Cache{
		"memory": func(t *testing.T) pika.Cache { return newMemory(t) },
		"broken": func(*testing.T) pika.Cache { return brokenCache{} },
	} {
		for _, local := range []int64{0, 1 << 20} {
			t.Run(fmt.Sprint(name, " ", local), func(t *testing.T) {
				t.Parallel()
				pikatest.Embedder(t, func(t *testing.T) pika.Embedder {
					return cache.NewEmbedder(pikatest.NewEmbedder(64), c(t), cache.EmbedderOptions{Local: local})
				})
			})
		}
	}
}

func TestEmbedderAsksOnceForATextAndARole(t *testing.T) {
	t.Parallel()
	inner := newCountingEmbedder()
	e := cache.NewEmbedder(inner, newMemory(t), cache.EmbedderOptions{})
	first := embed(t, e, pika.EmbedQuery, "Mướp là mèo", "hi", "Mướp là mèo")
	wantCalls(t, inner, []string{"Mướp là mèo", "hi"})
	again := embed(t, e, pika.EmbedQuery, "hi", "new", "  Mu\u031bo\u031b\u0301p   là mèo\n")
	wantCalls(t, inner, []string{"new"})
	if diff := cmp.Diff([][]float32{first[1], first[0]}, [][]float32{again[0], again[2]}); diff != "" {
		t.Errorf("cached vectors differ (-first +again):\n%s", diff)
	}
	embed(t, e, pika.EmbedPassage, "hi")
	wantCalls(t, inner, []string{"hi"})
}

func TestEmbedderReturnsVectorsThatShareNoMemory(t *testing.T) {
	t.Parallel()
	e := cache.NewEmbedder(pikatest.NewEmbedder(64), newMemory(t), cache.EmbedderOptions{})
	for range 2 { // made, then cached
		v := embed(t, e, pika.EmbedQuery, "same", "same")
		v[0][0] = 42
		if v[1][0] == 42 {
			t.Fatal("two results are one slice")
		}
	}
	if v := embed(t, e, pika.EmbedQuery, "same"); v[0][0] == 42 {
		t.Error("a caller changed what is cached")
	}
}

// With vectors in the process the cache is asked once for a text, and what is there is
// nobody's to change.
func TestEmbedderInTheProcess(t *testing.T) {
	t.Parallel()
	inner, spy := newCountingEmbedder(), &spyCache{Cache: newMemory(t)}
	e := cache.NewEmbedder(inner, spy, cache.EmbedderOptions{Local: 1 << 20})
	want := embed(t, e, pika.EmbedQuery, "hi", "there")
	for range 3 {
		got := embed(t, e, pika.EmbedQuery, "there", "hi")
		if diff := cmp.Diff([][]float32{want[1], want[0]}, got); diff != "" {
			t.Errorf("vectors differ (-first +again):\n%s", diff)
		}
		got[0][0] = 42
	}
	wantCalls(t, inner, []string{"hi", "there"})
	for _, k := range spy.keys() {
		if err := spy.DeleteValues(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	embed(t, e, pika.EmbedQuery, "hi")
	wantCalls(t, inner)
}

func TestEmbedderKeepsModelsApart(t *testing.T) {
	t.Parallel()
	c := newMemory(t)
	for _, model := range []pika.EmbeddingModel{{ID: "a", Dimensions: 64}, {ID: "b", Dimensions: 64}, {ID: "a", Dimensions: 6}} {
		inner := newCountingEmbedder()
		inner.model = model
		embed(t, cache.NewEmbedder(inner, c, cache.EmbedderOptions{}), pika.EmbedQuery, "hi")
		wantCalls(t, inner, []string{"hi"})
	}
}

func TestEmbedderForgetsAfterItsTTL(t *testing.T) {
	t.Parallel()
	c, pass := newClockedMemory(t)
	inner := newCountingEmbedder()
	e := cache.NewEmbedder(inner, c, cache.EmbedderOptions{})
	embed(t, e, pika.EmbedQuery, "hi")
	pass(23 * time.Hour)
	embed(t, e, pika.EmbedQuery, "hi")
	wantCalls(t, inner, []string{"hi"})
	pass(2 * time.Hour)
	embed(t, e, pika.EmbedQuery, "hi")
	wantCalls(t, inner, []string{"hi"})
}

func TestEmbedderIgnoresDamagedValues(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string][]byte{
		"empty": {}, "short": make([]byte, 8), "zeros": make([]byte, 64*4), "not numbers": []byte(strings.Repeat("\xff", 64*4)),
	} {
		inner := newCountingEmbedder()
		spy := &spyCache{Cache: newMemory(t)}
		e := cache.NewEmbedder(inner, spy, cache.EmbedderOptions{})
		want := embed(t, e, pika.EmbedQuery, "hi")
		for _, k := range spy.keys() {
			if err := spy.SetValue(t.Context(), k, damage, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, embed(t, e, pika.EmbedQuery, "hi")); diff != "" {
			t.Errorf("after damage %q (-want +got):\n%s", name, diff)
		}
		wantCalls(t, inner, []string{"hi"}, []string{"hi"})
	}
}

func TestEmbedderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	inner := failingEmbedder{pikatest.NewEmbedder(64)}
	e := cache.NewEmbedder(inner, newMemory(t), cache.EmbedderOptions{})
	if _, err := e.Embed(t.Context(), pika.EmbedQuery, []string{"secret words"}); pika.CodeOf(err) != pika.Unavailable || strings.Contains(err.Error(), "secret") {
		t.Errorf("Embed = %v; want unavailable, without the text", err)
	}
}

func TestEmbedderCountsHitsAndMisses(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := cache.NewEmbedder(pikatest.NewEmbedder(64), newMemory(t), cache.EmbedderOptions{Metrics: cache.NewMetrics(r)})
	embed(t, e, pika.EmbedQuery, "a", "b")
	embed(t, e, pika.EmbedQuery, "b", "c", "a")
	want := `
# HELP pika_cache_requests_total Requests to the caches, by cache and result. A failing cache counts as a miss.
# TYPE pika_cache_requests_total counter
pika_cache_requests_total{cache="embedding",result="hit"} 2
pika_cache_requests_total{cache="embedding",result="miss"} 3
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "pika_cache_requests_total"); err != nil {
		t.Error(err)
	}
	cache.NewMetrics(r) // a second time with one registry is no defect
}

func TestKeysHoldNoText(t *testing.T) {
	t.Parallel()
	spy := &spyCache{Cache: newMemory(t)}
	embed(t, cache.NewEmbedder(pikatest.NewEmbedder(64), spy, cache.EmbedderOptions{}), pika.EmbedPassage, "confidential")
	x := cache.NewExtractor(&countingExtractor{}, "v1", spy, cache.ExtractorOptions{Embedder: sameMeaning{}})
	if _, err := x.Extract(t.Context(), chunk("confidential")); err != nil {
		t.Fatal(err)
	}
	if n := len(spy.keys()); n != 3 {
		t.Fatalf("%d keys were set; want 3", n)
	}
	for _, k := range spy.keys() {
		if strings.Contains(k, "confidential") || strings.Contains(k, "linh") || strings.Contains(k, "acme") {
			t.Errorf("the key %q holds words of a user", k)
		}
	}
}

// TestKeysOfOneUserHoldTheirHashTag: a cluster keeps on one node what a search reads at
// once; what is for all users is spread over all nodes.
func TestKeysOfOneUserHoldTheirHashTag(t *testing.T) {
	t.Parallel()
	spy := &spyCache{Cache: newMemory(t)}
	embed(t, cache.NewEmbedder(pikatest.NewEmbedder(64), spy, cache.EmbedderOptions{}), pika.EmbedPassage, "for all")
	for _, k := range spy.keys() {
		if strings.ContainsAny(k, "{}") {
			t.Errorf("the key of all users %q holds a hash tag", k)
		}
	}
	spy = &spyCache{Cache: newMemory(t)}
	c := chunk("for one")
	if _, err := cache.NewExtractor(&countingExtractor{}, "v1", spy, cache.ExtractorOptions{Embedder: sameMeaning{}}).Extract(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(spy.keys()) != 2 {
		t.Fatalf("%d keys were set; want 2", len(spy.keys()))
	}
	for _, k := range spy.keys() {
		_, rest, _ := strings.Cut(k, "{")
		if tag, _, _ := strings.Cut(rest, "}"); tag != c.Scope.ID() {
			t.Errorf("the hash tag of %q is %q; want the id of the scope", k, tag)
		}
	}
}

// spyCache remembers the keys that were set.
type spyCache struct {
	pika.Cache

	mu  sync.Mutex
	set map[string]time.Duration
}

func (c *spyCache) SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set == nil {
		c.set = map[string]time.Duration{}
	}
	c.set[key] = ttl
	return c.Cache.SetValue(ctx, key, value, ttl)
}

func (c *spyCache) keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	for k := range c.set {
		keys = append(keys, k)
	}
	return keys
}

var errBroken = errors.New("the cache is broken")

// brokenCache fails at everything.
type brokenCache struct{ pika.Cache }

func (brokenCache) GetValues(context.Context, ...string) (map[string][]byte, error) {
	return nil, errBroken
}

func (brokenCache) SetValue(context.Context, string, []byte, time.Duration) error { return errBroken }

func (brokenCache) Lease(context.Context, string, time.Duration) (func(), bool, error) {
	return nil, false, errBroken
}

// hangingCache answers when its caller has had enough.
type hangingCache struct{ pika.Cache }

func (hangingCache) GetValues(ctx context.Context, _ ...string) (map[string][]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hangingCache) SetValue(ctx context.Context, _ string, _ []byte, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

type failingEmbedder struct{ pika.Embedder }

func (failingEmbedder) Embed(context.Context, pika.EmbedRole, []string) ([][]float32, error) {
	return nil, pika.Errorf(pika.Unavailable, "the embedder is away")
}
