package projection

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/pikamem/pika"
)

// Repairer repairs lagging projections in the background.
type Repairer struct {
	Projections *Projections
	Log         *slog.Logger
	Metrics     *Metrics      // nil: none
	Every       time.Duration // between passes. Defaults to 30 s
	OlderThan   time.Duration // younger rows belong to a job that runs. Defaults to 1 min
	Limit       int           // rows per page of a pass, 1–pika.MaxPageLimit. Defaults to the most: items of a store that does not answer fill a page
}

// maxPages bounds one pass, so that a long backlog cannot hide a cancelled context
// behind it.
const maxPages = 100

// Run makes a pass at once and then every r.Every, until ctx ends. It returns nil:
// ending is not a failure.
func (r *Repairer) Run(ctx context.Context) error {
	ticker := time.NewTicker(cmp.Or(r.Every, 30*time.Second))
	defer ticker.Stop()
	for {
		r.pass(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// pass repairs page after page until the outbox is empty or nothing moves any more.
func (r *Repairer) pass(ctx context.Context) {
	limit := min(cmp.Or(r.Limit, pika.MaxPageLimit), pika.MaxPageLimit)
	total, left := 0, 0
	var problem error
	for range maxPages {
		seen, repaired, err := r.Projections.Repair(ctx, cmp.Or(r.OlderThan, time.Minute), limit)
		total, left, problem = total+repaired, seen-repaired, err
		if repaired == 0 || seen < limit || ctx.Err() != nil {
			break
		}
	}
	r.Metrics.observePending(ctx, r.Projections)
	switch {
	case ctx.Err() != nil:
	case problem != nil:
		r.Log.Warn("projections lag behind the truth", "repaired", total, "left", left, "code", pika.CodeOf(problem), "error", problem)
	case total > 0:
		r.Log.Info("projections repaired", "rows", total)
	}
}
