package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Settings are the choices of a deployment that a job keeps from its start on.
type Settings struct {
	// ModelAttempt is the longest honest attempt at one chunk, asking again
	// included. Defaults to 90 s.
	ModelAttempt time.Duration `json:"model_attempt,omitempty"`

	// Indexed says that the search attributes are registered, so that the workflow
	// may set them.
	Indexed bool `json:"indexed,omitempty"`
}

// heartbeat is how long a step that heartbeats may be silent; after that its worker
// counts as dead. It is over three times activities.BeatEvery.
const heartbeat = 10 * time.Second

// quick is for the steps of the truth. They are retried without end: a job waits
// for the truth and never gives up on it.
func quick(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		WaitForCancellation: true, // what a cancelled job has stored is known
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
		},
		Summary: summary,
	})
}

// modelCall is for a call of the language model, on its own queue, within a budget.
func modelCall(ctx workflow.Context, s Settings, summary string) workflow.Context {
	attempt := cmp.Or(s.ModelAttempt, 90*time.Second)
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              ModelQueue,
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: max(10*time.Minute, 3*attempt),
		HeartbeatTimeout:       heartbeat,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		},
		Summary: summary,
	})
}

// bulk is for the projections. Eight attempts spend about 25 s between them; then
// the projection is left to the repairer. The number of attempts is bounded and not
// the time, so that a worker that was away for minutes still tries.
func bulk(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    heartbeat,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
			MaximumAttempts: 8,
		},
		Summary: summary,
	})
}

// long is for steps that go through all data, an attempt going on where the last one
// was. Six attempts spend about four minutes between them; then the next run of the
// schedule does the work.
func long(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Hour,
		HeartbeatTimeout:    3 * heartbeat,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 5 * time.Second, BackoffCoefficient: 3, MaximumInterval: 2 * time.Minute,
			MaximumAttempts: 6,
		},
		Summary: summary,
	})
}

// idle is for steps that fill caches ahead, on their own queue, an attempt going on where
// the last one was. Three attempts; then the next run of the schedule does the work.
func idle(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           WarmQueue,
		StartToCloseTimeout: 45 * time.Minute,
		HeartbeatTimeout:    3 * heartbeat,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 5 * time.Second, BackoffCoefficient: 3, MaximumInterval: 2 * time.Minute,
			MaximumAttempts: 3,
		},
		Summary:  summary,
		Priority: temporal.Priority{PriorityKey: 5},
	})
}
