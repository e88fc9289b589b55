package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// StoreMessagesInput is an extraction job as it was accepted.
type StoreMessagesInput struct {
	Job     Job             `json:"job"`
	Request pika.JobRequest `json:"request"`
}

// StoreMessagesResult says how the conversation is cut, so that the cut is part of
// the job's history and not of the code that continues it, and under which keys the
// messages are stored.
type StoreMessagesResult struct {
	Ranges []extract.Range `json:"ranges"`
	Keys   []string        `json:"keys"`
}

// StoreMessages records the job as begun and puts its messages into the truth.
func (t *Truth) StoreMessages(ctx context.Context, in StoreMessagesInput) (StoreMessagesResult, error) {
	if err := t.Jobs.Begin(ctx, in.Job.record()); err != nil {
		return StoreMessagesResult{}, fmt.Errorf("begin a job: %w", err)
	}
	messages := extract.StoredMessages(in.Request, t.KeepMessages)
	if err := t.Messages.PutMessages(ctx, in.Job.Scope, messages); err != nil {
		return StoreMessagesResult{}, fmt.Errorf("store %d messages: %w", len(messages), err)
	}
	out := StoreMessagesResult{Ranges: extract.Split(in.Request.Conversation)}
	for _, m := range messages {
		if !slices.Contains(out.Keys, m.Key) {
			out.Keys = append(out.Keys, m.Key)
		}
	}
	return out, nil
}

// PrepareFactsInput is a job of given facts as it was accepted.
type PrepareFactsInput struct {
	Job     Job             `json:"job"`
	Request pika.JobRequest `json:"request"`
}

// PrepareFactsResult holds the given facts with their ids and keys, and what was no
// usable fact.
type PrepareFactsResult struct {
	Facts    []pika.Fact        `json:"facts"`
	Rejected []pika.FactOutcome `json:"rejected,omitempty"`
}

// PrepareFacts records the job as begun and turns what the caller gave into facts.
func (t *Truth) PrepareFacts(ctx context.Context, in PrepareFactsInput) (PrepareFactsResult, error) {
	if err := t.Jobs.Begin(ctx, in.Job.record()); err != nil {
		return PrepareFactsResult{}, fmt.Errorf("begin a job: %w", err)
	}
	facts, rejected := extract.GivenFacts(in.Request)
	return PrepareFactsResult{Facts: facts, Rejected: rejected}, nil
}

// WriteFactsInput is one chunk's candidates.
type WriteFactsInput struct {
	JobID    string             `json:"job_id"`
	Scope    pika.Scope         `json:"scope"`
	Chunk    int                `json:"chunk"`
	Facts    []pika.Fact        `json:"facts,omitempty"`
	Rejected []pika.FactOutcome `json:"rejected,omitempty"`
	At       time.Time          `json:"at"` // RecordedAt of the new facts
}

// WriteFactsResult says what the truth decided, in ids; the outcomes themselves are
// in the jobs store.
type WriteFactsResult struct {
	Stored     []string `json:"stored,omitempty"`     // new facts, superseding ones among them
	Duplicates int      `json:"duplicates,omitempty"` // candidates that were known
	Rejected   int      `json:"rejected,omitempty"`   // items that were no facts, or could not be written
}

// WriteFacts commits a chunk's candidates to the truth, which decides about each.
func (t *Truth) WriteFacts(ctx context.Context, in WriteFactsInput) (WriteFactsResult, error) {
	outcomes, err := t.Facts.Commit(ctx, in.Scope, pika.Commit{
		JobID: in.JobID, Chunk: in.Chunk, Facts: in.Facts, Rejected: in.Rejected, At: in.At,
	})
	if err != nil {
		return WriteFactsResult{}, fmt.Errorf("commit %d facts: %w", len(in.Facts), err)
	}
	var out WriteFactsResult
	for _, o := range outcomes {
		switch o.Outcome {
		case pika.Stored, pika.Superseding:
			out.Stored = append(out.Stored, o.FactID)
		case pika.Duplicate:
			out.Duplicates++
		default:
			out.Rejected++
		}
	}
	return out, nil
}
