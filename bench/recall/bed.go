package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/sqlite"
)

// bed is a set loaded into stores of its own, as the product loads it, and beside that
// what the baselines rank with.
type bed struct {
	set
	db              *sqlite.DB
	vectors         *sqlite.Vectors
	embedder        pika.Embedder
	engine          *search.Engine
	facts, messages *plain
	close           func()
}

func open(ctx context.Context, model pika.Embedder, s set) (*bed, error) {
	folder, err := os.MkdirTemp("", "pika-recall-")
	if err != nil {
		return nil, err
	}
	b := &bed{set: s, embedder: model}
	b.close = func() { os.RemoveAll(folder) }
	if b.db, err = sqlite.Open(ctx, filepath.Join(folder, "pika.db"), sqlite.Options{}); err != nil {
		b.close()
		return nil, err
	}
	b.close = func() { b.db.Close(); os.RemoveAll(folder) }
	if err := b.fill(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bed) fill(ctx context.Context) (err error) {
	if b.vectors, err = b.db.Vectors(ctx, b.embedder.Model(), sqlite.VectorOptions{}); err != nil {
		return err
	}
	index, now := pika.FixedIndex(b.embedder, b.vectors), func() time.Time { return b.now }
	b.engine = search.New(search.Config{Facts: b.db, Messages: b.db, Keyword: b.db, Graph: b.db.Graph(), Index: index, Now: now})
	p := &projection.Projections{Facts: b.db, Messages: b.db, Outbox: b.db, Graph: b.db.Graph(), Index: index, Now: now}
	if err := b.loadFacts(ctx, p); err != nil {
		return fmt.Errorf("load facts: %w", err)
	}
	if err := b.loadMessages(ctx, p); err != nil {
		return fmt.Errorf("load messages: %w", err)
	}
	return b.loadPlain(ctx)
}

func (b *bed) loadFacts(ctx context.Context, p *projection.Projections) error {
	for i, batch := range slices.Collect(slices.Chunk(b.set.facts, pika.MaxFactsPerCommit)) {
		outcomes, err := b.db.Commit(ctx, b.scope, pika.Commit{JobID: pika.DeriveID("load"), Chunk: i, Facts: batch, At: batch[0].RecordedAt})
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Outcome != pika.Stored && o.Outcome != pika.Superseding {
				return fmt.Errorf("%q was not stored but %s: %s", o.Text, o.Outcome, o.Reason)
			}
		}
		if err := p.WriteLinks(ctx, b.scope, extract.Links(batch)); err != nil {
			return err
		}
	}
	return p.WriteFactVectors(ctx, b.scope, projection.Passages(b.set.facts))
}

func (b *bed) loadMessages(ctx context.Context, p *projection.Projections) error {
	var keys []string
	for batch := range slices.Chunk(b.set.messages, pika.MaxConversationLen) {
		if err := b.db.PutMessages(ctx, b.scope, batch); err != nil {
			return err
		}
		for _, m := range batch {
			keys = append(keys, m.Key)
		}
	}
	return p.WriteMessageVectors(ctx, b.scope, keys)
}

// loadPlain reads the texts for the baselines.
func (b *bed) loadPlain(ctx context.Context) (err error) {
	var facts, messages []document
	for _, f := range b.set.facts {
		facts = append(facts, document{f.ID, f.Text})
	}
	for _, m := range b.set.messages {
		messages = append(messages, document{m.Key, m.SearchText()})
	}
	if b.facts, err = newPlain(ctx, b.embedder, facts); err != nil {
		return err
	}
	b.messages, err = newPlain(ctx, b.embedder, messages)
	return err
}
