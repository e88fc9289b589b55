package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/pikamem/pika"
)

// retryEngineAfter is when a caller may ask again after the engine did not answer:
// a restart of the engine takes about a second.
const retryEngineAfter = 2 * time.Second

// engineError turns an error of the Temporal client into one of Pika's. doing says
// what was being done for the caller. When the caller's own time is over it is that;
// when only the engine's was, the engine does not answer.
func engineError(caller context.Context, err error, doing string) error {
	var own *pika.Error
	var notFound *serviceerror.NotFound
	var denied *serviceerror.PermissionDenied
	var exhausted *serviceerror.ResourceExhausted
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		return pika.Wrap(pika.Unavailable, errors.Join(context.Canceled, err), "the caller left")
	case caller.Err() != nil:
		return tooLate(err)
	case errors.As(err, &own):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.As(err, &notFound):
		return pika.Wrap(pika.NotFound, err, "no such job")
	case errors.As(err, &invalid), errors.As(err, &denied):
		return pika.Wrap(pika.Internal, err, "the workflow engine refused to %s", doing)
	case errors.As(err, &exhausted):
		return &pika.Error{Code: pika.Overloaded, Message: "the workflow engine is overloaded", RetryAfter: retryEngineAfter, Err: err}
	}
	if deadlineIsNow(caller) {
		return tooLate(err)
	}
	return &pika.Error{Code: pika.Unavailable, Message: "the workflow engine does not answer", RetryAfter: retryEngineAfter, Err: err}
}

func tooLate(err error) error {
	return pika.Wrap(pika.Timeout, errors.Join(context.DeadlineExceeded, err), "the workflow engine did not answer in time")
}

// deadlineIsNow tells whether the caller's deadline has come in all but name: the
// network's clock may run out a moment before the context does.
func deadlineIsNow(caller context.Context) bool {
	deadline, ok := caller.Deadline()
	return ok && time.Until(deadline) < 5*time.Millisecond
}
