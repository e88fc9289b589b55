package workers

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
)

// failure says what Temporal makes of an error.
type failure struct {
	final  bool // trying again cannot help
	benign bool // expected under load: no alarm
}

// failures is the one table from pika.Code to Temporal's failures.
var failures = map[pika.Code]failure{
	pika.Invalid:         {final: true},
	pika.Unauthenticated: {final: true},
	pika.Forbidden:       {final: true},
	pika.NotFound:        {final: true},
	pika.Conflict:        {final: true},
	pika.Precondition:    {final: true},
	pika.Method:          {final: true},
	pika.MediaType:       {final: true},
	pika.TooLarge:        {final: true},
	pika.Unimplemented:   {final: true},
	pika.RateLimited:     {benign: true},
	pika.Overloaded:      {benign: true},
	pika.Unavailable:     {},
	pika.Timeout:         {},
	pika.Internal:        {},
}

// errorInterceptor turns what an activity returns into a Temporal failure, once and
// at the outermost place, because only the outermost error decides about retries.
// The failure carries the code and the caller-safe message; the cause goes to the
// log and nowhere else.
type errorInterceptor struct {
	interceptor.WorkerInterceptorBase
	log *slog.Logger
}

// NewErrorInterceptor returns the interceptor that every worker has.
func NewErrorInterceptor(log *slog.Logger) interceptor.WorkerInterceptor {
	return &errorInterceptor{log: log}
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (i *errorInterceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &errorInbound{log: i.log}
	a.Next = next
	return a
}

type errorInbound struct {
	interceptor.ActivityInboundInterceptorBase
	log *slog.Logger
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (a *errorInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	out, err := a.Next.ExecuteActivity(ctx, in)
	if err == nil {
		return out, nil
	}
	translated := translate(ctx, err)
	if info := activity.GetInfo(ctx); !temporal.IsCanceledError(translated) {
		a.log.Warn("a step did not succeed", "step", info.ActivityType.Name, "workflow", info.WorkflowExecution.ID,
			"attempt", info.Attempt, "code", pika.CodeOf(err), "error", err)
	}
	return nil, translated
}

// translate makes the failure of an error. Failures of Temporal itself pass through;
// so does a cancellation, if the job was cancelled.
func translate(ctx context.Context, err error) error {
	var own *temporal.ApplicationError
	switch {
	case errors.Is(err, activity.ErrResultPending), errors.As(err, &own):
		return err
	case cancelled(ctx, err):
		return temporal.NewCanceledError()
	}
	code := pika.CodeOf(err)
	f := failures[code]
	options := temporal.ApplicationErrorOptions{NonRetryable: f.final, NextRetryDelay: retryAfter(err)}
	if f.benign {
		options.Category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(callerMessage(err, code), string(code), options)
}

// cancelled tells a cancelled job from a worker that stops: only the first may end
// the step for good.
func cancelled(ctx context.Context, err error) bool {
	return ctx.Err() != nil && temporal.IsCanceledError(context.Cause(ctx)) &&
		(errors.Is(err, context.Canceled) || temporal.IsCanceledError(err))
}

func callerMessage(err error, code pika.Code) string {
	var e *pika.Error
	switch {
	case code == pika.Internal:
		return "internal error"
	case errors.As(err, &e) && e.Message != "" && e.Shown():
		return e.Message
	case code == pika.Timeout:
		return "a step of the job did not end in time"
	}
	return "a part that the job needs does not answer"
}

func retryAfter(err error) time.Duration {
	var e *pika.Error
	if errors.As(err, &e) {
		return max(e.RetryAfter, 0)
	}
	return 0
}
