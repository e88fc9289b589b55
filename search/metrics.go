package search

import (
	"github.com/pikamem/pika"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// vocabularyLeg is the metrics' name for reading a user's vocabulary.
const vocabularyLeg pika.Leg = "vocabulary"

// metrics counts what searches do. Labels are names of legs, nothing of a user.
type metrics struct {
	search      prometheus.Histogram
	legSeconds  *prometheus.HistogramVec
	legFailures *prometheus.CounterVec
}

type legMeter struct {
	seconds  prometheus.Observer
	failures prometheus.Counter
}

var buckets = []float64{.0005, .001, .002, .004, .008, .015, .03, .06, .12, .25, .5, 1, 2.5, 5, 10}

// newMetrics registers the metrics; a nil registerer keeps them unregistered.
func newMetrics(registerer prometheus.Registerer) *metrics {
	factory := promauto.With(registerer)
	return &metrics{
		search: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "pika_search_duration_seconds", Help: "Time of a search without any cache.", Buckets: buckets,
		}),
		legSeconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pika_search_leg_duration_seconds", Help: "Time of one call of a leg, late calls until they were dropped.", Buckets: buckets,
		}, []string{"leg"}),
		legFailures: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "pika_search_leg_failures_total", Help: "Calls of a leg that failed, were late or were not made because it fails or is busy.",
		}, []string{"leg"}),
	}
}

func (m *metrics) leg(leg pika.Leg) legMeter {
	return legMeter{m.legSeconds.WithLabelValues(string(leg)), m.legFailures.WithLabelValues(string(leg))}
}
