package activities

import (
	"context"
	"sync"

	"go.temporal.io/sdk/activity"
)

// resumed reads into state how far the attempt before this one was, hands out what is to be
// told how far this one is, and heartbeats with that until the returned function is called.
// Outside of the engine it does nothing.
func resumed[S any](ctx context.Context, state *S, told func(set func(S))) (stop func()) {
	if !activity.IsActivity(ctx) {
		return func() {}
	}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, state); err != nil {
			activity.GetLogger(ctx).Warn("how far the last attempt was is not known; it begins anew", "error", err)
			var none S
			*state = none
		}
	}
	now := &latest[S]{state: *state}
	told(now.set)
	return now.beat(ctx)
}

// latest is how far a run is, as its heartbeats say it.
type latest[S any] struct {
	mu    sync.Mutex
	state S
}

func (l *latest[S]) set(s S) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = s
}

func (l *latest[S]) get() S {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// beat heartbeats with the state until the returned function is called, and once more
// then, so that an attempt that ends early leaves the last state behind.
func (l *latest[S]) beat(ctx context.Context) (stop func()) {
	record := func() { activity.RecordHeartbeat(ctx, l.get()) }
	record()
	end := beating(ctx, record)
	return func() {
		end()
		record()
	}
}
