package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"
)

// step is an activity: one struct in, one struct out.
type step[In, Out any] func(context.Context, In) (Out, error)

// pending is the result of a step that was started.
type pending[Out any] struct{ future workflow.Future }

// start starts a step without waiting for it.
func start[In, Out any](ctx workflow.Context, s step[In, Out], in In) pending[Out] {
	return pending[Out]{workflow.ExecuteActivity(ctx, s, in)}
}

// get waits for the step's end.
func (p pending[Out]) get(ctx workflow.Context) (Out, error) {
	var out Out
	err := p.future.Get(ctx, &out)
	return out, err
}

// call runs a step to its end.
func call[In, Out any](ctx workflow.Context, s step[In, Out], in In) (Out, error) {
	return start(ctx, s, in).get(ctx)
}
