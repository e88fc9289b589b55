package workflows

import (
	"fmt"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/extract"
)

// Search attributes of a job, all of type Keyword. None of them holds a user's text.
var (
	TenantAttribute = temporal.NewSearchAttributeKeyKeyword("PikaTenant")
	ScopeAttribute  = temporal.NewSearchAttributeKeyKeyword("PikaScope") // pika.Scope.ID
	KindAttribute   = temporal.NewSearchAttributeKeyKeyword("PikaJobKind")
	StateAttribute  = temporal.NewSearchAttributeKeyKeyword("PikaState")
)

// SearchAttributes lists the names of all search attributes.
func SearchAttributes() []string {
	return []string{TenantAttribute.GetName(), ScopeAttribute.GetName(), KindAttribute.GetName(), StateAttribute.GetName()}
}

// JobResult is how a job ended, in counts; the outcomes are in the jobs store.
type JobResult struct {
	Status     pika.JobStatus `json:"status"`
	Stored     int            `json:"stored"`
	Duplicates int            `json:"duplicates"`
	Rejected   int            `json:"rejected"`
}

// jobImpl is what the workflows of all kinds of job share: the state of the job, the
// write half and the end.
type jobImpl struct {
	job      activities.Job
	settings Settings
	logger   log.Logger

	progress  progress
	summaries []pika.JobSummary
	counts    JobResult
	problem   error    // the first thing that went wrong
	inVectors []string // stored facts whose vectors are written
	inGraph   []string // stored facts that are linked
	messages  []string // keys of messages whose vectors are written
}

// setup registers the query handler and reads what every job has.
func (j *jobImpl) setup(ctx workflow.Context, r pika.JobRequest, s Settings) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, ProgressQuery, func() (pika.Progress, error) {
		return j.progress.report(), nil
	}, workflow.QueryHandlerOptions{Description: "how far the job is"})
	if err != nil {
		return fmt.Errorf("register the progress query: %w", err)
	}
	j.job = activities.JobOf(r, workflow.GetInfo(ctx).WorkflowExecution.ID)
	j.settings = s
	j.logger = workflow.GetLogger(ctx)
	return nil
}

// wentWrong remembers the first failure that was no cancellation.
func (j *jobImpl) wentWrong(ctx workflow.Context, err error) {
	if j.problem == nil && ctx.Err() == nil {
		j.problem = err
	}
}

// end records how the job ended and returns it as the workflow's own end. It also
// runs when the job was cancelled. failure is nil for a job that did what it could.
func (j *jobImpl) end(ctx workflow.Context, failure *pika.JobError) (JobResult, error) {
	status := pika.Completed
	switch {
	case ctx.Err() != nil:
		status, failure = pika.Cancelled, nil
	case failure != nil:
		status = pika.JobFailed
	}
	report := j.progress.report()
	if status == pika.Completed {
		report.Stage, report.Percent = pika.StageCompleted, 100
	}
	outlive, _ := workflow.NewDisconnectedContext(ctx)
	_, err := call(quick(outlive, "record the end"), truth.Finish, activities.FinishInput{
		Job: j.job, Status: status, Progress: report, Summary: extract.Merge(j.summaries...), Error: failure,
		InVectors: j.inVectors, InGraph: j.inGraph, Messages: j.messages,
	})
	if err != nil {
		return JobResult{}, fmt.Errorf("record the end of a job: %w", err)
	}
	j.progress.ended = status == pika.Completed
	if err := j.index(outlive, status); err != nil {
		return JobResult{}, err
	}
	j.counts.Status = status
	switch status {
	case pika.Cancelled:
		return j.counts, temporal.NewCanceledError()
	case pika.JobFailed:
		return j.counts, temporal.NewNonRetryableApplicationError(failure.Message, string(failure.Code), nil)
	}
	return j.counts, nil
}

// index shows the job's state in the engine's own lists.
func (j *jobImpl) index(ctx workflow.Context, status pika.JobStatus) error {
	if !j.settings.Indexed {
		return nil
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, StateAttribute.ValueSet(string(status))); err != nil {
		return fmt.Errorf("set a search attribute: %w", err)
	}
	return nil
}
