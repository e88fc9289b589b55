package postgres

import (
	"context"
	"sync"

	"github.com/pikamem/pika"
)

// lockScope takes the user's lock until the transaction ends. What follows it sees all
// that earlier holders committed.
func lockScope(scope pika.Scope) statement {
	return exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "pika scope "+scope.ID())
}

// scopeLocks lets one call at a time of this process write to a user's memory. The lock
// that counts is the database's; this one keeps a user with many writes at once from
// holding all connections of the pool while they wait for each other. It must be taken
// before a connection is.
type scopeLocks struct {
	mu   sync.Mutex
	held map[pika.Scope]*scopeLock // of the calls in progress only
}

type scopeLock struct {
	turn  chan struct{} // holds a token while the lock is taken
	users int           // who hold the lock or wait for it
}

// take waits for the scope's lock until ctx ends.
func (l *scopeLocks) take(ctx context.Context, scope pika.Scope) (release func(), err error) {
	lock := l.join(scope)
	select {
	case lock.turn <- struct{}{}:
		return func() { <-lock.turn; l.leave(scope, lock) }, nil
	case <-ctx.Done():
		l.leave(scope, lock)
		return nil, ctx.Err()
	}
}

func (l *scopeLocks) join(scope pika.Scope) *scopeLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[pika.Scope]*scopeLock{}
	}
	lock, ok := l.held[scope]
	if !ok {
		lock = &scopeLock{turn: make(chan struct{}, 1)}
		l.held[scope] = lock
	}
	lock.users++
	return lock
}

func (l *scopeLocks) leave(scope pika.Scope, lock *scopeLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock.users--; lock.users == 0 {
		delete(l.held, scope)
	}
}

// doLocked is do for what writes to one user's memory: under the user's lock, which f
// finds taken.
func (db *DB) doLocked(ctx context.Context, scope pika.Scope, op operation, f func(ctx context.Context, t *tx) error) error {
	if scope.Tenant == "" {
		return pika.InvalidField("tenant", "is empty")
	}
	if err := notBegun(ctx, op.what); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, db.config.CallTimeout)
	defer cancel()
	release, err := db.scopes.take(waiting, scope)
	if err != nil {
		return pika.ContextError(err, name, op.what)
	}
	defer release()
	op.access, op.write = tenantOf(scope), true
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		t.opening = append(t.opening, lockScope(scope))
		return f(ctx, t)
	})
}
