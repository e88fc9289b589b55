package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.QueryCache = (*DB)(nil)

// KeptAnswers implements pika.QueryCache.
func (db *DB) KeptAnswers(ctx context.Context, scope pika.Scope, now time.Time, keys ...string) (map[string][]byte, error) {
	if err := truth.CheckAnswerKeys(keys); err != nil {
		return nil, err
	}
	var values map[string][]byte
	err := db.do(ctx, operation{what: "read kept answers", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		values = map[string][]byte{}
		return t.finish(ctx, query(func(s scan) error {
			var key string
			var value []byte
			err := s(&key, &value)
			values[key] = value
			return err
		}, "SELECT key, value FROM query_cache WHERE scope = $1 AND key = ANY($2) AND until > $3", scope.ID(), keys, truth.Micros(now)))
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// KeepAnswer implements pika.QueryCache. It holds the user's lock: whoever removes text
// either comes before, and the version is another one, or finds the answer.
func (db *DB) KeepAnswer(ctx context.Context, scope pika.Scope, a pika.KeptAnswer) error {
	if err := truth.CheckKeptAnswer(scope, a); err != nil {
		return err
	}
	encoded, question, err := truth.EncodeQuery(a.Query)
	if err != nil {
		return err
	}
	return db.doLocked(ctx, scope, operation{what: "keep an answer", lossy: true}, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, makeKnown(scope),
			exec(`INSERT INTO query_cache AS c (scope, tenant, key, question, query, searches, warmed, read, counted_at, used_at, until, value)
				SELECT $1, $2, $3, $4, $5, 0, 0, 0, 0, $6, $7, $8
				WHERE NOT EXISTS (SELECT FROM changes WHERE scope = $1 AND version > $9)
				ON CONFLICT (scope, key) DO UPDATE SET until = excluded.until, value = excluded.value,
					used_at = greatest(c.used_at, excluded.used_at)`,
				scope.ID(), scope.Tenant, a.Key, question, encoded, truth.Micros(db.config.Now()), truth.Micros(a.Until), a.Value, a.Version),
			exec(forgetAnswers, scope.ID(), pika.MaxKeptAnswers), exec(forgetQueries, []string{scope.ID()}, pika.MaxAskedQueries))
	})
}

// What a user has too much of: answers, and questions. Both walk an index that is in their
// order, from where the user's share ends.
const (
	forgetAnswers = `UPDATE query_cache SET until = NULL, value = NULL WHERE scope = $1 AND key IN (
		SELECT key FROM query_cache WHERE scope = $1 AND until IS NOT NULL ORDER BY used_at DESC, key OFFSET $2)`

	forgetQueries = `DELETE FROM query_cache AS c USING unnest($1::uuid[]) AS s (scope) CROSS JOIN LATERAL (
			SELECT key FROM query_cache WHERE scope = s.scope ORDER BY used_at DESC, key OFFSET $2) AS old
		WHERE c.scope = s.scope AND c.key = old.key`
)

// dropAnswers makes the statement that removes all answers of a user.
func dropAnswers(scope pika.Scope) statement {
	return exec("UPDATE query_cache SET until = NULL, value = NULL WHERE scope = $1 AND until IS NOT NULL", scope.ID())
}

// DropAnswers implements pika.QueryCache.
func (db *DB) DropAnswers(ctx context.Context, scope pika.Scope) (int, error) {
	var dropped int
	err := db.doLocked(ctx, scope, operation{what: "drop answers"}, func(ctx context.Context, t *tx) error {
		drop := dropAnswers(scope)
		drop.done = affected(&dropped)
		return t.finish(ctx, drop)
	})
	return dropped, err
}

func affected(n *int) func(pgconn.CommandTag) {
	return func(tag pgconn.CommandTag) { *n = int(tag.RowsAffected()) }
}

// ExpireAnswers implements pika.QueryCache.
func (db *DB) ExpireAnswers(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := truth.CheckLimit(limit); err != nil {
		return 0, err
	}
	var expired int
	err := db.do(ctx, operation{what: "remove old answers", access: everyone, write: true, list: true, lossy: true}, func(ctx context.Context, t *tx) error {
		remove := exec(`UPDATE query_cache AS c SET until = NULL, value = NULL
			FROM (SELECT scope, key FROM query_cache WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE) AS old
			WHERE c.scope = old.scope AND c.key = old.key`, truth.Micros(now), limit)
		remove.done = affected(&expired)
		return t.finish(ctx, remove)
	})
	return expired, err
}
