package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// preparedConn is a connection with its prepared statements. One goroutine uses it
// at a time.
type preparedConn struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt // bounded by the number of queries in this package
}

func openPrepared(ctx context.Context, pool *sql.DB) (*preparedConn, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

func (c *preparedConn) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.prepared[query] = s
	return s, nil
}

// ExecContext implements querier.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext implements querier.
func (c *preparedConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := c.statement(ctx, query)
	if err != nil {
		return c.conn.QueryRowContext(ctx, query, args...) // carries the same error
	}
	return s.QueryRowContext(ctx, args...)
}

// rollback ends a transaction that may already be gone.
func (c *preparedConn) rollback() error {
	_, err := c.ExecContext(context.Background(), "ROLLBACK")
	return err
}

func (c *preparedConn) close() error {
	var errs []error
	for _, s := range c.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// uninterrupted runs the writer's SQL without its callers' contexts: SQLite answers
// an interrupted write by rolling back the whole transaction, and other callers'
// writes are in it.
type uninterrupted struct{ *preparedConn }

func (c uninterrupted) exec(query string) error {
	_, err := c.ExecContext(context.Background(), query)
	return err
}

// ExecContext implements querier.
func (c uninterrupted) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return c.preparedConn.ExecContext(context.Background(), query, args...)
}

// QueryContext implements querier.
func (c uninterrupted) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.preparedConn.QueryContext(context.Background(), query, args...)
}

// QueryRowContext implements querier.
func (c uninterrupted) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	return c.preparedConn.QueryRowContext(context.Background(), query, args...)
}
