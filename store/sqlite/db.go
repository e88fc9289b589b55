package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// Options tune a DB. The zero value is the safe one.
type Options struct {
	// Relaxed lets the operating system delay commits (synchronous=NORMAL): a power
	// loss may then take the last commits with it, a killed process may not.
	// Defaults to false: a commit that was acknowledged is on the disk.
	Relaxed bool

	// QueueLength is how many writes may wait before further ones are refused as
	// Overloaded. Defaults to 1,024.
	QueueLength int

	// BatchLength is how many waiting writes may share a transaction. Defaults to 128.
	BatchLength int

	// Readers is the number of connections that read. Defaults to 4.
	Readers int

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.QueueLength = cmp.Or(o.QueueLength, 1024)
	o.BatchLength = cmp.Or(o.BatchLength, 128)
	o.Readers = cmp.Or(o.Readers, 4)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// DB is an open database file. Its methods may be called from many goroutines.
type DB struct {
	readers   *sql.DB // connections that cannot write
	snapshots *snapshots
	writer    *writer
	lock      *fileLock
	now       func() time.Time

	closing  sync.Once
	closeErr error
}

// querier runs SQL inside a transaction: the writer's, or a reader's snapshot.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// write runs f on the writer connection. Either everything f did is durable when
// write returns nil, or nothing of it happened. f may share a transaction with other
// writes, sees their effects, and must touch nothing but tx; a panic of f becomes an
// Internal error. what names the operation for the log: "commit facts".
//
// A full queue is Overloaded. A ctx that ends before f began makes write return and
// f never run; once f has begun, write waits for it.
func (db *DB) write(ctx context.Context, what string, f func(tx querier) error) error {
	if err := ctx.Err(); err != nil {
		return contextError(err, what)
	}
	return translate(ctx, what, db.writer.do(ctx, f))
}

// read runs f on a snapshot of the database: all its queries see the same state.
func (db *DB) read(ctx context.Context, what string, f func(tx querier) error) error {
	if err := ctx.Err(); err != nil {
		return contextError(err, what)
	}
	return translate(ctx, what, db.snapshots.read(ctx, f))
}

// scopeKey returns the integer that stands for a scope in every table. If the scope
// was never written to, found is false, unless create asks to make it known.
func (db *DB) scopeKey(ctx context.Context, tx querier, scope pika.Scope, create bool) (key int64, found bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT key FROM scopes WHERE id = ?", scope.ID()).Scan(&key)
	if err == nil {
		return key, true, nil
	}
	if !errors.Is(err, sql.ErrNoRows) || !create {
		return 0, false, ignoreNoRows(err)
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO scopes (id, tenant, user) VALUES (?, ?, ?)", scope.ID(), scope.Tenant, scope.User)
	if err != nil {
		return 0, false, err
	}
	key, err = result.LastInsertId()
	return key, err == nil, err
}

// Ping reports whether the file can be read and the writer runs.
func (db *DB) Ping(ctx context.Context) error {
	return db.read(ctx, "ping the database", func(tx querier) error {
		if db.writer.stopped() {
			return errClosed()
		}
		var one int
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM settings").Scan(&one)
	})
}

// Close lets the waiting writes finish, folds the write-ahead log into the file and
// gives the file up. Further calls of any method fail; a second Close returns what
// the first did.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.closeErr = errors.Join(db.snapshots.close(), db.writer.close(), db.lock.release())
	})
	return db.closeErr
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
