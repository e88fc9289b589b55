package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/extract"
)

// AddFactsInput is a job of kind pika.JobAddFacts.
type AddFactsInput struct {
	Request  pika.JobRequest `json:"request"`
	Settings Settings        `json:"settings"`
}

// AddFacts stores facts that a caller gives, without a language model, by the same
// write half as ExtractFacts. The job fails when none of them could be stored.
func AddFacts(ctx workflow.Context, in AddFactsInput) (JobResult, error) {
	a := addFactsImpl{request: in.Request}
	if err := a.setup(ctx, in.Request, in.Settings); err != nil {
		return JobResult{}, err
	}
	a.run(ctx)
	return a.end(ctx, a.failure())
}

type addFactsImpl struct {
	jobImpl
	request pika.JobRequest
}

func (a *addFactsImpl) run(ctx workflow.Context) {
	a.progress.begun, a.progress.total = true, 1
	a.summaries = []pika.JobSummary{{Extractor: extract.CallerExtractor}}
	prepared, err := call(quick(ctx, fmt.Sprintf("prepare %d facts", len(a.request.Facts))), truth.PrepareFacts,
		activities.PrepareFactsInput{Job: a.job, Request: a.request})
	if err != nil {
		a.wentWrong(ctx, err)
		return
	}
	a.progress.read = 1
	a.write(ctx, 0, prepared.Facts, prepared.Rejected)
}

// failure says why the job failed, or nil if it did not.
func (a *addFactsImpl) failure() *pika.JobError {
	switch {
	case a.counts.Stored+a.counts.Duplicates > 0:
		return nil
	case a.problem != nil:
		return jobError(a.problem)
	}
	return &pika.JobError{Code: pika.Invalid, Message: "none of the facts is usable; each outcome says why"}
}
