package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

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
	if !activity.IsActivity(ctx) {
		return u.Reconciler.Run(ctx, o)
	}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &o.Resume); err != nil {
			activity.GetLogger(ctx).Warn("how far the last attempt was is not known; it begins anew", "error", err)
			o.Resume = projection.ReconcileState{}
		}
	}
	state := &latest{state: o.Resume}
	o.Progress = func(p projection.ReconcileProgress) { state.set(p.ReconcileState) }
	defer state.beat(ctx)()
	return u.Reconciler.Run(ctx, o)
}

// latest is how far a run is, as its heartbeats say it.
type latest struct {
	mu    sync.Mutex
	state projection.ReconcileState
}

func (l *latest) set(s projection.ReconcileState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = s
}

func (l *latest) get() projection.ReconcileState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// beat heartbeats with the state until the returned function is called, and once more
// then, so that an attempt that ends early leaves the last state behind.
func (l *latest) beat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	activity.RecordHeartbeat(ctx, l.get())
	wait.Go(func() {
		ticker := time.NewTicker(BeatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, l.get())
			}
		}
	})
	return func() {
		close(done)
		wait.Wait()
		activity.RecordHeartbeat(ctx, l.get())
	}
}
