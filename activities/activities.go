// Package activities holds the steps of Pika's workflows: thin calls of the ports,
// each one harmless when it runs twice, late, or on two workers at once.
//
// What may come in: one method per step, with one struct in and one struct out,
// grouped by the dependencies the steps share. What may not: rules about facts
// (package extract and pika.Decide), retries and timeouts (package workflows),
// translation of errors (package workers).
package activities

import (
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
)

// Truth holds the steps that need the facts store alone.
type Truth struct {
	Facts        pika.Facts
	Messages     pika.Messages
	Jobs         pika.Jobs
	Outbox       pika.Outbox
	Freshness    projection.Freshness // nil: nobody keeps answers
	KeepMessages bool                 // store the text of messages; false: ids and hashes only
	Now          func() time.Time     // Defaults to time.Now
}

// Model holds the step that needs the language model.
type Model struct {
	Extractor pika.Extractor
}

// Indexes holds the steps that write what follows from the truth.
type Indexes struct {
	Projections *projection.Projections
}

// Job is a job without its content: what its records need.
type Job struct {
	ID         string              `json:"id"`
	WorkflowID string              `json:"workflow_id"`
	Scope      pika.Scope          `json:"scope"`
	Kind       pika.JobKind        `json:"kind"`
	Batch      *pika.BatchPosition `json:"batch,omitempty"`
	AcceptedAt time.Time           `json:"accepted_at"`
}

// JobOf returns a request without its content.
func JobOf(r pika.JobRequest, workflowID string) Job {
	return Job{
		ID: r.ID, WorkflowID: workflowID, Scope: r.Scope, Kind: r.Kind,
		Batch: r.Batch, AcceptedAt: r.AcceptedAt,
	}
}

// record returns the job as the jobs store knows it when it begins.
func (j Job) record() pika.Job {
	return pika.Job{
		ID: j.ID, WorkflowID: j.WorkflowID, Scope: j.Scope, Kind: j.Kind, Batch: j.Batch,
		Status: pika.Processing, Progress: pika.Progress{Stage: pika.StageExtracting, Percent: 5}, CreatedAt: j.AcceptedAt,
	}
}
