package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.APIKeys = (*DB)(nil)

// CreateAPIKey implements pika.APIKeys.
func (db *DB) CreateAPIKey(ctx context.Context, key pika.APIKey) error {
	if key.Tenant == "" {
		return pika.InvalidField("tenant", "is empty")
	}
	op := operation{what: "create an API key", access: access{tenant: key.Tenant}, write: true, once: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		err := t.finish(ctx, exec("INSERT INTO api_keys (id, tenant, role, name, hash, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			key.ID, key.Tenant, string(key.Role), key.Name, key.Hash, truth.Micros(key.CreatedAt), truth.OptionalMicros(key.RevokedAt)))
		if sqlState(err) == uniqueViolation {
			return pika.Wrap(pika.Conflict, err, "an API key with the same id or hash is there already")
		}
		return err
	})
}

// ListAPIKeys implements pika.APIKeys.
func (db *DB) ListAPIKeys(ctx context.Context, tenant string) ([]pika.APIKey, error) {
	op := operation{what: "list API keys", access: access{tenant: tenant, all: tenant == ""}}
	var keys []pika.APIKey
	err := db.do(ctx, op, func(ctx context.Context, t *tx) error {
		keys = nil
		return t.finish(ctx, collect(&keys, apiKey, `SELECT id, tenant, role, name, hash, created_at, revoked_at FROM api_keys
			WHERE $1 = '' OR tenant = $1 ORDER BY created_at, id`, tenant))
	})
	return keys, err
}

func apiKey(s scan) (pika.APIKey, error) {
	var k pika.APIKey
	var role string
	var created int64
	var revoked *int64
	err := s(&k.ID, &k.Tenant, &role, &k.Name, &k.Hash, &created, &revoked)
	k.Role, k.CreatedAt, k.RevokedAt = pika.KeyRole(role), truth.FromMicros(created), truth.OptionalTime(revoked)
	return k, err
}

// RevokeAPIKey implements pika.APIKeys.
func (db *DB) RevokeAPIKey(ctx context.Context, tenant, id string, at time.Time) error {
	op := operation{what: "revoke an API key", access: access{tenant: tenant}, write: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		var found bool
		revoke := exec("UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE tenant = $1 AND id = $2", tenant, id, truth.Micros(at))
		revoke.done = func(tag pgconn.CommandTag) { found = tag.RowsAffected() > 0 }
		if err := t.finish(ctx, revoke); err != nil {
			return err
		}
		if !found {
			return pika.Errorf(pika.NotFound, "there is no such API key")
		}
		return nil
	})
}
