package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/projection"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/store/sqlite"
	"github.com/pikamem/pika/text"
)

// bed is a set loaded into stores of its own.
type bed struct {
	set      set
	scope    pika.Scope
	db       *sqlite.DB
	vectors  *sqlite.Vectors
	embedder pika.Embedder
	engine   *search.Engine
	evidence map[string][]string // by fact id and message key
	close    func()
}

func open(ctx context.Context, model pika.Embedder, s set) (*bed, error) {
	folder, err := os.MkdirTemp("", "pika-recall-")
	if err != nil {
		return nil, err
	}
	b := &bed{set: s, scope: pika.Scope{Tenant: "bench", User: s.name}, embedder: model, evidence: map[string][]string{}}
	b.close = func() { os.RemoveAll(folder) }
	if b.db, err = sqlite.Open(ctx, filepath.Join(folder, "pika.db"), sqlite.Options{}); err != nil {
		b.close()
		return nil, err
	}
	b.close = func() { b.db.Close(); os.RemoveAll(folder) }
	if b.vectors, err = b.db.Vectors(ctx, model.Model(), sqlite.VectorOptions{}); err != nil {
		b.close()
		return nil, err
	}
	b.engine = search.New(search.Config{Facts: b.db, Messages: b.db, Keyword: b.db, Index: pika.FixedIndex(model, b.vectors)})
	if err := b.load(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bed) load(ctx context.Context) error {
	p := &projection.Projections{Facts: b.db, Messages: b.db, Outbox: b.db, Graph: b.db.Graph(), Index: pika.FixedIndex(b.embedder, b.vectors), Now: time.Now}
	if err := b.loadFacts(ctx, p); err != nil {
		return fmt.Errorf("load facts: %w", err)
	}
	var keys []string
	for batch := range slices.Chunk(b.messages(), pika.MaxConversationLen) {
		if err := b.db.PutMessages(ctx, b.scope, batch); err != nil {
			return fmt.Errorf("load messages: %w", err)
		}
		for _, m := range batch {
			keys = append(keys, m.Key)
		}
	}
	return p.WriteMessageVectors(ctx, b.scope, keys)
}

func (b *bed) loadFacts(ctx context.Context, p *projection.Projections) error {
	var facts []pika.Fact
	for _, f := range b.set.facts {
		id := pika.DeriveID("bench", b.set.name, f.text)
		if _, known := b.evidence[id]; !known {
			facts = append(facts, pika.Fact{
				ID: id, UserID: b.scope.User, Text: f.text, Subject: pika.DefaultSubject, Predicate: pika.DefaultPredicate,
				Category: pika.DefaultCategory, Language: text.Language(f.text), Confidence: 1, EffectiveAt: time.Now(), RecordedAt: time.Now(),
				ContentHash: id, SubjectKey: pika.DefaultSubject, Extractor: "caller",
			})
		}
		b.evidence[id] = append(b.evidence[id], f.evidence...)
	}
	for i, batch := range slices.Collect(slices.Chunk(facts, pika.MaxFactsPerCommit)) {
		outcomes, err := b.db.Commit(ctx, b.scope, pika.Commit{JobID: pika.RandomID(nil), Chunk: i, Facts: batch, At: time.Now()})
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Outcome != pika.Stored {
				return fmt.Errorf("a fact was not stored but %s: %s", o.Outcome, o.Reason)
			}
		}
	}
	return p.WriteFactVectors(ctx, b.scope, projection.Passages(facts))
}

func (b *bed) messages() []pika.StoredMessage {
	var messages []pika.StoredMessage
	for i, m := range b.set.messages {
		id := m.evidence[0]
		key := pika.MessageKey(b.scope, b.set.name, id)
		b.evidence[key] = m.evidence
		messages = append(messages, pika.StoredMessage{
			Key: key, ConversationID: b.set.name, MessageID: id, Role: pika.RoleUser, Content: m.text,
			ContentHash: pika.DeriveID(m.text), At: time.Unix(int64(i), 0).UTC(),
		})
	}
	return messages
}
