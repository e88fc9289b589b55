package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// snapshots lends out the connections that read. A nil connection in the channel is
// one to be opened at need.
type snapshots struct {
	pool   *sql.DB
	free   chan *preparedConn
	closed chan struct{}
}

func newSnapshots(pool *sql.DB, n int) *snapshots {
	s := &snapshots{pool: pool, free: make(chan *preparedConn, n), closed: make(chan struct{})}
	for range n {
		s.free <- nil
	}
	return s
}

// read runs f in a read transaction. It waits for a free connection until ctx ends.
func (s *snapshots) read(ctx context.Context, f func(tx querier) error) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "BEGIN")
	if err == nil {
		err = f(c)
	}
	s.giveBack(c)
	return err
}

func (s *snapshots) take(ctx context.Context) (*preparedConn, error) {
	select {
	case <-s.closed:
		return nil, errClosed()
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-s.free:
		if c != nil {
			return c, nil
		}
		c, err := openPrepared(ctx, s.pool)
		if err != nil {
			s.free <- nil
		}
		return c, err
	}
}

// giveBack ends the snapshot; a connection that cannot even do that is thrown away.
func (s *snapshots) giveBack(c *preparedConn) {
	if c.rollback() != nil {
		_ = c.close()
		c = nil
	}
	s.free <- c
}

// close waits for the reads in progress and closes the connections. It is called once.
func (s *snapshots) close() error {
	close(s.closed)
	var errs []error
	for range cap(s.free) {
		if c := <-s.free; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(append(errs, s.pool.Close())...)
}
