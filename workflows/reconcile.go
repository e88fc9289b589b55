package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/projection"
)

const (
	// ReconcileID is the workflow id of every run of Reconcile, so that there is one at
	// a time, and the id of its schedule.
	ReconcileID = "reconcile"

	// ReconcileTimeout bounds a run with all its attempts.
	ReconcileTimeout = 6 * time.Hour
)

// Reconcile compares the projections with the truth and repairs what is out of step.
// Its result holds counts only. It runs on Queue.
func Reconcile(ctx workflow.Context, in activities.ReconcileInput) (projection.ReconcileReport, error) {
	return call(long(ctx, "compare the projections with the truth"), upkeep.Reconcile, in)
}
