package sqlite

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.QueryCache = (*DB)(nil)

// KeptAnswers implements pika.QueryCache.
func (db *DB) KeptAnswers(ctx context.Context, scope pika.Scope, now time.Time, keys ...string) (map[string][]byte, error) {
	if err := truth.CheckAnswerKeys(keys); err != nil {
		return nil, err
	}
	values := map[string][]byte{}
	err := db.read(ctx, "read kept answers", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, keptAnswers, scope.ID(), jsonList(keys), micros(now))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key string
			var value []byte
			if err := rows.Scan(&key, &value); err != nil {
				return err
			}
			values[key] = value
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// KeepAnswer implements pika.QueryCache.
func (db *DB) KeepAnswer(ctx context.Context, scope pika.Scope, a pika.KeptAnswer) error {
	if err := truth.CheckKeptAnswer(scope, a); err != nil {
		return err
	}
	encoded, question, err := truth.EncodeQuery(a.Query)
	if err != nil {
		return err
	}
	return db.write(ctx, "keep an answer", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		version, err := lastVersion(ctx, tx, key)
		if err != nil || version > a.Version {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO query_cache (scope, key, question, query, searches, warmed, read, counted_at, used_at, until, value)
			VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, ?5, ?6, ?7)
			ON CONFLICT DO UPDATE SET until = excluded.until, value = excluded.value, used_at = max(used_at, excluded.used_at)`,
			key, a.Key, question, encoded, micros(db.now()), micros(a.Until), a.Value)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, forgetAnswers, key, pika.MaxKeptAnswers); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, forgetQueries, key, pika.MaxAskedQueries)
		return err
	})
}

const (
	keptAnswers = `SELECT c.key, c.value FROM scopes s CROSS JOIN query_cache c ON c.scope = s.key
		WHERE s.id = ? AND c.key IN (SELECT value FROM json_each(?)) AND c.until > ?`

	// What a user has too much of: answers, and questions. Both walk an index that is in
	// their order, from where the user's share ends.
	forgetAnswers = `UPDATE query_cache SET until = NULL, value = NULL WHERE rowid IN (
		SELECT rowid FROM query_cache WHERE scope = ? AND until IS NOT NULL ORDER BY used_at DESC, key LIMIT -1 OFFSET ?)`
	forgetQueries = `DELETE FROM query_cache WHERE rowid IN (
		SELECT rowid FROM query_cache WHERE scope = ? ORDER BY used_at DESC, key LIMIT -1 OFFSET ?)`

	// dropAnswers removes all answers of a user.
	dropAnswers = "UPDATE query_cache SET until = NULL, value = NULL WHERE scope = ? AND until IS NOT NULL"

	expireAnswers = `UPDATE query_cache SET until = NULL, value = NULL WHERE rowid IN (
		SELECT rowid FROM query_cache WHERE until <= ? ORDER BY until LIMIT ?)`
)

// DropAnswers implements pika.QueryCache.
func (db *DB) DropAnswers(ctx context.Context, scope pika.Scope) (dropped int, err error) {
	if scope.Tenant == "" {
		return 0, pika.InvalidField("tenant", "is empty")
	}
	err = db.write(ctx, "drop answers", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		dropped, err = change(ctx, tx, dropAnswers, key)
		return err
	})
	return dropped, err
}

// ExpireAnswers implements pika.QueryCache.
func (db *DB) ExpireAnswers(ctx context.Context, now time.Time, limit int) (expired int, err error) {
	if err := truth.CheckLimit(limit); err != nil {
		return 0, err
	}
	err = db.write(ctx, "remove old answers", func(tx querier) error {
		expired, err = change(ctx, tx, expireAnswers, micros(now), limit)
		return err
	})
	return expired, err
}

// change runs a statement and returns how many rows it changed.
func change(ctx context.Context, tx querier, statement string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
