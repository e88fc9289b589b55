package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pikamem/pika"
)

// aboveScopes is above the id of every scope, each a UUID.
const aboveScopes = "~"

// inRange ends a query over `scopes CROSS JOIN … AS w` for a span of rows; its arguments
// are ?1–?4. The join runs over the scopes in their order and for each over its rows in
// theirs, so that nothing is sorted and nothing is read that is not returned.
const inRange = " WHERE scopes.id >= ?1 AND scopes.id < ?2 AND w.id >= ?3 ORDER BY scopes.id, w.id LIMIT ?4"

// span is a part of a RowRange that inRange can express: whole scopes, or one scope
// from an id on.
type span struct{ from, to, id string }

// spansOf cuts a range into the rest of the scope in which After stands and the scopes
// behind it. What comes after a string is not below the string with U+0000 behind it.
func spansOf(r pika.RowRange) (spans []span) {
	all := span{from: r.FromScope, to: r.ToScope}
	if all.to == "" {
		all.to = aboveScopes
	}
	if after := r.After.ScopeID; after >= all.from {
		next := after + "\x00"
		if after < all.to {
			spans = append(spans, span{from: after, to: next, id: r.After.ID + "\x00"})
		}
		all.from = next
	}
	if all.from < all.to {
		spans = append(spans, all)
	}
	return spans
}

// rowScan reads one row of a query.
type rowScan func(dest ...any) error

// eachInRange runs a query that ends with inRange over a range and calls f with every
// row, in order, until f says that it has enough. limit is the query's, -1 for none;
// args are ?5 and so on.
func eachInRange(ctx context.Context, tx querier, r pika.RowRange, limit int, query string, args []any, f func(scan rowScan) (more bool, err error)) error {
	for _, s := range spansOf(r) {
		rows, err := tx.QueryContext(ctx, query, append([]any{s.from, s.to, s.id, limit}, args...)...)
		if err != nil {
			return err
		}
		more, err := scanWhile(rows, f)
		if err = errors.Join(err, rows.Close()); err != nil || !more {
			return err
		}
	}
	return nil
}

func scanWhile(rows *sql.Rows, f func(scan rowScan) (more bool, err error)) (more bool, err error) {
	for rows.Next() {
		if more, err := f(rows.Scan); err != nil || !more {
			return false, err
		}
	}
	return true, rows.Err()
}

// listRange reads the rows of a range with a query of which each row makes one.
func listRange(ctx context.Context, tx querier, r pika.RowRange, query string, args []any, read func(scan rowScan) (pika.Row, error)) ([]pika.Row, error) {
	var rows []pika.Row
	err := eachInRange(ctx, tx, r, r.Limit, query, args, func(scan rowScan) (bool, error) {
		row, err := read(scan)
		rows = append(rows, row)
		return len(rows) < r.Limit, err
	})
	return rows, err
}

// scopesByID returns the known ones of scopes with the given ids.
func scopesByID(ctx context.Context, tx querier, ids []string) (map[string]pika.Scope, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, tenant, user FROM scopes WHERE id IN (SELECT value FROM json_each(?))", jsonList(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	scopes := make(map[string]pika.Scope, len(ids))
	for rows.Next() {
		var id string
		var s pika.Scope
		if err := rows.Scan(&id, &s.Tenant, &s.User); err != nil {
			return nil, err
		}
		scopes[id] = s
	}
	return scopes, rows.Err()
}

// byScope gathers the ids of keys by the id of their scope.
func byScope(keys []pika.RowKey) map[string][]string {
	ids := map[string][]string{}
	for _, k := range keys {
		ids[k.ScopeID] = append(ids[k.ScopeID], k.ID)
	}
	return ids
}
