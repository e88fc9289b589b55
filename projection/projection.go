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
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// Deadlines of single calls. A batch is small enough that a slower answer means a
// part that hangs.
const (
	embedTimeout = 60 * time.Second
	writeTimeout = 10 * time.Second
)

// embedBatch is how many texts go to the embedder at once: enough to use it well,
// few enough that a cancelled write ends soon. It is below pika.MaxEmbedBatch.
const embedBatch = 64

// Projections writes the derived stores. Every method may run twice, late or beside
// itself with the same result.
type Projections struct {
	Facts    pika.Facts
	Messages pika.Messages
	Outbox   pika.Outbox
	Vectors  pika.Vectors
	Graph    pika.Graph
	Embedder pika.Embedder
	Now      func() time.Time // Defaults to time.Now
}

// Passage is a text to be found by its meaning, under the id it is stored with.
type Passage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Passages returns what is embedded for facts: their texts.
func Passages(facts []pika.Fact) []Passage {
	passages := make([]Passage, len(facts))
	for i, f := range facts {
		passages[i] = Passage{ID: f.ID, Text: f.Text}
	}
	return passages
}

// WriteFactVectors embeds the texts of facts and upserts their vectors, batch by
// batch. The facts need not be in the truth yet. Blank texts have no vector.
func (p *Projections) WriteFactVectors(ctx context.Context, scope pika.Scope, facts []Passage) error {
	return p.writeVectors(ctx, scope, pika.CorpusFacts, facts)
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
	return p.syncMessages(ctx, scope, keys)
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

func (p *Projections) writeVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, passages []Passage) error {
	passages = slices.DeleteFunc(slices.Clone(passages), func(t Passage) bool { return strings.TrimSpace(t.Text) == "" })
	for batch := range slices.Chunk(passages, embedBatch) {
		rows, err := p.embed(ctx, batch)
		if err != nil {
			return err
		}
		err = within(ctx, writeTimeout, func(ctx context.Context) error {
			return p.Vectors.Upsert(ctx, scope, corpus, rows)
		})
		if err != nil {
			return fmt.Errorf("upsert %d vectors: %w", len(rows), err)
		}
	}
	return nil
}

func (p *Projections) embed(ctx context.Context, passages []Passage) ([]pika.Vector, error) {
	texts := make([]string, len(passages))
	for i, t := range passages {
		texts[i] = t.Text
	}
	var values [][]float32
	err := within(ctx, embedTimeout, func(ctx context.Context) (err error) {
		values, err = p.Embedder.Embed(ctx, pika.EmbedPassage, texts)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	rows := make([]pika.Vector, len(passages))
	for i, t := range passages {
		rows[i] = pika.Vector{ID: t.ID, Values: values[i]}
	}
	return rows, nil
}

func (p *Projections) deleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	for batch := range slices.Chunk(ids, pika.MaxVectorBatch) {
		err := within(ctx, writeTimeout, func(ctx context.Context) error {
			return p.Vectors.DeleteVectors(ctx, scope, corpus, batch)
		})
		if err != nil {
			return fmt.Errorf("delete %d vectors: %w", len(batch), err)
		}
	}
	return nil
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
