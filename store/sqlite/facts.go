package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Facts = (*DB)(nil)

// Get implements pika.Facts.
func (db *DB) Get(ctx context.Context, scope pika.Scope, ids []string) ([]pika.Fact, error) {
	if len(ids) > pika.MaxPageLimit {
		return nil, pika.InvalidField("ids", "must be at most %d", pika.MaxPageLimit)
	}
	var facts []pika.Fact
	err := db.read(ctx, "get facts", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		facts, err = queryFacts(ctx, tx, scope.User,
			"SELECT "+factColumns+" FROM facts WHERE scope = ? AND id IN (SELECT value FROM json_each(?))", key, jsonList(ids))
		return err
	})
	return truth.InOrder(facts, ids, func(f *pika.Fact) string { return f.ID }), err
}

// Find implements pika.Facts.
func (db *DB) Find(ctx context.Context, tenant, id string) (pika.Fact, error) {
	var fact pika.Fact
	err := db.read(ctx, "find a fact", func(tx querier) error {
		key, scope, err := locate(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		fact, err = scanFact(tx.QueryRowContext(ctx, "SELECT "+factColumns+" FROM facts WHERE id = ? AND scope = ?", id, key), scope.User)
		return err
	})
	return fact, err
}

// locate returns the scope of a live fact of the tenant.
func locate(ctx context.Context, tx querier, tenant, id string) (key int64, scope pika.Scope, err error) {
	scope.Tenant = tenant
	err = tx.QueryRowContext(ctx, `SELECT scopes.key, scopes.user FROM facts JOIN scopes ON scopes.key = facts.scope
		WHERE facts.id = ? AND scopes.tenant = ?`, id, tenant).Scan(&key, &scope.User)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, pika.Scope{}, truth.NoFact()
	}
	return key, scope, err
}

// List implements pika.Facts.
func (db *DB) List(ctx context.Context, scope pika.Scope, f pika.ListFacts, p pika.PageRequest) (pika.Page[pika.Fact], error) {
	start, err := truth.StartOf(p, truth.FactList)
	if err != nil {
		return pika.Page[pika.Fact]{}, err
	}
	var facts []pika.Fact
	err = db.read(ctx, "list facts", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		facts, err = queryFacts(ctx, tx, scope.User, `SELECT `+factColumns+` FROM facts
			WHERE scope = ?1 AND recorded_at <= ?2 AND (recorded_at < ?2 OR id > ?3)
				AND (?4 OR superseded_by = '') AND (?5 = '' OR category = ?5) AND (?6 = '' OR predicate = ?6)
				AND (?7 = '' OR id IN (SELECT fact FROM sources WHERE sources.scope = ?1 AND conversation = ?7))
			ORDER BY recorded_at DESC, id LIMIT ?8`,
			key, start.At, start.ID, f.IncludeSuperseded, f.Category, f.Predicate, f.ConversationID, p.Limit+1)
		return err
	})
	if err != nil {
		return pika.Page[pika.Fact]{}, err
	}
	return truth.PageOf(facts, p.Limit, truth.FactList, func(f *pika.Fact) (time.Time, string) { return f.RecordedAt, f.ID }), nil
}
