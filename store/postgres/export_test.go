package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Tables returns the tables of a database of Pika's that hold users' data.
func Tables() []string {
	return []string{
		"scopes", "facts", "sources", "entities", "history", "messages", "postings", "keyword_statistics",
		"outbox", "jobs", "commits", "job_items", "raw_vectors", "api_keys", "changes", "query_cache",
	}
}

// Conns returns how many connections the pool has.
func (db *DB) Conns() int { return int(db.pool.Stat().TotalConns()) }

// Connected returns how many connections the pool has made so far.
func (db *DB) Connected() int { return int(db.pool.Stat().NewConnsCount()) }

// ReadTwice is a call of two round trips.
func (db *DB) ReadTwice(ctx context.Context, between func()) error {
	return db.do(ctx, operation{what: "read twice"}, func(ctx context.Context, t *tx) error {
		if err := t.run(ctx, exec("SELECT 1")); err != nil {
			return err
		}
		between()
		return t.finish(ctx, exec("SELECT 1"))
	})
}

// Hold takes a connection out of the pool until release is called.
func (db *DB) Hold(ctx context.Context) (conn *pgx.Conn, release func(), err error) {
	c, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	return c.Conn(), c.Release, nil
}
