package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pikamem/pika"
)

// access is what a transaction may see.
type access struct {
	tenant string // the rows of this tenant
	all    bool   // of every tenant
}

func tenantOf(s pika.Scope) access { return access{tenant: s.Tenant} }

// everyone is for the operations that are for all tenants, and for nothing else.
var everyone = access{all: true}

// tx is one transaction on one connection. It begins with its first statements, in the
// same round trip.
type tx struct {
	conn    *pgx.Conn
	opening []statement // what is sent before the first statements
	ending  bool        // COMMIT was sent: the changes may be there even if no answer came
}

// run runs statements in order, in one round trip.
func (t *tx) run(ctx context.Context, statements ...statement) error {
	all := append(t.opening, statements...)
	t.opening = nil
	return send(ctx, t.conn, all)
}

// finish runs the transaction's last statements and ends it, in one round trip.
func (t *tx) finish(ctx context.Context, statements ...statement) error {
	t.ending = true
	return t.run(ctx, append(statements, exec("COMMIT"))...)
}

// operation is one call of a method.
type operation struct {
	what   string // for the log: "commit facts"
	access access
	write  bool
	once   bool // it must not be done again if it may have been done
	search bool // it waits no longer than a search may
	list   bool // it reads a part of a long list in the order of an index
	whole  bool // it reads whole tables: its statement may take as long as the call
	until  bool // the caller set a deadline
	lossy  bool // it may be lost if the server dies right after it: it does not wait for the disk
}

// attempts bounds how often an operation is tried when it failed by no fault of its own.
const attempts = 4

// do runs f in a transaction. f must call finish at its end, and touch nothing but its
// own variables and the transaction: it may run again. Either everything it did is
// there when do returns nil, or, save for a connection lost at the end, nothing is.
func (db *DB) do(ctx context.Context, op operation, f func(ctx context.Context, t *tx) error) error {
	if err := notBegun(ctx, op.what); err != nil {
		return err
	}
	_, op.until = ctx.Deadline()
	bounded, cancel := context.WithTimeout(ctx, db.config.CallTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		again, err := db.try(bounded, op, f)
		if err == nil || !again || attempt == attempts || !wait(bounded, attempt) {
			err = db.translate(bounded, op.what, err)
			if op.write {
				db.noteFull(err)
			}
			return err
		}
	}
}

// fullDisk is the last write that found the disk full. Small writes may go on while
// others fail, so a success says nothing.
type fullDisk struct {
	err *pika.Error
	at  time.Time
}

// fullFor is how long a disk counts as full after a write that found it so.
const fullFor = time.Minute

func (db *DB) noteFull(err error) {
	var e *pika.Error
	if isFull(err) && errors.As(err, &e) {
		db.full.Store(&fullDisk{err: e, at: db.config.Now()})
	}
}

// try runs f once and says whether it may be run again.
func (db *DB) try(ctx context.Context, op operation, f func(context.Context, *tx) error) (again bool, err error) {
	conn, err := db.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	t := &tx{conn: conn.Conn(), opening: db.opening(ctx, op)}
	if err = f(ctx, t); err == nil {
		return false, nil
	}
	undo(conn)
	lost := ctx.Err() == nil && isLost(err) // a call that was given up says nothing of other connections
	if lost {
		db.pool.Reset() // what ended this connection may have ended the idle ones
	}
	return isTransient(err) || (lost && !(t.ending && op.once)), err
}

// opening returns the statements that begin a transaction. Everything is set for this
// transaction alone. A writing transaction does not insist on READ WRITE: where the
// operator, or a managed service whose disk is full, made read-only the default, that
// must hold.
func (db *DB) opening(ctx context.Context, op operation) []statement {
	begin, all, sort := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "", "on"
	if op.write {
		begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
	}
	if op.access.all {
		all = "on"
	}
	if op.list {
		sort = "off"
	}
	opening := []statement{exec(begin), exec(settings,
		op.access.tenant, all, millis(db.statementTimeout(ctx, op)), millis(db.config.LockTimeout), millis(db.config.IdleTimeout), sort)}
	if op.lossy {
		opening = append(opening, exec("SET LOCAL synchronous_commit = off"))
	}
	return opening
}

// settings are the settings of a transaction. Every query here has an index that it is
// written for and reads few rows. The planner must find it on tables without statistics
// too, and it cannot know that the tenant, which row-level security compares, follows
// from the user: it takes for one row what are ten thousand, and then reads and sorts
// them all for a page of fifty. A plan kept for all parameters (a generic one) that was
// made while tables were empty stays bad when they are full, so none is kept. Compiling
// a query (jit) costs more than it gains.
const settings = `SELECT set_config('pika.tenant', $1, true), set_config('pika.all_tenants', $2, true),
	set_config('statement_timeout', $3, true), set_config('lock_timeout', $4, true),
	set_config('idle_in_transaction_session_timeout', $5, true), set_config('enable_sort', $6, true),
	set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`

// statementTimeout returns how long one statement may run on the server.
func (db *DB) statementTimeout(ctx context.Context, op operation) time.Duration {
	limit := db.config.StatementTimeout
	if op.whole {
		limit = db.config.CallTimeout
	}
	if op.search && !op.until {
		limit = min(limit, db.config.SearchTimeout)
	}
	deadline, _ := ctx.Deadline() // do sets one in any case
	return max(min(limit, time.Until(deadline)), time.Millisecond)
}

func millis(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

// undo ends a transaction that failed, so that its connection can be used again; a
// connection that cannot even do that is thrown away by the pool.
func undo(conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "ROLLBACK")
}

// acquire takes a connection from the pool.
func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, db.config.ConnectTimeout+time.Second)
	defer cancel()
	conn, err := db.pool.Acquire(bounded)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return conn, err
	}
	if s := db.pool.Stat(); s.AcquiredConns() == s.MaxConns() {
		busy := pika.Wrap(pika.Overloaded, err, "all %d connections to the database are busy: try again", s.MaxConns())
		busy.RetryAfter = time.Second
		return nil, busy
	}
	return nil, db.silent(err)
}

// wait waits before another attempt; false: there is no time left for one.
func wait(ctx context.Context, attempt int) bool {
	pause := time.Duration(attempt*10+rand.IntN(20)) * time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// isTransient reports a transaction that the server undid and that may succeed now.
func isTransient(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	case "0A000": // cached plan must not change result type: the schema was migrated
		return true
	}
	return false
}

// isLost reports a connection that died: closed by the server, or by the network.
func isLost(err error) bool {
	switch sqlState(err) {
	case "57P01", "57P02": // the server ended the connection, or itself
		return true
	case "":
		return pgconn.SafeToRetry(err) || isBroken(err)
	}
	return false
}
