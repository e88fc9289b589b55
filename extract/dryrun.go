package extract

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pikamem/pika"
)

// dryRunParallel is how many chunks of one dry run are read at once.
const dryRunParallel = 4

// DryRunReason is the reason of every outcome of a dry run that would be stored.
const DryRunReason = "dry run: nothing was stored"

// DryRun reads a conversation as its job would and stores nothing. It returns the
// job as if it had completed: outcomes in the order of chunk and item, without ids
// and stores, because there is nothing they could name. The first error of the
// extractor ends it.
func DryRun(ctx context.Context, extractor pika.Extractor, req pika.JobRequest) (pika.Job, error) {
	ranges := Split(req.Conversation)
	extractions := make([]pika.Extraction, len(ranges))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(dryRunParallel)
	for i, r := range ranges {
		group.Go(func() error {
			ex, err := extractor.Extract(ctx, NewChunk(req, r))
			extractions[i] = ex
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return pika.Job{}, fmt.Errorf("extract %d chunks: %w", len(ranges), err)
	}
	return dryJob(req, extractions, extractor.Name()), nil
}

func dryJob(req pika.JobRequest, extractions []pika.Extraction, extractor string) pika.Job {
	ended := moment(req.AcceptedAt)
	n := len(extractions)
	job := pika.Job{
		ID:        req.ID,
		Scope:     req.Scope,
		Kind:      req.Kind,
		Status:    pika.Completed,
		Progress:  pika.Progress{Stage: pika.StageCompleted, Percent: 100, Done: n, Total: n},
		Facts:     []pika.FactOutcome{},
		CreatedAt: ended,
		EndedAt:   &ended,
	}
	var summaries []pika.JobSummary
	for _, ex := range extractions {
		for _, c := range ex.Candidates {
			job.Facts = append(job.Facts, pika.FactOutcome{Text: c.Text, Outcome: pika.Stored, Reason: DryRunReason})
		}
		job.Facts = append(job.Facts, ex.Rejected...)
		summaries = append(summaries, Summarize(ex, extractor))
	}
	job.Summary = Merge(summaries...)
	return job
}
