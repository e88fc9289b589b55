package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika"
	"golang.org/x/sync/errgroup"
)

const (
	batchParallelism = 8
	batchDeadline    = 30 * time.Second
)

// extractBatch answers POST /v1/extract_facts/batch.
func (s *server) extractBatch(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	var body batchRequest
	doc, err := s.readBody(c, &body)
	if err != nil {
		return err
	}
	for i, conversation := range body.Conversations {
		if err := checkConversation(conversation, fmt.Sprintf("conversations[%d].", i)); err != nil {
			return err
		}
	}
	key, err := idempotencyKey(c.r.Header)
	if err != nil {
		return err
	}
	requests := s.batchRequests(c, body, key)
	hash := bodyHash(s.BodyKey, c.operation.method, c.operation.path, doc)
	for i := range requests {
		requests[i].BodyHash = hash
	}
	return s.acceptBatch(c, requests)
}

// batchRequests names every conversation of a batch. The first one's id is the
// batch's; the others follow from it.
func (s *server) batchRequests(c *call, body batchRequest, key string) []pika.JobRequest {
	requests := make([]pika.JobRequest, len(body.Conversations))
	for i, conversation := range body.Conversations {
		requests[i] = conversation.jobRequest(c.tenant())
		s.name(&requests[i], key)
		batchID := requests[0].ID
		requests[i].ID = pika.BatchJobID(batchID, i)
		requests[i].Batch = &pika.BatchPosition{ID: batchID, Index: i, Size: len(requests)}
	}
	return requests
}

// acceptBatch starts the first job alone, so that a conflict starts nothing else,
// then the others.
func (s *server) acceptBatch(c *call, requests []pika.JobRequest) error {
	ctx, cancel := c.within(batchDeadline)
	defer cancel()
	started := make([]pika.StartedJob, len(requests))
	var err error
	if started[0], err = s.Engine.StartJob(ctx, requests[0]); err != nil {
		return fmt.Errorf("start the first job of a batch: %w", err)
	}
	if err := s.startRest(ctx, requests, started); err != nil {
		return err
	}
	answer := acceptedBatch{Status: "accepted", BatchID: started[0].ID, Replayed: started[0].Replayed, Jobs: make([]acceptedJob, len(started))}
	for i, job := range started {
		answer.Jobs[i] = acceptedJob{JobID: job.ID, WorkflowID: job.WorkflowID, StatusURL: statusURL(job.ID)}
	}
	c.w.Header().Set("Location", "/v1/batches/"+answer.BatchID)
	return c.reply(http.StatusAccepted, answer)
}

func (s *server) startRest(ctx context.Context, requests []pika.JobRequest, started []pika.StartedJob) error {
	errs := make([]error, len(requests))
	var group errgroup.Group
	group.SetLimit(batchParallelism)
	for i := 1; i < len(requests); i++ {
		group.Go(func() error {
			started[i], errs[i] = s.Engine.StartJob(ctx, requests[i])
			return nil
		})
	}
	group.Wait() // its functions return no error: each keeps its own
	var first error
	count := 0
	for _, err := range errs {
		switch {
		case err == nil:
			count++
		case first == nil:
			first = err
		}
	}
	if first == nil {
		return nil
	}
	return partlyAccepted(first, requests[0], count)
}

// partlyAccepted says how to go on after some jobs of a batch could not be started.
func partlyAccepted(cause error, head pika.JobRequest, count int) error {
	advice := fmt.Sprintf("GET /v1/batches/%s shows which; send the others again.", head.ID)
	if head.Keyed {
		advice = "Repeat the same request with the same Idempotency-Key: what was accepted is not started twice."
	}
	e := unavailable(cause, "%d of %d conversations were accepted, the others could not be. %s", count, head.Batch.Size, advice)
	e.RetryAfter = time.Second
	return e
}

// getBatch answers GET /v1/batches/{batch_id}.
func (s *server) getBatch(c *call) error {
	if _, err := s.readQuery(c); err != nil {
		return err
	}
	id, err := pathID(c, "batch_id", "batch")
	if err != nil {
		return err
	}
	ctx, cancel := c.within(acceptDeadline)
	defer cancel()
	head, err := s.findJob(ctx, c.tenant(), id)
	switch {
	case err != nil:
		return err
	case head.Batch == nil || head.Batch.ID != id:
		return failNotFound("batch")
	}
	jobs, err := s.batchJobs(ctx, head)
	if err != nil {
		return err
	}
	view := batchStatus{BatchID: id, Status: statusOfAll(jobs), Jobs: make([]jobHead, len(jobs))}
	for i, j := range jobs {
		view.Jobs[i] = newJobHead(j)
	}
	return c.reply(http.StatusOK, view)
}

// batchJobs reads the other jobs of a batch. One that nobody knows was never
// accepted and is shown as failed.
func (s *server) batchJobs(ctx context.Context, head pika.Job) ([]pika.Job, error) {
	size := min(head.Batch.Size, pika.MaxBatchLen)
	jobs := make([]pika.Job, size)
	jobs[0] = head
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchParallelism)
	for i := 1; i < size; i++ {
		group.Go(func() error {
			job, err := s.findJob(ctx, head.Scope.Tenant, pika.BatchJobID(head.ID, i))
			if pika.CodeOf(err) == pika.NotFound {
				job, err = neverAccepted(head, i), nil
			}
			jobs[i] = job
			return err
		})
	}
	return jobs, group.Wait()
}

func neverAccepted(head pika.Job, index int) pika.Job {
	return pika.Job{
		ID: pika.BatchJobID(head.ID, index), Status: pika.JobFailed, CreatedAt: head.CreatedAt,
		Progress: pika.Progress{Stage: pika.StageAccepted},
		Error:    &pika.JobError{Code: pika.Unavailable, Message: "This conversation was not accepted; send it again."},
	}
}

// statusOfAll is processing while one job is, else completed or cancelled if all
// are, else failed.
func statusOfAll(jobs []pika.Job) pika.JobStatus {
	same := jobs[0].Status
	for _, j := range jobs {
		if !j.Status.Final() {
			return pika.Processing
		}
		if j.Status != same {
			same = pika.JobFailed
		}
	}
	return same
}
