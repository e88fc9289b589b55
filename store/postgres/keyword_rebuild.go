package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

const (
	rebuildUsers = 100  // users that are looked up at once
	rebuildBatch = 1000 // facts that are held in memory at once
)

// The limits of a rebuild's transactions. Nobody waits for it but the operator, and the
// one user whose index is being rebuilt, with writes.
const (
	rebuildStatement = 2 * time.Minute
	rebuildLock      = time.Minute
	rebuildIdle      = time.Minute
)

// rebuildPostings indexes the facts of all users anew whose postings were made with older
// terms than this program's. Each user's are one transaction under the user's lock: a
// rebuild that ended early goes on where it stopped, none is half done, and a search sees
// the index from before or from after.
func rebuildPostings(ctx context.Context, conn *pgx.Conn) error {
	for {
		users, err := olderUsers(ctx, conn)
		if err != nil {
			return fmt.Errorf("look for older keyword indexes: %w", err)
		}
		if len(users) == 0 {
			return nil
		}
		for _, scope := range users {
			if err := rebuildUser(ctx, conn, scope); err != nil {
				return fmt.Errorf("rebuild the keyword index of the scope %s: %w", scope.ID(), err)
			}
		}
	}
}

// rebuildTx begins a transaction that sees all tenants' rows.
func rebuildTx(conn *pgx.Conn) *tx {
	return &tx{conn: conn, opening: []statement{
		exec("BEGIN ISOLATION LEVEL READ COMMITTED"),
		exec(settings, "", "on", millis(rebuildStatement), millis(rebuildLock), millis(rebuildIdle), "on"),
	}}
}

// olderUsers returns some users whose facts are indexed by older terms.
func olderUsers(ctx context.Context, conn *pgx.Conn) (users []pika.Scope, err error) {
	read := func(s scan) (scope pika.Scope, err error) {
		err = s(&scope.Tenant, &scope.User)
		return scope, err
	}
	err = rebuildTx(conn).finish(ctx, collect(&users, read, `SELECT s.tenant, s.user_id FROM keyword_statistics k JOIN scopes s ON s.id = k.scope
		WHERE k.corpus = 1 AND k.version < $1 LIMIT $2`, keyword.Version, rebuildUsers))
	return users, err
}

// rebuildUser indexes a user's facts anew under the numbers they have, unless another
// rebuild has done it meanwhile.
func rebuildUser(ctx context.Context, conn *pgx.Conn, scope pika.Scope) error {
	t := rebuildTx(conn)
	t.opening = append(t.opening, lockScope(scope))
	var version int
	err := t.run(ctx, into("SELECT version FROM keyword_statistics WHERE scope = $1 AND corpus = $2", []any{scope.ID(), truth.FactsKey}, &version))
	if err != nil {
		return err
	}
	if version >= keyword.Version {
		return t.finish(ctx)
	}
	if err := t.run(ctx, exec("DELETE FROM postings WHERE scope = $1 AND corpus = $2", scope.ID(), truth.FactsKey)); err != nil {
		return err
	}
	statistics, err := indexFacts(ctx, t, scope)
	if err != nil {
		return err
	}
	return t.finish(ctx, exec("UPDATE keyword_statistics SET documents = $3, total_length = $4, version = $5 WHERE scope = $1 AND corpus = $2",
		scope.ID(), truth.FactsKey, statistics.Documents, statistics.TotalLength, keyword.Version))
}

// indexFacts indexes all facts of a user who has no postings of facts.
func indexFacts(ctx context.Context, t *tx, scope pika.Scope) (statistics keyword.Statistics, err error) {
	for last := int64(-1); ; {
		documents, err := numberedFacts(ctx, t, scope, last)
		if err != nil || len(documents) == 0 {
			return statistics, err
		}
		x := newIndex(scope, truth.FactsKey)
		if err := t.run(ctx, x.loadLast(termsOf(documents))...); err != nil {
			return statistics, err
		}
		if err := x.addPostings(documents); err != nil {
			return statistics, err
		}
		if err := t.run(ctx, x.save()...); err != nil {
			return statistics, err
		}
		statistics.Add(documents...)
		last = int64(documents[len(documents)-1].Number)
	}
}

// numberedFacts counts the facts that come after a number, one batch of them.
func numberedFacts(ctx context.Context, t *tx, scope pika.Scope, after int64) (documents []keyword.Document, err error) {
	var number uint32
	read := factOf(scope.User, &number)
	err = t.run(ctx, query(func(s scan) error {
		f, err := read(s)
		d := keyword.CountFact(&f)
		d.Number = number
		documents = append(documents, d)
		return err
	}, "SELECT "+factColumns+", f.document FROM facts f WHERE f.scope = $1 AND f.document > $2 ORDER BY f.document LIMIT $3",
		scope.ID(), after, rebuildBatch))
	return documents, err
}
