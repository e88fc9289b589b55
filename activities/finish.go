package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// FinishInput is how a job ended, and which projections match the truth.
type FinishInput struct {
	Job       Job             `json:"job"`
	Status    pika.JobStatus  `json:"status"`
	Progress  pika.Progress   `json:"progress"`
	Summary   pika.JobSummary `json:"summary"`
	Error     *pika.JobError  `json:"error,omitempty"`
	InVectors []string        `json:"in_vectors,omitempty"` // stored facts whose vectors are written
	InGraph   []string        `json:"in_graph,omitempty"`   // stored facts that are linked
	Messages  []string        `json:"messages,omitempty"`   // keys of messages whose vectors are written
}

// Finish acknowledges what the projections hold and records the job's end. A fact
// that was deleted meanwhile is not acknowledged: its outbox row now stands for its
// removal.
func (t *Truth) Finish(ctx context.Context, in FinishInput) (Nothing, error) {
	items, err := t.matching(ctx, in)
	if err != nil {
		return Nothing{}, err
	}
	for batch := range slices.Chunk(items, pika.MaxPageLimit) {
		if err := t.Outbox.Acknowledge(ctx, batch); err != nil {
			return Nothing{}, fmt.Errorf("acknowledge %d rows: %w", len(batch), err)
		}
	}
	if err := t.note(ctx, in); err != nil {
		return Nothing{}, err
	}
	job := in.Job.record()
	ended := t.now().UTC().Truncate(time.Microsecond)
	job.Status, job.Progress, job.Summary, job.Error, job.EndedAt = in.Status, in.Progress, in.Summary, in.Error, &ended
	if err := t.Jobs.End(ctx, job); err != nil {
		return Nothing{}, fmt.Errorf("end a job: %w", err)
	}
	return Nothing{}, nil
}

// note makes known, before anyone reads that the job is completed, what searches find
// now: the truth noted the facts, but not what was written beside it since.
func (t *Truth) note(ctx context.Context, in FinishInput) error {
	if t.Freshness == nil {
		return nil
	}
	ids := slices.Concat(in.InVectors, in.InGraph)
	slices.Sort(ids)
	c := pika.Change{Added: slices.Compact(ids), Messages: in.Messages}
	if len(c.Added)+len(c.Messages) == 0 {
		t.Freshness.Changed(ctx, in.Job.Scope) // what the truth noted itself
		return nil
	}
	if err := t.Freshness.Note(ctx, in.Job.Scope, c); err != nil {
		return fmt.Errorf("make known what a job changed: %w", err)
	}
	return nil
}

// matching returns the outbox items that are done.
func (t *Truth) matching(ctx context.Context, in FinishInput) ([]pika.OutboxItem, error) {
	live, err := t.live(ctx, in.Job.Scope, slices.Concat(in.InVectors, in.InGraph))
	if err != nil {
		return nil, err
	}
	var items []pika.OutboxItem
	add := func(corpus pika.Corpus, store pika.Store, id string) {
		items = append(items, pika.OutboxItem{Scope: in.Job.Scope, Corpus: corpus, ID: id, Store: store})
	}
	for _, id := range in.InVectors {
		if live[id] {
			add(pika.CorpusFacts, pika.StoreVectors, id)
		}
	}
	for _, id := range in.InGraph {
		if live[id] {
			add(pika.CorpusFacts, pika.StoreGraph, id)
		}
	}
	for _, key := range in.Messages {
		add(pika.CorpusMessages, pika.StoreVectors, key)
	}
	return items, nil
}

func (t *Truth) live(ctx context.Context, scope pika.Scope, ids []string) (map[string]bool, error) {
	slices.Sort(ids)
	live := map[string]bool{}
	for batch := range slices.Chunk(slices.Compact(ids), pika.MaxPageLimit) {
		facts, err := t.Facts.Get(ctx, scope, batch)
		if err != nil {
			return nil, fmt.Errorf("read %d facts: %w", len(batch), err)
		}
		for _, f := range facts {
			live[f.ID] = true
		}
	}
	return live, nil
}

func (t *Truth) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}
