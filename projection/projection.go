// Package projection keeps the derived stores (vector index, entity graph) in step
// with the truth.
//
// What may come in: writing rows that follow from facts and messages, removing them,
// and repairing them after the truth was read again. What may not: decisions about
// facts, workflow engines, anything a caller of the API sees.
package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// Deadlines of single calls. A batch is small enough that a slower answer means a
// part that hangs.
const (
	embedTimeout = 60 * time.Second
	writeTimeout = 10 * time.Second
)

// embedBatch is how many passages go to the embedder at once: enough to use it well,
// few enough that a cancelled write ends soon. Their texts are below pika.MaxEmbedBatch.
const embedBatch = 64

// Projections writes the derived stores. Every method may run twice, late or beside
// itself with the same result.
type Projections struct {
	Facts    pika.Facts
	Messages pika.Messages
	Outbox   pika.Outbox
	Graph    pika.Graph

	// Index returns the model that the data is searched with, and its index. Every
	// write asks once and stays with the answer.
	Index func() pika.Index

	// Raw keeps the vectors in the truth too, before the index gets them. nil: the
	// index's own file is the truth about them.
	Raw pika.RawVectors

	// Freshness is told what changed for searches. nil: nobody keeps answers.
	Freshness Freshness

	Now func() time.Time // Defaults to time.Now

	// beside: Index is being built beside the one in use, whose raw vectors stay.
	beside bool
}

// Freshness keeps answers that were made of a user's memory from being given when they
// hold no more.
type Freshness interface {
	// Note notes a change that the truth did not make itself, and makes it known.
	Note(ctx context.Context, scope pika.Scope, c pika.Change) error

	// Changed makes known what the truth has noted.
	Changed(ctx context.Context, scope pika.Scope)
}

// note notes that rows of a user are there now, or gone.
func (p *Projections) note(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if p.Freshness == nil {
		return nil
	}
	c := pika.Change{Added: ids}
	if corpus == pika.CorpusMessages {
		c = pika.Change{Messages: ids}
	}
	return within(ctx, writeTimeout, func(ctx context.Context) error { return p.Freshness.Note(ctx, scope, c) })
}

// WriteFactVectors upserts the vectors of facts, batch by batch: those that the truth
// keeps already, and for the others the embedded texts, which the truth gets first.
// The facts need not be in the truth yet. Blank texts have no vector.
func (p *Projections) WriteFactVectors(ctx context.Context, scope pika.Scope, facts []Passage) error {
	// A fact's text never changes under its id, so a vector that is there is of the text.
	return p.writer(scope, pika.CorpusFacts, true).write(ctx, facts)
}

// WriteLinks merges facts into the entity graph, batch by batch. The facts need not
// be in the truth yet; links without entities are left out.
func (p *Projections) WriteLinks(ctx context.Context, scope pika.Scope, links []pika.Link) error {
	links = slices.DeleteFunc(slices.Clone(links), func(l pika.Link) bool { return len(l.Entities) == 0 })
	for batch := range slices.Chunk(links, pika.MaxFactsPerCommit) {
		err := within(ctx, writeTimeout, func(ctx context.Context) error {
			return p.Graph.LinkFacts(ctx, scope, batch)
		})
		if err != nil {
			return fmt.Errorf("link %d facts: %w", len(batch), err)
		}
	}
	return nil
}

// WriteMessageVectors makes the vectors of messages match the truth, which must hold
// the messages already. When a message changed while it was embedded, it is embedded
// again, so that the last writer of a message leaves its present content behind.
func (p *Projections) WriteMessageVectors(ctx context.Context, scope pika.Scope, keys []string) error {
	return p.syncMessages(ctx, scope, keys, false)
}

// Discard removes facts from every projection; missing ones are no error. It is for
// ids that are live nowhere: candidates that turned out to be duplicates. One
// projection that does not answer does not keep it from the other.
func (p *Projections) Discard(ctx context.Context, scope pika.Scope, factIDs []string) error {
	return errors.Join(
		p.deleteVectors(ctx, scope, pika.CorpusFacts, factIDs),
		p.unlink(ctx, scope, factIDs),
	)
}

// DiscardRaw removes from the truth the vectors of ids that are live nowhere, for when
// neither projection answers.
func (p *Projections) DiscardRaw(ctx context.Context, scope pika.Scope, factIDs []string) error {
	return p.deleteRaw(ctx, scope, pika.CorpusFacts, factIDs)
}

func (p *Projections) unlink(ctx context.Context, scope pika.Scope, factIDs []string) error {
	for batch := range slices.Chunk(factIDs, pika.MaxFactsPerCommit) {
		err := within(ctx, writeTimeout, func(ctx context.Context) error {
			return p.Graph.UnlinkFacts(ctx, scope, batch)
		})
		if err != nil {
			return fmt.Errorf("unlink %d facts: %w", len(batch), err)
		}
	}
	return nil
}

func (p *Projections) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// within runs one outbound call under its own deadline.
func within(ctx context.Context, timeout time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return call(ctx)
}
