package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/pikamem/pika"
)

// Deadlines and intervals of asking about a job.
const (
	readDeadline     = 5 * time.Second        // the jobs table, or the engine when it must answer
	freshenDeadline  = 150 * time.Millisecond // the engine when its progress is merely nice to have
	shortestInterval = 5 * time.Millisecond
	longestInterval  = 100 * time.Millisecond
)

// jobStatus answers both status endpoints.
func (s *server) jobStatus(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	id, err := pathID(c, "job_id", "job")
	if err != nil {
		return err
	}
	job, err := s.findJob(c.ctx(), c.tenant(), id)
	if err != nil {
		return err
	}
	if wait := time.Duration(query.integer("wait_ms", 0)) * time.Millisecond; wait > 0 && !job.Status.Final() {
		if job, err = s.waitForEnd(c, id, job, wait); err != nil {
			return err
		}
	}
	if !job.Status.Final() {
		if job, err = s.freshen(c.ctx(), c.tenant(), job); err != nil {
			return err
		}
	}
	return c.reply(http.StatusOK, newJobStatus(job, s.Extractor))
}

// findJob asks the jobs table, then the engine, which knows a job before its first
// step has run and while the table cannot be read.
func (s *server) findJob(ctx context.Context, tenant, id string) (pika.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	job, err := s.Jobs.GetJob(ctx, tenant, id)
	if err == nil {
		return job, nil
	}
	known, engineErr := s.Engine.DescribeJob(ctx, tenant, id)
	switch missing := pika.CodeOf(err) == pika.NotFound; {
	case engineErr == nil:
		return s.fromEngine(ctx, tenant, known, missing)
	case missing && pika.CodeOf(engineErr) == pika.NotFound:
		return pika.Job{}, failNotFound("job")
	case missing:
		return pika.Job{}, fmt.Errorf("ask the engine for a job: %w", engineErr)
	}
	return pika.Job{}, fmt.Errorf("read a job: %w", err)
}

// fromEngine completes what the engine knows. The engine keeps no facts, so a
// completed job needs the table: it may have been written since it was asked.
func (s *server) fromEngine(ctx context.Context, tenant string, known pika.Job, tableAnswers bool) (pika.Job, error) {
	if known.Status != pika.Completed {
		return known, nil
	}
	job, err := s.Jobs.GetJob(ctx, tenant, known.ID)
	switch {
	case err == nil:
		return job, nil
	case tableAnswers && pika.CodeOf(err) == pika.NotFound:
		return known, nil // its results were deleted since
	}
	return pika.Job{}, unavailable(err, "The job is completed; its results cannot be read at the moment.")
}

// freshen asks the engine how far a running job is. What it does not say in time is
// left as the table has it.
func (s *server) freshen(ctx context.Context, tenant string, job pika.Job) (pika.Job, error) {
	short, cancel := context.WithTimeout(ctx, freshenDeadline)
	defer cancel()
	now, err := s.Engine.DescribeJob(short, tenant, job.ID)
	switch {
	case err != nil:
		return job, nil
	case now.Status == pika.Completed:
		return s.findJob(ctx, tenant, job.ID) // it ended between the two questions
	case now.Status.Final():
		job.Status, job.Error, job.EndedAt = now.Status, now.Error, now.EndedAt
	}
	job.Progress = now.Progress
	return job, nil
}

// waitForEnd asks again in growing intervals until the job ends, the time is up or
// the caller goes. While it waits the request does not count as in flight; if too
// many wait already it returns at once.
func (s *server) waitForEnd(c *call, id string, job pika.Job, wait time.Duration) (pika.Job, error) {
	leave, ok := s.waiters.enter()
	if !ok {
		return job, nil
	}
	defer leave()
	c.leave()
	ctx, cancel := c.within(wait)
	defer cancel()
	for interval := shortestInterval; !job.Status.Final(); interval = min(interval*3/2, longestInterval) {
		select {
		case <-ctx.Done():
			return job, c.ctx().Err()
		case <-s.Draining:
			return job, nil
		case <-time.After(interval):
		}
		if now, err := s.findJob(ctx, c.tenant(), id); err == nil {
			job = now
		}
	}
	return job, nil
}

// listJobs answers GET /v1/jobs.
func (s *server) listJobs(c *call) error {
	query, err := s.readQuery(c)
	if err != nil {
		return err
	}
	ctx, cancel := c.within(readDeadline)
	defer cancel()
	filter := pika.ListJobs{User: query["user_id"], Status: pika.JobStatus(query["status"])}
	page, err := s.Jobs.ListJobs(ctx, c.tenant(), filter, query.page())
	if err != nil {
		return fmt.Errorf("list jobs: %w", err)
	}
	var items []jobHead
	for _, j := range page.Items {
		items = append(items, newJobHead(j))
	}
	return c.reply(http.StatusOK, newList(items, page.Next))
}
