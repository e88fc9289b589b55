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

// When a bucket's extra rows are too many to be deleted without Force: more than
// fewExtras of them and more than one in extraShare of the rows there. A truth that was
// restored from an old copy, or the wrong truth, must not empty the projections.
const (
	fewExtras  = 20
	extraShare = 20
)

// flush repairs the rows remembered so far, as many writers at once as there may be,
// and with Force deletes the extra ones. A writer's error ends the part through cancel.
func (p *part) flush(ctx context.Context, cancel context.CancelCauseFunc) error {
	defer p.tell()
	groups, _, err := p.byScope(ctx, p.todo)
	p.todo = nil
	if err != nil {
		return err
	}
	for _, g := range groups {
		for ids := range slices.Chunk(g.ids, embedBatch) {
			if err := p.pace.wait(ctx, len(ids)); err != nil {
				return err
			}
			select {
			case p.slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			p.writes.Go(func() {
				defer func() { <-p.slots }()
				if err := p.repair(ctx, g.scope, ids); err != nil {
					cancel(err)
				}
			})
		}
	}
	if p.options.Force {
		return p.deleteExtras(ctx)
	}
	return nil
}

// scoped is rows of one user.
type scoped struct {
	scope pika.Scope
	ids   []string
}

// byScope groups keys, which are in order, by their users. Those of users that the
// truth does not know are returned as they are.
func (p *part) byScope(ctx context.Context, keys []pika.RowKey) (groups []scoped, unknown []pika.RowKey, err error) {
	if len(keys) == 0 {
		return nil, nil, nil
	}
	var ids []string
	for _, k := range keys {
		if len(ids) == 0 || ids[len(ids)-1] != k.ScopeID {
			ids = append(ids, k.ScopeID)
		}
	}
	var scopes map[string]pika.Scope
	err = within(ctx, writeTimeout, func(ctx context.Context) error {
		scopes, err = p.Census.ScopesByID(ctx, ids)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("find %d users: %w", len(ids), err)
	}
	last := ""
	for _, k := range keys {
		scope, known := scopes[k.ScopeID]
		switch {
		case !known:
			unknown = append(unknown, k)
			continue
		case k.ScopeID != last:
			groups = append(groups, scoped{scope: scope})
			last = k.ScopeID
		}
		g := &groups[len(groups)-1]
		g.ids = append(g.ids, k.ID)
	}
	return groups, unknown, nil
}

// repair makes a user's rows match the truth: at once, or one by one when one of them
// is refused as invalid, so that it does not hold up the others.
func (p *part) repair(ctx context.Context, scope pika.Scope, ids []string) error {
	err := p.sync(ctx, scope, ids)
	if err == nil {
		err = errors.Join(p.settle(ctx, scope, ids), p.Projections.note(ctx, scope, p.corpus, ids))
	}
	switch {
	case err == nil:
		p.count(func(l *ReconcileLine) { l.Repaired += len(ids) })
		return nil
	case pika.CodeOf(err) != pika.Invalid:
		return err
	case len(ids) == 1:
		p.count(func(l *ReconcileLine) {
			l.Failed++
			l.problem("%s", sentence(err))
		})
		return nil
	}
	for i := range ids {
		if err := p.repair(ctx, scope, ids[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) count(change func(*ReconcileLine)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.line)
}

// sync makes rows of a user match the truth, by the code that writes them always.
func (p *part) sync(ctx context.Context, scope pika.Scope, ids []string) error {
	onto := p.Projections.onto(p.index)
	if p.corpus == pika.CorpusMessages {
		return onto.syncMessages(ctx, scope, ids, true)
	}
	return onto.syncFacts(ctx, scope, p.store, ids)
}

// beforeAll is before anything is owed: who acknowledges it leaves every row of the
// outbox, and only settles vectors that are not in it.
var beforeAll = time.Unix(0, 0).UTC()

// settle says that the index has vectors which nobody owes it: they were put into the
// truth anew. What is in the outbox stays there, with whoever repairs it.
func (p *part) settle(ctx context.Context, scope pika.Scope, ids []string) error {
	if p.store != pika.StoreVectors || p.Projections.Raw == nil {
		return nil
	}
	items := make([]pika.OutboxItem, len(ids))
	for i, id := range ids {
		items[i] = pika.OutboxItem{Scope: scope, Corpus: p.corpus, ID: id, Store: p.store, Since: beforeAll}
	}
	err := within(ctx, writeTimeout, func(ctx context.Context) error { return p.Projections.Outbox.Acknowledge(ctx, items) })
	if err != nil {
		return fmt.Errorf("settle %d vectors: %w", len(ids), err)
	}
	return nil
}

// onto returns projections that write into an index whatever index is in use meanwhile.
func (p *Projections) onto(index pika.Index) *Projections {
	fixed := *p
	fixed.Index = func() pika.Index { return index }
	return &fixed
}

// deleteExtras deletes the extra rows remembered so far, unless they are too many.
func (p *part) deleteExtras(ctx context.Context) error {
	extras := p.extras
	p.extras = nil
	if !p.options.Force && len(extras) > fewExtras && (len(extras) > maxExtras || len(extras)*extraShare > p.line.Projection) {
		p.count(func(l *ReconcileLine) {
			l.Refused += l.Extra
			l.problem("%d of %d rows of a bucket are not in the truth; none of them was deleted. If this is the right truth, run `pika reconcile --force`",
				l.Extra, l.Projection)
		})
		return nil
	}
	for keys := range slices.Chunk(extras, pageSize) {
		if err := p.deleteRows(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

// deleteRows asks the truth again and deletes what it still does not want.
func (p *part) deleteRows(ctx context.Context, keys []pika.RowKey) error {
	if err := p.pace.wait(ctx, len(keys)); err != nil {
		return err
	}
	groups, unknown, err := p.byScope(ctx, keys)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := p.deleteOf(ctx, g); err != nil {
			return err
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	err = within(ctx, writeTimeout, func(ctx context.Context) error { return p.rows.DeleteRows(ctx, p.corpus, unknown) })
	if err != nil {
		return fmt.Errorf("delete %d rows of unknown users: %w", len(unknown), err)
	}
	p.count(func(l *ReconcileLine) { l.Deleted += len(unknown) })
	return nil
}

func (p *part) deleteOf(ctx context.Context, g scoped) error {
	for ids := range slices.Chunk(g.ids, embedBatch) {
		wanted, err := p.wanted(ctx, g.scope, ids)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return wanted[id] })
		if err := p.sync(ctx, g.scope, gone); err != nil {
			return err
		}
		p.count(func(l *ReconcileLine) { l.Deleted += len(gone) })
	}
	return nil
}

// wanted returns which ids the truth wants in the projection at this moment.
func (p *part) wanted(ctx context.Context, scope pika.Scope, ids []string) (map[string]bool, error) {
	wanted := map[string]bool{}
	if p.corpus == pika.CorpusMessages {
		messages, err := p.Projections.readMessages(ctx, scope, ids)
		for _, m := range messages {
			wanted[m.Key] = strings.TrimSpace(m.Content) != ""
		}
		return wanted, err
	}
	facts, err := p.Projections.liveFacts(ctx, scope, ids)
	for _, f := range facts {
		wanted[f.ID] = p.store == pika.StoreVectors || len(f.Entities) > 0
	}
	return wanted, err
}
