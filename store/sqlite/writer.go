package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pikamem/pika"
)

const (
	// retryAfter is what a caller that found the queue full is told to wait.
	retryAfter = time.Second

	// maxTransaction is how long a transaction takes further requests in: behind a
	// large one the others wait for their own commit rather than for everybody's.
	maxTransaction = 25 * time.Millisecond
)

// writer owns the one connection that writes. A single goroutine takes requests from
// the queue and commits all that wait together.
type writer struct {
	pool     *sql.DB // of one connection
	conn     uninterrupted
	queue    chan *request
	batchLen int
	done     chan struct{} // closed when the goroutine has ended

	mu     sync.RWMutex // guards sending on queue against closing it
	closed bool
}

// request is one write that waits. Whoever moves claimed first, the writer to run
// it or the caller to give up, decides whether it happens.
type request struct {
	ctx     context.Context
	f       func(tx querier) error
	claimed atomic.Bool
	err     error // set by the writer
	done    chan error
}

func newWriter(ctx context.Context, pool *sql.DB, o Options) (*writer, error) {
	conn, err := openPrepared(ctx, pool)
	if err != nil {
		return nil, err
	}
	w := &writer{
		pool:     pool,
		conn:     uninterrupted{conn},
		queue:    make(chan *request, o.QueueLength),
		batchLen: o.BatchLength,
		done:     make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// do queues f and waits until it was committed, was refused, or ctx ended before it began.
func (w *writer) do(ctx context.Context, f func(tx querier) error) error {
	r := &request{ctx: ctx, f: f, done: make(chan error, 1)}
	if err := w.send(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-r.done
	}
}

func (w *writer) send(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed()
	}
	select {
	case w.queue <- r:
		return nil
	default:
		e := pika.Errorf(pika.Overloaded, "too many writes wait for the database: try again later")
		e.RetryAfter = retryAfter
		return e
	}
}

func (w *writer) stopped() bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.closed
}

func (w *writer) run() {
	defer close(w.done)
	for r := range w.queue {
		w.commit(r)
	}
}

// commit runs first, and what waits behind it, in one transaction and tells each how
// it went. Nobody is told of success before the commit is durable.
func (w *writer) commit(first *request) {
	batch, err := w.transact(first)
	if err != nil {
		_ = w.conn.rollback() // the transaction may be gone already
	}
	for _, r := range batch {
		if r.err == nil {
			r.err = err
		}
		r.done <- r.err
	}
}

// transact returns the requests it took. The error it returns is that of the
// transaction as a whole: then nothing of any request happened.
func (w *writer) transact(first *request) (batch []*request, err error) {
	start := time.Now()
	batch = append(batch, first)
	if err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		return batch, err
	}
	for r := first; r != nil; {
		if err := w.runOne(r); err != nil {
			return batch, err
		}
		if r = w.next(len(batch), start); r != nil {
			batch = append(batch, r)
		}
	}
	return batch, w.conn.exec("COMMIT")
}

// next returns a request that waits and may join the transaction, or nil. It never
// waits itself.
func (w *writer) next(n int, start time.Time) *request {
	if n == w.batchLen || time.Since(start) > maxTransaction {
		return nil
	}
	select {
	case r := <-w.queue: // nil once the queue is closed and empty
		return r
	default:
		return nil
	}
}

// runOne runs one request under a savepoint, so that its failure leaves the others'
// work alone. It returns an error only if the transaction itself was lost.
func (w *writer) runOne(r *request) error {
	if !r.claimed.CompareAndSwap(false, true) {
		return nil // its caller has given up and is gone
	}
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	if err := w.conn.exec("SAVEPOINT request"); err != nil {
		return err
	}
	if r.err = call(r.f, w.conn); r.err == nil {
		return w.conn.exec("RELEASE request")
	}
	// A full disk or a failing one rolls the whole transaction back: then there is
	// no savepoint to return to, and the request's own error is the reason.
	if err := w.conn.exec("ROLLBACK TO request"); err != nil {
		return r.err
	}
	return w.conn.exec("RELEASE request")
}

// call runs f and makes a panic an error: one caller's defect must not end the
// process while other callers' writes are in the same transaction.
func call(f func(tx querier) error, tx querier) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a write panicked: %v", p)
		}
	}()
	return f(tx)
}

// close lets queued requests finish and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.done
	// Nobody waits for the answer, and the log is folded in at the next start if
	// this does not succeed.
	checkpointed := w.conn.exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(checkpointed, w.conn.close(), w.pool.Close())
}
