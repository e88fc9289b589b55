package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// BeatEvery is the time between two heartbeats of a step that may take long. The
// heartbeat timeouts of package workflows are a multiple of it.
const BeatEvery = 3 * time.Second

// beat tells the engine that the step is alive until the returned function is
// called. It makes a dead worker show in seconds, and brings a cancellation to ctx.
func beat(ctx context.Context) (stop func()) {
	if !activity.IsActivity(ctx) {
		return func() {}
	}
	return beating(ctx, func() { activity.RecordHeartbeat(ctx) }) // a step shorter than BeatEvery needs none
}

// beating calls beat every BeatEvery until the returned function is called, or ctx ends.
func beating(ctx context.Context, beat func()) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
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
				beat()
			}
		}
	})
	return func() {
		close(done)
		wait.Wait()
	}
}
