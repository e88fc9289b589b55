package projection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// Repair makes the projections match the truth for outbox items that have waited
// longer than olderThan, oldest first, at most limit (1–pika.MaxPageLimit) of them. The
// stores are repaired side by side: one that hangs does not hold up the other, and one
// that does not answer is not asked again in the same call. It returns how many items
// it looked at and how many of them match now, together with what stood in the way of
// the others.
func (p *Projections) Repair(ctx context.Context, olderThan time.Duration, limit int) (seen, repaired int, err error) {
	items, err := p.Outbox.PendingItems(ctx, p.now().Add(-olderThan), limit)
	if err != nil {
		return 0, 0, fmt.Errorf("read the outbox: %w", err)
	}
	repaired, err = p.repairItems(ctx, items)
	return len(items), repaired, err
}

// repairItems repairs each store's items, the stores side by side.
func (p *Projections) repairItems(ctx context.Context, items []pika.OutboxItem) (int, error) {
	byStore := map[pika.Store][]*group{}
	for _, g := range grouped(items) {
		byStore[g.store] = append(byStore[g.store], g)
	}
	var side sync.WaitGroup
	var mu sync.Mutex
	total := 0
	var problems []error
	for _, groups := range byStore {
		side.Go(func() {
			n, err := p.repairGroups(ctx, groups)
			mu.Lock()
			defer mu.Unlock()
			total += n
			problems = append(problems, err)
		})
	}
	side.Wait()
	return total, errors.Join(problems...)
}

// repairGroups repairs groups of one store, until it does not answer.
func (p *Projections) repairGroups(ctx context.Context, groups []*group) (int, error) {
	repaired := 0
	var problems []error
	for _, g := range groups {
		n, err := p.repairGroup(ctx, g)
		repaired += n
		if err == nil {
			continue
		}
		problems = append(problems, err)
		if pika.CodeOf(err) != pika.Invalid {
			break
		}
	}
	return repaired, errors.Join(problems...)
}

// group is the items of one user in one projection, which are repaired together.
type group struct {
	scope  pika.Scope
	corpus pika.Corpus
	store  pika.Store
	items  []pika.OutboxItem
}

// grouped keeps the order in which the groups' oldest items came.
func grouped(items []pika.OutboxItem) []*group {
	type key struct {
		scope  pika.Scope
		corpus pika.Corpus
		store  pika.Store
	}
	var groups []*group
	byKey := map[key]*group{}
	for _, item := range items {
		k := key{item.Scope, item.Corpus, item.Store}
		g := byKey[k]
		if g == nil {
			g = &group{scope: item.Scope, corpus: item.Corpus, store: item.Store}
			byKey[k] = g
			groups = append(groups, g)
		}
		g.items = append(g.items, item)
	}
	return groups
}

// repairGroup repairs a group batch by batch, until the store does not answer. Its
// error is Invalid only if nothing else stood in the way.
func (p *Projections) repairGroup(ctx context.Context, g *group) (int, error) {
	repaired := 0
	var problems []error
	for batch := range slices.Chunk(g.items, embedBatch) {
		n, err := p.repairBatch(ctx, g, batch)
		repaired += n
		if err == nil {
			continue
		}
		if pika.CodeOf(err) != pika.Invalid {
			return repaired, err
		}
		problems = append(problems, err)
	}
	return repaired, errors.Join(problems...)
}

// repairBatch repairs a batch at once; when one of its items is refused as invalid,
// each by itself, so that it does not hold up the others.
func (p *Projections) repairBatch(ctx context.Context, g *group, items []pika.OutboxItem) (int, error) {
	err := p.repairRows(ctx, g, items)
	if err == nil {
		return len(items), nil
	}
	if pika.CodeOf(err) != pika.Invalid || len(items) == 1 {
		return 0, err
	}
	repaired := 0
	var problems []error
	for i := range items {
		err := p.repairRows(ctx, g, items[i:i+1])
		switch {
		case err == nil:
			repaired++
		case pika.CodeOf(err) != pika.Invalid:
			return repaired, err
		default:
			problems = append(problems, err)
		}
	}
	return repaired, errors.Join(problems...)
}

func (p *Projections) repairRows(ctx context.Context, g *group, items []pika.OutboxItem) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	var err error
	if g.corpus == pika.CorpusMessages {
		err = p.syncMessages(ctx, g.scope, ids, false)
	} else {
		err = p.syncFacts(ctx, g.scope, g.store, ids)
	}
	if err != nil {
		return fmt.Errorf("repair %d rows of %s in %s: %w", len(items), g.corpus, g.store, err)
	}
	if err := p.Outbox.Acknowledge(ctx, items); err != nil {
		return fmt.Errorf("acknowledge %d repaired rows: %w", len(items), err)
	}
	return p.note(ctx, g.scope, g.corpus, ids)
}
