package milvus

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

// metrics time the requests to the server. Labels are names of its methods and "ok"
// or "failed", nothing of a user.
type metrics struct{ seconds *prometheus.HistogramVec }

// newMetrics registers the metrics; nil: they count for nobody. Stores of one
// registerer count together.
func newMetrics(r prometheus.Registerer) (*metrics, error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "pika_milvus_request_duration_seconds",
		Help:    "Time of one request to Milvus, with its retries.",
		Buckets: []float64{.001, .002, .004, .008, .015, .03, .06, .12, .25, .5, 1, 2.5, 5, 15, 60},
	}, []string{"method", "result"})
	if r == nil {
		return &metrics{seconds}, nil
	}
	var known prometheus.AlreadyRegisteredError
	err := r.Register(seconds)
	if errors.As(err, &known) {
		if there, ok := known.ExistingCollector.(*prometheus.HistogramVec); ok {
			return &metrics{there}, nil
		}
	}
	return &metrics{seconds}, err
}

func (m *metrics) observe(ctx context.Context, method string, request, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	begun := time.Now()
	err := invoke(ctx, method, request, reply, c, options...)
	result := "ok"
	if err != nil {
		result = "failed"
	}
	m.seconds.WithLabelValues(methodName(method), result).Observe(time.Since(begun).Seconds())
	return err
}
