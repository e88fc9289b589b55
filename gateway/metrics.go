package gateway

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts requests. Labels are routes, methods and statuses only.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(registry *prometheus.Registry) (metrics, error) {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pika_http_requests_total", Help: "HTTP requests by route, method and status.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pika_http_request_duration_seconds", Help: "Time from the first middleware to the end of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .015, .02, .03, .05, .08, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route"}),
	}
	return m, errors.Join(registry.Register(m.requests), registry.Register(m.duration))
}

func (m metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, knownMethod(method), statusLabel(status)).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

// knownMethod keeps methods that a caller made up out of labels.
func knownMethod(method string) string {
	if slices.Contains([]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}, method) {
		return method
	}
	return "other"
}
