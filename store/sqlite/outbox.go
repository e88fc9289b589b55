package sqlite

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
	err := db.read(ctx, "read the outbox", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, `SELECT tenant, user, corpus, outbox.id, store, since
			FROM outbox CROSS JOIN scopes ON scopes.key = outbox.scope
			WHERE since < ? ORDER BY since, outbox.key LIMIT ?`, micros(before), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var item pika.OutboxItem
			var corpus int
			var since int64
			if err := rows.Scan(&item.Scope.Tenant, &item.Scope.User, &corpus, &item.ID, &item.Store, &since); err != nil {
				return err
			}
			item.Corpus, item.Since = truth.CorpusOf(corpus), fromMicros(since)
			items = append(items, item)
		}
		return rows.Err()
	})
	return items, err
}

// Acknowledge implements pika.Outbox. An item with a Since leaves a row that was
// written again after it: what was acknowledged is not what is owed now. An item
// without one removes the row as it is. Where the row is gone the raw vectors settle.
func (db *DB) Acknowledge(ctx context.Context, items []pika.OutboxItem) error {
	for _, item := range items {
		if _, err := truth.CorpusKey(item.Corpus); err != nil {
			return err
		}
	}
	return db.write(ctx, "acknowledge the outbox", func(tx querier) error {
		keys := map[pika.Scope]int64{}
		for _, item := range items {
			if err := db.acknowledge(ctx, tx, keys, item); err != nil {
				return err
			}
		}
		return nil
	})
}

func (db *DB) acknowledge(ctx context.Context, tx querier, keys map[pika.Scope]int64, item pika.OutboxItem) error {
	key, ok := keys[item.Scope]
	if !ok {
		var err error
		if key, _, err = db.scopeKey(ctx, tx, item.Scope, false); err != nil {
			return err
		}
		keys[item.Scope] = key // 0, which no scope has, for an unknown one
	}
	corpus, err := truth.CorpusKey(item.Corpus)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM outbox WHERE scope = ?1 AND id = ?2 AND store = ?3 AND corpus = ?4 AND (?5 OR since <= ?6)",
		key, item.ID, item.Store, corpus, item.Since.IsZero(), micros(item.Since))
	if err != nil || item.Store != pika.StoreVectors {
		return err
	}
	return settle(ctx, tx, key, corpus, item.ID, db.now())
}

// owe notes that a projection may not match the truth since a time.
func owe(ctx context.Context, tx querier, key int64, corpus int, id string, store pika.Store, since time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO outbox (scope, corpus, id, store, since) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT DO UPDATE SET since = max(since, ?5)`, key, corpus, id, store, micros(since))
	return err
}

// oweFact owes a fact to its projections.
func oweFact(ctx context.Context, tx querier, key int64, f *pika.Fact, since time.Time) error {
	for _, store := range truth.Owed(f) {
		if err := owe(ctx, tx, key, truth.FactsKey, f.ID, store, since); err != nil {
			return err
		}
	}
	return nil
}
