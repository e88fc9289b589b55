package cache_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
)

// What the caches of a process hold is in its stats and its metrics, also where several parts
// share a registry.
func TestSizes(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := newHouse(t)
	h.write(h.writer, linh, pets...)
	p := h.open(false, func(o *cache.SearcherOptions) { o.Metrics = cache.NewMetrics(registry) })
	sets := cache.NewWorkingSets(cache.WorkingSetOptions{
		Raw: h.db, Facts: h.db, Keyword: h.db, Changes: h.db, Metrics: cache.NewMetrics(registry), FactBytes: 1 << 20,
	})
	embedder := cache.NewEmbedder(h.embedder, h.cache, cache.EmbedderOptions{Local: 1 << 20, Metrics: cache.NewMetrics(registry)})
	if _, err := embedder.Embed(t.Context(), pika.EmbedQuery, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	p.askSettled(t, linh, question(catCalled))
	facts := sets.Before(h.config()).Facts
	for range 2 {
		_, _ = facts.Get(t.Context(), linh, nil)
	}
	_ = sets.Close()
	held := map[cache.Name]cache.CacheStats{}
	for _, c := range p.Stats().Caches {
		held[c.Name] = c
	}
	if l1, set := held[cache.L1], held[cache.WorkingSet]; l1.Entries != 1 || l1.Bytes < 100 || set.Entries != 1 || set.Bytes < 1000 || held[cache.Embedding].Entries != 2 {
		t.Errorf("held: %+v", held)
	}
	err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP pika_cache_entries What a cache in this process holds.
# TYPE pika_cache_entries gauge
pika_cache_entries{cache="embedding"} 2
pika_cache_entries{cache="l1"} 1
pika_cache_entries{cache="working_set"} 1
`), "pika_cache_entries")
	if err != nil {
		t.Error(err)
	}
}
