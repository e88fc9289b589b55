package postgres

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pikamem/pika"
)

// DB is the truth in a PostgreSQL database. Its methods may be called from many
// goroutines.
type DB struct {
	pool     *pgxpool.Pool
	config   Config
	address  string // host and port, for sentences
	database string
	scopes   scopeLocks

	full    atomic.Pointer[fullDisk] // nil: it never was
	closed  atomic.Bool
	closing sync.Once
}

// Open checks the configuration and returns at once: the server need not run. Every
// call then connects at need and fails with a sentence if it cannot; Ping says whether
// the database is one that Pika can work with. Errors are Invalid and name the field.
func Open(c Config) (*DB, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	p, err := c.poolConfig()
	if err != nil {
		return nil, err
	}
	p.AfterConnect = c.greet
	// It connects in the background; its context only bounds the wait for nothing.
	pool, err := pgxpool.NewWithConfig(context.Background(), p)
	if err != nil {
		return nil, pika.Wrap(pika.Invalid, err, "the settings of the database's connections are wrong")
	}
	return &DB{pool: pool, config: c, address: address(p.ConnConfig), database: p.ConnConfig.Database}, nil
}

// greet prepares a new connection. A transaction makes its own settings; these hold for
// the statements that are prepared before it begins, which may wait for locks too.
func (c Config) greet(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)",
		millis(c.StatementTimeout), millis(c.LockTimeout))
	if err != nil {
		return err
	}
	return checkConn(ctx, conn)
}

func address(c *pgx.ConnConfig) string {
	return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
}

// Ping reports whether the database answers, lets this user work, and has the schema of
// this program. Errors say what the operator can do. A disk that was full for a write of
// the last minute counts as full: the server itself does not tell.
func (db *DB) Ping(ctx context.Context) error {
	if full := db.full.Load(); full != nil && db.config.Now().Sub(full.at) < fullFor {
		return full.err
	}
	op := operation{what: "ping the database", access: everyone}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		if err := checkConn(ctx, t.conn); err != nil {
			return err
		}
		if err := checkWritable(ctx, t.conn); err != nil {
			return err
		}
		return t.finish(ctx)
	})
}

// Close waits for the calls in progress and gives the connections up. Further calls of
// any method fail; a second Close does nothing.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.closed.Store(true)
		db.pool.Close()
	})
	return nil
}
