package postgres

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Outbox = (*DB)(nil)

// PendingItems implements pika.Outbox.
func (db *DB) PendingItems(ctx context.Context, before time.Time, limit int) ([]pika.OutboxItem, error) {
	if limit < 1 || limit > pika.MaxPageLimit {
		return nil, pika.InvalidField("limit", "must be 1–%d", pika.MaxPageLimit)
	}
	var items []pika.OutboxItem
	err := db.do(ctx, operation{what: "read the outbox", access: everyone, list: true}, func(ctx context.Context, t *tx) error {
		items = nil
		return t.finish(ctx, collect(&items, outboxItem, `SELECT s.tenant, s.user_id, o.corpus, o.id, o.store, o.since
			FROM (SELECT * FROM outbox WHERE since < $1 ORDER BY since, key LIMIT $2) o
			JOIN scopes s ON s.id = o.scope ORDER BY o.since, o.key`, truth.Micros(before), limit))
	})
	return items, err
}

func outboxItem(s scan) (pika.OutboxItem, error) {
	var item pika.OutboxItem
	var corpus int
	var store string
	var since int64
	err := s(&item.Scope.Tenant, &item.Scope.User, &corpus, &item.ID, &store, &since)
	item.Corpus, item.Store, item.Since = truth.CorpusOf(corpus), pika.Store(store), truth.FromMicros(since)
	return item, err
}

// Acknowledge implements pika.Outbox. An item with a Since leaves a row that was
// written again after it: what was acknowledged is not what is owed now. An item
// without one removes the row as it is.
func (db *DB) Acknowledge(ctx context.Context, items []pika.OutboxItem) error {
	corpora := make([]int, len(items))
	for i, item := range items {
		var err error
		if corpora[i], err = truth.CorpusKey(item.Corpus); err != nil {
			return err
		}
	}
	op := operation{what: "acknowledge the outbox", access: everyone, write: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		scopes := column(items, func(i *pika.OutboxItem) string { return i.Scope.ID() })
		ids := column(items, func(i *pika.OutboxItem) string { return i.ID })
		stores := column(items, func(i *pika.OutboxItem) string { return string(i.Store) })
		since := column(items, func(i *pika.OutboxItem) *int64 {
			if i.Since.IsZero() {
				return nil
			}
			return truth.OptionalMicros(&i.Since)
		})
		acknowledged := exec(`DELETE FROM outbox WHERE key IN (SELECT o.key
			FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bigint[]) AS i (scope, corpus, id, store, since)
			JOIN outbox o ON o.scope = i.scope AND o.corpus = i.corpus AND o.id = i.id COLLATE "C" AND o.store = i.store COLLATE "C"
			WHERE i.since IS NULL OR o.since <= i.since ORDER BY o.key FOR UPDATE OF o)`, scopes, corpora, ids, stores, since)
		return t.finish(ctx, acknowledged, settle(items, corpora, db.config.Now()))
	})
}

// owe makes the statement that notes that a projection may not match the truth since a
// time: of each id the store beside it.
func owe(scope pika.Scope, corpus int, ids, stores []string, since time.Time) []statement {
	if len(ids) == 0 {
		return nil
	}
	return []statement{exec(`INSERT INTO outbox (scope, tenant, corpus, id, store, since)
		SELECT $1, $2, $3, i.id, i.store, $4 FROM unnest($5::text[], $6::text[]) WITH ORDINALITY AS i (id, store, position)
		ORDER BY i.position
		ON CONFLICT (scope, id, store, corpus) DO UPDATE SET since = greatest(outbox.since, excluded.since)`,
		scope.ID(), scope.Tenant, corpus, truth.Micros(since), ids, stores)}
}

// oweFacts owes facts to their projections.
func oweFacts(scope pika.Scope, facts []pika.Fact, since time.Time) []statement {
	var ids, stores []string
	for i := range facts {
		for _, s := range truth.Owed(&facts[i]) {
			ids, stores = append(ids, facts[i].ID), append(stores, string(s))
		}
	}
	return owe(scope, truth.FactsKey, ids, stores, since)
}
