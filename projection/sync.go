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
// writing, because two writers of one message may overtake each other.
func (p *Projections) syncMessages(ctx context.Context, scope pika.Scope, keys []string) error {
	for batch := range slices.Chunk(keys, embedBatch) {
		if err := p.syncMessageBatch(ctx, scope, batch); err != nil {
			return err
		}
	}
	return nil
}

func (p *Projections) syncMessageBatch(ctx context.Context, scope pika.Scope, keys []string) error {
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
		if err := p.writeVectors(ctx, scope, pika.CorpusMessages, stale); err != nil {
			return err
		}
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
// the others removed. A fact that is deleted while its row is written is removed
// afterwards.
func (p *Projections) syncFacts(ctx context.Context, scope pika.Scope, store pika.Store, ids []string) error {
	for batch := range slices.Chunk(ids, embedBatch) {
		if err := p.syncFactBatch(ctx, scope, store, batch); err != nil {
			return err
		}
	}
	return nil
}

func (p *Projections) syncFactBatch(ctx context.Context, scope pika.Scope, store pika.Store, ids []string) error {
	live, err := p.liveFacts(ctx, scope, ids)
	if err != nil {
		return err
	}
	if err := p.removeFacts(ctx, scope, store, without(ids, live)); err != nil {
		return err
	}
	if err := p.writeFacts(ctx, scope, store, live); err != nil {
		return err
	}
	still, err := p.liveFacts(ctx, scope, factIDs(live))
	if err != nil {
		return err
	}
	return p.removeFacts(ctx, scope, store, without(factIDs(live), still))
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
