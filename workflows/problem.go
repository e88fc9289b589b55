package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
)

// jobError puts the failure of a step into words for the caller. Only what the
// workers' interceptor made (its type is a pika.Code) is quoted.
func jobError(err error) *pika.JobError {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && slices.Contains(pika.Codes(), pika.Code(failure.Type())) {
		return &pika.JobError{Code: pika.Code(failure.Type()), Message: failure.Message()}
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return &pika.JobError{Code: pika.Timeout, Message: "a step of the job did not end in time"}
	}
	return &pika.JobError{Code: pika.Internal, Message: "internal error"}
}
