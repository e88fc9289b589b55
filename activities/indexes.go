package activities

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
)

// Nothing is the result of a step that only has an effect.
type Nothing struct{}

// WriteVectorsInput names the facts to embed.
type WriteVectorsInput struct {
	Scope pika.Scope           `json:"scope"`
	Facts []projection.Passage `json:"facts"`
}

// WriteVectors embeds facts and writes their vectors. The vectors go from the model
// to the truth and the index, and never into a job's history. An attempt after one that
// the index did not take needs no model.
func (x *Indexes) WriteVectors(ctx context.Context, in WriteVectorsInput) (Nothing, error) {
	defer beat(ctx)()
	return Nothing{}, x.Projections.WriteFactVectors(ctx, in.Scope, in.Facts)
}

// WriteGraphInput is facts as the graph knows them.
type WriteGraphInput struct {
	Scope pika.Scope  `json:"scope"`
	Links []pika.Link `json:"links"`
}

// WriteGraph merges facts into the entity graph.
func (x *Indexes) WriteGraph(ctx context.Context, in WriteGraphInput) (Nothing, error) {
	defer beat(ctx)()
	return Nothing{}, x.Projections.WriteLinks(ctx, in.Scope, in.Links)
}

// WriteMessageVectorsInput names messages that are in the truth.
type WriteMessageVectorsInput struct {
	Scope pika.Scope `json:"scope"`
	Keys  []string   `json:"keys"`
}

// WriteMessageVectors embeds messages and writes their vectors.
func (x *Indexes) WriteMessageVectors(ctx context.Context, in WriteMessageVectorsInput) (Nothing, error) {
	defer beat(ctx)()
	return Nothing{}, x.Projections.WriteMessageVectors(ctx, in.Scope, in.Keys)
}

// DiscardInput names candidates that did not become facts.
type DiscardInput struct {
	Scope   pika.Scope `json:"scope"`
	FactIDs []string   `json:"fact_ids"`

	// OnlyKept removes no more than the vectors that the truth keeps: the indexes did
	// not answer.
	OnlyKept bool `json:"only_kept,omitempty"`
}

// Discard removes candidates from the indexes that did not become facts: their ids
// are live nowhere.
func (x *Indexes) Discard(ctx context.Context, in DiscardInput) (Nothing, error) {
	defer beat(ctx)()
	if in.OnlyKept {
		return Nothing{}, x.Projections.DiscardRaw(ctx, in.Scope, in.FactIDs)
	}
	return Nothing{}, x.Projections.Discard(ctx, in.Scope, in.FactIDs)
}
