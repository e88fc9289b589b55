package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pikamem/pika"
)

var _ pika.Changes = (*DB)(nil)

// Version implements pika.Changes.
func (db *DB) Version(ctx context.Context, scope pika.Scope) (int64, error) {
	var version int64
	err := db.do(ctx, operation{what: "read a memory's version", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		version = 0
		return t.finish(ctx, lastVersion(scope, &version))
	})
	return version, err
}

func lastVersion(scope pika.Scope, version *int64) statement {
	return into("SELECT version FROM changes WHERE scope = $1 ORDER BY version DESC LIMIT 1", []any{scope.ID()}, version)
}

// ChangesSince implements pika.Changes.
func (db *DB) ChangesSince(ctx context.Context, scope pika.Scope, since int64) ([]pika.Change, bool, error) {
	var changes []pika.Change
	var last int64
	err := db.do(ctx, operation{what: "read what changed", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		changes, last = nil, 0
		return t.finish(ctx, lastVersion(scope, &last),
			collect(&changes, readChange, "SELECT version, change FROM changes WHERE scope = $1 AND version > $2 ORDER BY version", scope.ID(), since))
	})
	if err != nil {
		return nil, false, err
	}
	return changes, last-since == int64(len(changes)), nil
}

func readChange(s scan) (c pika.Change, err error) {
	var encoded string
	var version int64
	if err := s(&version, &encoded); err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(encoded), &c); err != nil {
		return c, fmt.Errorf("read a change: %w", err)
	}
	c.Version = version
	return c, nil
}

// NoteChange implements pika.Changes.
func (db *DB) NoteChange(ctx context.Context, scope pika.Scope, c pika.Change) (int64, error) {
	var version int64
	err := db.doLocked(ctx, scope, operation{what: "note a change"}, func(ctx context.Context, t *tx) error {
		noted, err := noteChange(scope, c)
		if err != nil {
			return err
		}
		version = 0
		return t.finish(ctx, append(append([]statement{makeKnown(scope)}, noted...), lastVersion(scope, &version))...)
	})
	return version, err
}

// noteChange makes the statements that note a change; the transaction holds the user's
// lock.
func noteChange(scope pika.Scope, c pika.Change) ([]statement, error) {
	encoded, err := json.Marshal(c.Bound())
	if err != nil {
		return nil, err
	}
	return []statement{
		exec(`INSERT INTO changes (scope, tenant, version, change)
			SELECT $1, $2, coalesce((SELECT version FROM changes WHERE scope = $1 ORDER BY version DESC LIMIT 1), 0) + 1, $3`,
			scope.ID(), scope.Tenant, string(encoded)),
		exec(`DELETE FROM changes WHERE scope = $1
			AND version <= (SELECT version FROM changes WHERE scope = $1 ORDER BY version DESC LIMIT 1) - $2`, scope.ID(), pika.MaxChanges),
	}, nil
}
