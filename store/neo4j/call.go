package neo4j

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

const (
	readTries  = 3 // a connection that has just broken is made anew
	writeTries = 6 // writers of one user may meet at other locks of the server, too
	firstPause = 10 * time.Millisecond
	maxPause   = 200 * time.Millisecond
)

// call gives f a session until timeout or ctx ends, whichever is first, and makes its
// error a sentence. f may be called several times.
func (g *Graph) call(ctx context.Context, what string, timeout time.Duration, mode neo4j.AccessMode, tries int, f func(context.Context, neo4j.SessionWithContext) error) error {
	if err := notBegun(ctx, what); err != nil {
		return err
	}
	if g.closed.Load() {
		return errClosed()
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := g.login.do(limited, func() error {
		return retry(limited, tries, func() error { return g.session(limited, mode, f) })
	})
	return translate(ctx, limited, what, err)
}

// session runs f in a session of its own. A session whose context has ended has lost
// its connection, so that closing it waits for nothing.
func (g *Graph) session(ctx context.Context, mode neo4j.AccessMode, f func(context.Context, neo4j.SessionWithContext) error) (err error) {
	s := g.driver.NewSession(ctx, neo4j.SessionConfig{AccessMode: mode, DatabaseName: g.config.Database})
	defer func() {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		closeErr := s.Close(leaving)
		if err == nil {
			err = closeErr
		}
	}()
	return f(ctx, s)
}

// retry calls f up to tries times while its failure may be over in a moment.
func retry(ctx context.Context, tries int, f func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == tries || ctx.Err() != nil || !passing(err) {
			return err
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

// passing reports whether what failed may succeed at once: a broken connection, a
// deadlock, a node that another transaction removed under this one's hands.
func passing(err error) bool {
	var known *pika.Error
	if errors.As(err, &known) {
		return false
	}
	return neo4j.IsRetryable(err) || codeOf(err) == "Neo.ClientError.Statement.EntityNotFound"
}

// read runs one query in one round trip and gives its rows to each.
func (g *Graph) read(ctx context.Context, what string, timeout time.Duration, mode neo4j.AccessMode, query string, params map[string]any) ([]*neo4j.Record, error) {
	var rows []*neo4j.Record
	err := g.call(ctx, what, timeout, mode, readTries, func(ctx context.Context, s neo4j.SessionWithContext) error {
		result, err := s.Run(ctx, query, params, serverTimeout(timeout))
		if err != nil {
			return err
		}
		rows, err = result.Collect(ctx)
		return err
	})
	return rows, err
}

// write runs f in a transaction of a session that may write; f may run again.
func (g *Graph) write(ctx context.Context, what string, f func(*tx) error) error {
	return g.call(ctx, what, g.config.WriteTimeout, neo4j.AccessModeWrite, writeTries, func(ctx context.Context, s neo4j.SessionWithContext) error {
		return inTx(ctx, s, g.config.WriteTimeout, f, true)
	})
}

// inTx runs f in a transaction and commits it if asked to and f did not fail.
func inTx(ctx context.Context, s neo4j.SessionWithContext, timeout time.Duration, f func(*tx) error, commit bool) error {
	begun, err := s.BeginTransaction(ctx, serverTimeout(timeout))
	if err != nil {
		return err
	}
	if err := f(&tx{ctx: ctx, tx: begun}); err != nil || !commit {
		return errors.Join(err, begun.Rollback(ctx))
	}
	return begun.Commit(ctx)
}

// serverTimeout makes the server give up a transaction that nobody waits for any more.
// It looks late, so that deadlines rest on contexts alone.
func serverTimeout(d time.Duration) func(*neo4j.TransactionConfig) { return neo4j.WithTxTimeout(d) }

// tx is a transaction with its context, which both end together.
type tx struct {
	ctx context.Context
	tx  neo4j.ExplicitTransaction
}

// run runs a statement to its end.
func (t *tx) run(query string, params map[string]any) error {
	result, err := t.tx.Run(t.ctx, query, params)
	if err != nil {
		return err
	}
	_, err = result.Consume(t.ctx)
	return err
}

// number runs a query for one whole number.
func (t *tx) number(query string, params map[string]any) (int64, error) {
	result, err := t.tx.Run(t.ctx, query, params)
	if err != nil {
		return 0, err
	}
	row, err := result.Single(t.ctx)
	if err != nil {
		return 0, err
	}
	n, _ := row.Values[0].(int64)
	return n, nil
}
