package projection

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics counts how far the projections are from the truth. Labels are names of
// stores and corpora, nothing of a user. A nil *Metrics counts nothing.
type Metrics struct {
	rows    *prometheus.CounterVec
	lastRun prometheus.Gauge
	pending prometheus.Gauge
	recall  prometheus.Gauge
}

// NewMetrics registers the metrics; a nil registerer keeps them unregistered.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	return &Metrics{
		rows: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "pika_reconcile_rows_total", Help: "Rows that reconciling found out of step (missing, stale, extra), what became of them (repaired, deleted, failed), and what it left (left, refused).",
		}, []string{"store", "corpus", "kind"}),
		lastRun: factory.NewGauge(prometheus.GaugeOpts{
			Name: "pika_reconcile_last_run_timestamp_seconds", Help: "When the projections were last compared with the truth to the end.",
		}),
		pending: factory.NewGauge(prometheus.GaugeOpts{
			Name: "pika_projection_oldest_pending_age_seconds", Help: "How long the oldest row of the outbox has waited; 0 when nothing waits.",
		}),
		recall: factory.NewGauge(prometheus.GaugeOpts{
			Name: "pika_vector_recall", Help: "Share of the exact ten nearest vectors that the index finds, of sampled users, when it was last probed.",
		}),
	}
}

func (m *Metrics) reconciled(r ReconcileReport, at time.Time) {
	if m == nil {
		return
	}
	for _, l := range r.Lines {
		for kind, n := range l.counts() {
			m.rows.WithLabelValues(string(l.Store), string(l.Corpus), kind).Add(float64(n))
		}
	}
	if r.complete() {
		m.lastRun.Set(float64(at.Unix()))
	}
}

// observePending notes how long the oldest item of the outbox has waited.
func (m *Metrics) observePending(ctx context.Context, p *Projections) {
	if m == nil {
		return
	}
	now := p.now()
	items, err := p.Outbox.PendingItems(ctx, now, 1)
	switch {
	case err != nil: // the last known age stays
	case len(items) == 0:
		m.pending.Set(0)
	default:
		m.pending.Set(max(0, now.Sub(items[0].Since).Seconds()))
	}
}

func (m *Metrics) probed(recall float64) {
	if m != nil {
		m.recall.Set(recall)
	}
}
