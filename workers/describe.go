package workers

import (
	"context"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/workflows"
)

// queryTimeout bounds how long a description waits for a worker to tell the
// progress. Without an answer the job is described without it.
const queryTimeout = 300 * time.Millisecond

// DescribeJob implements pika.Engine.
func (e *Engine) DescribeJob(caller context.Context, tenant, id string) (pika.Job, error) {
	ctx, cancel := context.WithTimeout(caller, e.timeout)
	defer cancel()
	workflowID := workflows.JobWorkflowID(tenant, id)
	d, err := e.connection.Client.DescribeWorkflow(ctx, workflowID, "")
	if err != nil {
		return pika.Job{}, engineError(caller, err, "describe a job")
	}
	memo, err := e.memo(d)
	if err != nil {
		return pika.Job{}, err
	}
	job := pika.Job{
		ID: id, WorkflowID: workflowID, Scope: pika.Scope{Tenant: tenant, User: memo.User},
		Kind: memo.Kind, Batch: memo.Batch, Status: jobStatus(d.Status), CreatedAt: memo.CreatedAt,
		Progress: pika.Progress{Stage: pika.StageAccepted},
		Summary:  pika.JobSummary{Degraded: []string{}, LLMCache: pika.LLMCacheMiss},
	}
	switch {
	case job.Status == pika.Processing:
		job.Progress = e.queryProgress(ctx, workflowID)
		return job, nil
	case job.Status == pika.Completed:
		job.Progress = pika.Progress{Stage: pika.StageCompleted, Percent: 100}
	case job.Status == pika.JobFailed:
		job.Error = e.closeError(ctx, d)
	}
	if d.WorkflowCloseTime != nil {
		ended := d.WorkflowCloseTime.UTC().Truncate(time.Microsecond)
		job.EndedAt = &ended
	}
	return job, nil
}

func jobStatus(s enumspb.WorkflowExecutionStatus) pika.JobStatus {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return pika.Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return pika.Cancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return pika.JobFailed
	}
	return pika.Processing
}

// queryProgress asks the running workflow how far it is.
func (e *Engine) queryProgress(ctx context.Context, workflowID string) pika.Progress {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	progress := pika.Progress{Stage: pika.StageAccepted}
	value, err := e.connection.Client.QueryWorkflow(ctx, workflowID, "", workflows.ProgressQuery)
	if err == nil {
		err = value.Get(&progress)
	}
	if err != nil {
		return pika.Progress{Stage: pika.StageAccepted}
	}
	return progress
}

// closeError returns why a workflow ended, from the last event of its history. It
// never waits for an event to come.
func (e *Engine) closeError(ctx context.Context, d *client.WorkflowExecutionDescription) *pika.JobError {
	if d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_FAILED {
		return &pika.JobError{Code: pika.Unavailable, Message: "the job was ended from outside"}
	}
	unknown := &pika.JobError{Code: pika.Internal, Message: "internal error"}
	events := e.connection.Client.GetWorkflowHistory(ctx, d.WorkflowExecution.ID, d.WorkflowExecution.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	if !events.HasNext() {
		return unknown
	}
	event, err := events.Next()
	if err != nil {
		return unknown
	}
	failure := e.connection.failures.FailureToError(event.GetWorkflowExecutionFailedEventAttributes().GetFailure())
	var application *temporal.ApplicationError
	if errors.As(failure, &application) && slices.Contains(pika.Codes(), pika.Code(application.Type())) {
		return &pika.JobError{Code: pika.Code(application.Type()), Message: application.Message()}
	}
	return unknown
}
