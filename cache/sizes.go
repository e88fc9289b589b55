package cache

import (
	"sync"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// size is how much a cache in this process holds, and how much it gave up for want of room.
type size struct {
	entries          int
	bytes, evictions int64
}

// sizeOfCache is the size of a cache that records its statistics and weighs in bytes.
func sizeOfCache[K comparable, V any](c *otter.Cache[K, V]) size {
	c.CleanUp() // it counts what was written lately
	return size{c.EstimatedSize(), int64(c.WeightedSize()), int64(c.Stats().Evictions)}
}

// sizes knows how much each cache of the process holds:
// pika_cache_entries{cache}, pika_cache_bytes{cache} and pika_cache_evictions_total{cache}.
// It is a prometheus.Collector.
type sizes struct {
	mu sync.Mutex
	of map[Name]func() size
}

var (
	entriesDesc   = prometheus.NewDesc("pika_cache_entries", "What a cache in this process holds.", []string{"cache"}, nil)
	bytesDesc     = prometheus.NewDesc("pika_cache_bytes", "Estimated bytes of what a cache in this process holds.", []string{"cache"}, nil)
	evictionsDesc = prometheus.NewDesc("pika_cache_evictions_total", "What a cache in this process gave up for want of room.", []string{"cache"}, nil)
)

// add tells how much a cache holds; one that is told again counts in the place of the former.
func (s *sizes) add(n Name, of func() size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[Name]func() size{}
	}
	s.of[n] = of
}

// all returns how much each cache holds that was told.
func (s *sizes) all() map[Name]size {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[Name]size, len(s.of))
	for n, of := range s.of {
		all[n] = of()
	}
	return all
}

// Describe implements prometheus.Collector.
func (*sizes) Describe(ch chan<- *prometheus.Desc) {
	ch <- entriesDesc
	ch <- bytesDesc
	ch <- evictionsDesc
}

// Collect implements prometheus.Collector.
func (s *sizes) Collect(ch chan<- prometheus.Metric) {
	for n, held := range s.all() {
		ch <- prometheus.MustNewConstMetric(entriesDesc, prometheus.GaugeValue, float64(held.entries), string(n))
		ch <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(held.bytes), string(n))
		ch <- prometheus.MustNewConstMetric(evictionsDesc, prometheus.CounterValue, float64(held.evictions), string(n))
	}
}
