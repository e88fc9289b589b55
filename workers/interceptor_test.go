package workers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/workers"
)

// failureOf runs an activity that returns err and gives back what Temporal sees,
// and the log.
func failureOf(t *testing.T, err error) (*temporal.ApplicationError, string) {
	t.Helper()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{workers.NewErrorInterceptor(logger)}})
	fail := func(context.Context) error { return err }
	env.RegisterActivity(fail)
	_, got := env.ExecuteActivity(fail)
	var failure *temporal.ApplicationError
	if !errors.As(got, &failure) {
		t.Fatalf("the failure is %v, want an application error", got)
	}
	return failure, log.String()
}

func TestEveryCodeBecomesAFailure(t *testing.T) {
	t.Parallel()
	final := map[pika.Code]bool{
		pika.Invalid: true, pika.Unauthenticated: true, pika.Forbidden: true, pika.NotFound: true,
		pika.Conflict: true, pika.Precondition: true, pika.Method: true, pika.MediaType: true,
		pika.TooLarge: true, pika.Unimplemented: true,
		pika.RateLimited: false, pika.Overloaded: false, pika.Unavailable: false, pika.Timeout: false, pika.Internal: false,
	}
	for _, code := range pika.Codes() {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			want, known := final[code]
			if !known {
				t.Fatal("the code is in no row of this test: decide whether it is worth trying again")
			}
			err := &pika.Error{Code: code, Message: "for the caller", RetryAfter: 7 * time.Second, Err: errors.New("for the log")}
			failure, log := failureOf(t, fmt.Errorf("step: %w", err))
			if failure.Type() != string(code) {
				t.Errorf("type = %q, want %q", failure.Type(), code)
			}
			if failure.NonRetryable() != want {
				t.Errorf("non-retryable = %v, want %v", failure.NonRetryable(), want)
			}
			if failure.NextRetryDelay() != 7*time.Second {
				t.Errorf("next retry after %v, want 7s", failure.NextRetryDelay())
			}
			wantMessage := "for the caller"
			switch code {
			case pika.Internal:
				wantMessage = "internal error"
			case pika.Timeout:
				wantMessage = "a step of the job did not end in time"
			case pika.Unavailable, pika.Overloaded:
				wantMessage = "a part that the job needs does not answer"
			}
			if failure.Message() != wantMessage {
				t.Errorf("message = %q, want %q", failure.Message(), wantMessage)
			}
			if errors.Unwrap(failure) != nil {
				t.Errorf("the failure carries the cause %v", errors.Unwrap(failure))
			}
			if !strings.Contains(log, "for the log") {
				t.Errorf("log = %q, want the cause", log)
			}
		})
	}
}

func TestErrorsWithoutACode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err           error
		code, message string
	}{
		{errors.New("secret"), "internal", "internal error"},
		{fmt.Errorf("call: %w", context.DeadlineExceeded), "timeout", "a step of the job did not end in time"},
		{fmt.Errorf("call: %w", context.Canceled), "unavailable", "a part that the job needs does not answer"},
		{&pika.Error{Code: pika.Unavailable}, "unavailable", "a part that the job needs does not answer"},
		{&pika.Error{Code: pika.Unavailable, Message: "for callers", Public: true}, "unavailable", "for callers"},
		{temporal.NewNonRetryableApplicationError("own", "kind", nil), "kind", "own"},
	} {
		failure, _ := failureOf(t, c.err)
		if failure.Type() != c.code || failure.Message() != c.message {
			t.Errorf("%v became %s: %q, want %s: %q", c.err, failure.Type(), failure.Message(), c.code, c.message)
		}
	}
}
