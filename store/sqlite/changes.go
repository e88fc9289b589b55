package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pikamem/pika"
)

var _ pika.Changes = (*DB)(nil)

// Version implements pika.Changes.
func (db *DB) Version(ctx context.Context, scope pika.Scope) (version int64, err error) {
	err = db.read(ctx, "read a memory's version", func(tx querier) error {
		return tx.QueryRowContext(ctx, "SELECT coalesce(max(c.version), 0) FROM scopes s JOIN changes c ON c.scope = s.key WHERE s.id = ?",
			scope.ID()).Scan(&version)
	})
	return version, err
}

// ChangesSince implements pika.Changes.
func (db *DB) ChangesSince(ctx context.Context, scope pika.Scope, since int64) (changes []pika.Change, whole bool, err error) {
	var last int64
	err = db.read(ctx, "read what changed", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		if last, err = lastVersion(ctx, tx, key); err != nil {
			return err
		}
		changes, err = queryChanges(ctx, tx, key, since)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return changes, last-since == int64(len(changes)), nil
}

func lastVersion(ctx context.Context, tx querier, key int64) (version int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM changes WHERE scope = ?", key).Scan(&version)
	return version, err
}

func queryChanges(ctx context.Context, tx querier, key, since int64) (changes []pika.Change, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT version, change FROM changes WHERE scope = ? AND version > ? ORDER BY version", key, since)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var version int64
		var encoded string
		var c pika.Change
		if err := rows.Scan(&version, &encoded); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(encoded), &c); err != nil {
			return nil, fmt.Errorf("read a change: %w", err)
		}
		c.Version = version
		changes = append(changes, c)
	}
	return changes, rows.Err()
}

// NoteChange implements pika.Changes.
func (db *DB) NoteChange(ctx context.Context, scope pika.Scope, c pika.Change) (version int64, err error) {
	err = db.write(ctx, "note a change", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		if err := noteChange(ctx, tx, key, c); err != nil {
			return err
		}
		version, err = lastVersion(ctx, tx, key)
		return err
	})
	return version, err
}

func noteChange(ctx context.Context, tx querier, key int64, c pika.Change) error {
	last, err := lastVersion(ctx, tx, key)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(c.Bound())
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO changes (scope, version, change) VALUES (?, ?, ?)", key, last+1, string(encoded)); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM changes WHERE scope = ? AND version <= ?", key, last+1-pika.MaxChanges)
	return err
}
