// Package activitiestest gives tests of the write path a world in memory: every port
// the steps of a job use, small and true to its contract, with faults on demand.
//
// What may come in: what tests of projections, activities, workflows and workers
// share. What may not: anything that is not for tests.
package activitiestest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/projection"
)

// World is all stores and models of a job, in memory.
type World struct {
	// Fault is asked before every call of a port, by the method's name; what it
	// returns is the call's error. It may wait for ctx. Set it before the world is used.
	Fault func(ctx context.Context, method string) error

	// Find is the extractor's answer. Defaults to one candidate per message, whose
	// text is the content.
	Find func(chunk pika.Chunk) (pika.Extraction, error)

	// Now is the stores' clock. Defaults to time.Now. Set it before the world is used.
	Now func() time.Time

	mu       sync.Mutex
	calls    map[string]int
	facts    map[string]pika.Fact // by scope id and fact id
	messages map[string]pika.StoredMessage
	commits  map[string][]pika.FactOutcome // by job and chunk
	jobs     map[string]pika.Job
	outbox   map[pika.OutboxItem]time.Time
	scopes   map[string]pika.Scope // by id: those that ever wrote
	raw      map[rawKey]rawVector
	made     map[pika.EmbeddingModel]bool // models of raw
	active   *pika.ActiveModel
	index    *Vectors
	links    map[pika.RowKey]linkRow
}

// New returns an empty world.
func New() *World {
	w := &World{
		calls: map[string]int{}, facts: map[string]pika.Fact{}, messages: map[string]pika.StoredMessage{},
		commits: map[string][]pika.FactOutcome{}, jobs: map[string]pika.Job{},
		outbox: map[pika.OutboxItem]time.Time{}, scopes: map[string]pika.Scope{}, raw: map[rawKey]rawVector{},
		made:  map[pika.EmbeddingModel]bool{},
		links: map[pika.RowKey]linkRow{},
	}
	w.index = w.NewVectors("", EmbeddingModel())
	return w
}

// Truth returns the steps that need the facts store.
func (w *World) Truth() *activities.Truth {
	return &activities.Truth{Facts: facts{w}, Messages: messages{w}, Jobs: jobs{w}, Outbox: outbox{w}, KeepMessages: true}
}

// Model returns the step that needs the language model.
func (w *World) Model() *activities.Model { return &activities.Model{Extractor: extractor{w}} }

// Projections returns what writes the derived stores.
func (w *World) Projections() *projection.Projections {
	return &projection.Projections{
		Facts: facts{w}, Messages: messages{w}, Outbox: outbox{w}, Raw: raw{w}, Graph: graph{w},
		Index: pika.FixedIndex(w.Embedder(EmbeddingModel()), w.index), Now: w.now,
	}
}

// Index returns the world's vector index.
func (w *World) Index() *Vectors { return w.index }

// Raw returns the vectors that the truth keeps.
func (w *World) Raw() pika.RawVectors { return raw{w} }

// Census returns what the projections should hold.
func (w *World) Census() pika.Census { return census{w} }

// Models returns what remembers the active model.
func (w *World) Models() pika.Models { return models{w} }

// Indexes returns the steps that write the derived stores.
func (w *World) Indexes() *activities.Indexes {
	return &activities.Indexes{Projections: w.Projections()}
}

// enter counts a call and lets the fault have its say. The world is locked when it
// returns nil; the caller unlocks it.
func (w *World) enter(ctx context.Context, method string) error {
	w.mu.Lock()
	w.calls[method]++
	w.mu.Unlock()
	if w.Fault != nil {
		if err := w.Fault(ctx, method); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return pika.Wrap(pika.CodeOf(err), err, "%s was too late", method)
	}
	w.mu.Lock()
	return nil
}

func (w *World) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

func key(parts ...any) string { return fmt.Sprint(parts...) }
