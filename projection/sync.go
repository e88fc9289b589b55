package projection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// maxRounds bounds how often a row is written again because the truth changed
// meanwhile. Whoever changed it writes the row too, so stopping early loses nothing.
const maxRounds = 3

// syncMessages makes the vectors of messages match the truth: present content is
// embedded, what is gone or not kept is removed. It reads the truth again after
// writing, because two writers of one message may overtake each other. With reuse, a
// vector that the truth keeps needs no model; a message that changed since the vector
// was made has a row in the outbox, and Repair makes it another.
func (p *Projections) syncMessages(ctx context.Context, scope pika.Scope, keys []string, reuse bool) error {
	for batch := range slices.Chunk(keys, embedBatch) {
		if err := p.syncMessageBatch(ctx, scope, batch, reuse); err != nil {
			return err
		}
	}
	return nil
}

func (p *Projections) syncMessageBatch(ctx context.Context, scope pika.Scope, keys []string, reuse bool) error {
	written := map[string]string{} // key to the hash of what its vector stands for
	for range maxRounds {
		messages, err := p.readMessages(ctx, scope, keys)
		if err != nil {
			return err
		}
		present := map[string]string{}
		var stale []Passage
		for _, m := range messages {
			if strings.TrimSpace(m.Content) == "" {
				continue
			}
			present[m.Key] = m.ContentHash
			if written[m.Key] != m.ContentHash {
				stale = append(stale, Passage{ID: m.Key, Text: m.SearchText()})
			}
		}
		gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
			_, ok := present[key]
			_, checked := written[key]
			return ok || (checked && written[key] == "")
		})
		if len(stale) == 0 && len(gone) == 0 {
			return nil
		}
		if err := p.deleteVectors(ctx, scope, pika.CorpusMessages, gone); err != nil {
			return err
		}
		if err := p.writer(scope, pika.CorpusMessages, reuse).write(ctx, stale); err != nil {
			return err
		}
		reuse = false // what is stale now changed a moment ago
		maps.Copy(written, present)
		for _, key := range gone {
			written[key] = ""
		}
	}
	return nil
}

func (p *Projections) readMessages(ctx context.Context, scope pika.Scope, keys []string) (messages []pika.StoredMessage, err error) {
	err = within(ctx, writeTimeout, func(ctx context.Context) error {
		messages, err = p.Messages.GetMessages(ctx, scope, keys)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d messages: %w", len(keys), err)
	}
	return messages, nil
}

// syncFacts makes one projection of facts match the truth: live ones are written,
// the others removed. It reads the truth again after writing, because a fact may be
// deleted, or come to be, meanwhile.
func (p *Projections) syncFacts(ctx context.Context, scope pika.Scope, store pika.Store, ids []string) error {
	for batch := range slices.Chunk(ids, embedBatch) {
		if err := p.syncFactBatch(ctx, scope, store, batch); err != nil {
			return err
		}
	}
	return nil
}

func (p *Projections) syncFactBatch(ctx context.Context, scope pika.Scope, store pika.Store, ids []string) error {
	held := map[string]bool{} // whether the projection holds it now; missing: not known
	for range maxRounds {
		wanted, err := p.liveFacts(ctx, scope, ids)
		if err != nil {
			return err
		}
		if store == pika.StoreGraph {
			wanted = slices.DeleteFunc(wanted, func(f pika.Fact) bool { return len(f.Entities) == 0 })
		}
		gone := slices.DeleteFunc(without(ids, wanted), func(id string) bool { has, known := held[id]; return known && !has })
		late := slices.DeleteFunc(wanted, func(f pika.Fact) bool { return held[f.ID] })
		if len(gone) == 0 && len(late) == 0 {
			return nil
		}
		if err := p.removeFacts(ctx, scope, store, gone); err != nil {
			return err
		}
		if err := p.writeFacts(ctx, scope, store, late); err != nil {
			return err
		}
		for _, id := range gone {
			held[id] = false
		}
		for _, f := range late {
			held[f.ID] = true
		}
	}
	return nil
}

func (p *Projections) liveFacts(ctx context.Context, scope pika.Scope, ids []string) (facts []pika.Fact, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = within(ctx, writeTimeout, func(ctx context.Context) error {
		facts, err = p.Facts.Get(ctx, scope, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d facts: %w", len(ids), err)
	}
	return facts, nil
}

func (p *Projections) writeFacts(ctx context.Context, scope pika.Scope, store pika.Store, facts []pika.Fact) error {
	if store == pika.StoreGraph {
		return p.WriteLinks(ctx, scope, extract.Links(facts))
	}
	return p.WriteFactVectors(ctx, scope, Passages(facts))
}

func (p *Projections) removeFacts(ctx context.Context, scope pika.Scope, store pika.Store, ids []string) error {
	if store == pika.StoreGraph {
		return p.unlink(ctx, scope, ids)
	}
	return p.deleteVectors(ctx, scope, pika.CorpusFacts, ids)
}

func factIDs(facts []pika.Fact) []string {
	ids := make([]string, len(facts))
	for i, f := range facts {
		ids[i] = f.ID
	}
	return ids
}

// without returns the ids that no given fact bears.
func without(ids []string, facts []pika.Fact) []string {
	have := factIDs(facts)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(have, id) })
}
