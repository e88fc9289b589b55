package cache

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// The values of the label "cache".
const (
	embeddingCache = "embedding"
	llmCache       = "llm"
)

// Metrics counts the requests to all caches:
// pika_cache_requests_total{cache="embedding|llm", result="hit|miss"}.
type Metrics struct{ requests *prometheus.CounterVec }

// NewMetrics registers the counters with r; nil: they count for nobody. Registering
// them again with the same r yields the same counters. A registry that has others
// of the same name panics, as that is a defect of the program.
func NewMetrics(r prometheus.Registerer) *Metrics {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pika_cache_requests_total",
		Help: "Requests to the caches, by cache and result. A failing cache counts as a miss.",
	}, []string{"cache", "result"})
	if r == nil {
		return &Metrics{requests}
	}
	var known prometheus.AlreadyRegisteredError
	switch err := r.Register(requests); {
	case err == nil:
		return &Metrics{requests}
	case errors.As(err, &known):
		return &Metrics{known.ExistingCollector.(*prometheus.CounterVec)}
	default:
		panic("cache: register counters: " + err.Error())
	}
}

func (m *Metrics) count(cache string, hits, misses int) {
	m.requests.WithLabelValues(cache, "hit").Add(float64(hits))
	m.requests.WithLabelValues(cache, "miss").Add(float64(misses))
}
