package activities

import (
	"context"

	"github.com/pikamem/pika/projection"
)

// Upkeep holds the steps that keep the stores in step.
type Upkeep struct {
	Reconciler *projection.Reconciler
}

// ReconcileInput is the choice of one run.
type ReconcileInput struct {
	Force bool `json:"force,omitempty"` // see projection.ReconcileOptions
}

// Reconcile compares all projections with the truth and repairs what is out of step.
// Its heartbeats carry how far it is, and an attempt goes on where the one before it
// was. What went wrong in one store is in the report; only a truth, or all stores, that
// do not answer fail the step.
func (u *Upkeep) Reconcile(ctx context.Context, in ReconcileInput) (projection.ReconcileReport, error) {
	o := projection.ReconcileOptions{Force: in.Force}
	stop := resumed(ctx, &o.Resume, func(set func(projection.ReconcileState)) {
		o.Progress = func(p projection.ReconcileProgress) { set(p.ReconcileState) }
	})
	defer stop()
	return u.Reconciler.Run(ctx, o)
}
