package sqlite

import (
	"context"
	"database/sql"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pikamem/pika"
)

var _ pika.APIKeys = (*DB)(nil)

// CreateAPIKey implements pika.APIKeys.
func (db *DB) CreateAPIKey(ctx context.Context, k pika.APIKey) error {
	if k.Tenant == "" {
		return pika.InvalidField("tenant", "is empty")
	}
	return db.write(ctx, "create an API key", func(tx querier) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO api_keys (id, tenant, role, name, hash, created_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			k.ID, k.Tenant, k.Role, k.Name, k.Hash, micros(k.CreatedAt), optionalMicros(k.RevokedAt))
		if resultCode(err) == sqlite3.SQLITE_CONSTRAINT {
			return pika.Wrap(pika.Conflict, err, "an API key with the same id or hash is there already")
		}
		return err
	})
}

// ListAPIKeys implements pika.APIKeys.
func (db *DB) ListAPIKeys(ctx context.Context, tenant string) ([]pika.APIKey, error) {
	var keys []pika.APIKey
	err := db.read(ctx, "list API keys", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, tenant, role, name, hash, created_at, revoked_at FROM api_keys
			WHERE ?1 = '' OR tenant = ?1 ORDER BY created_at, id`, tenant)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k pika.APIKey
			var created int64
			var revoked sql.Null[int64]
			if err := rows.Scan(&k.ID, &k.Tenant, &k.Role, &k.Name, &k.Hash, &created, &revoked); err != nil {
				return err
			}
			k.CreatedAt, k.RevokedAt = fromMicros(created), optionalTime(revoked)
			keys = append(keys, k)
		}
		return rows.Err()
	})
	return keys, err
}

// RevokeAPIKey implements pika.APIKeys.
func (db *DB) RevokeAPIKey(ctx context.Context, tenant, id string, at time.Time) error {
	return db.write(ctx, "revoke an API key", func(tx querier) error {
		result, err := tx.ExecContext(ctx, "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE tenant = ? AND id = ?", micros(at), tenant, id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return pika.Errorf(pika.NotFound, "there is no such API key")
	})
}
