package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// rebuildBatch is how many facts a rebuild holds in memory at once.
const rebuildBatch = 1000

// rebuildPostings indexes the facts of all users anew whose postings were made with older
// terms than this program's. Each user's are one transaction: a rebuild that ended early
// goes on where it stopped, and none is half done.
func rebuildPostings(ctx context.Context, w *writer) error {
	for {
		var user int64
		err := w.do(ctx, func(tx querier) (err error) {
			user, err = olderUser(ctx, tx)
			if err != nil || user == 0 {
				return err
			}
			return rebuildUser(ctx, tx, user)
		})
		if err != nil {
			return fmt.Errorf("rebuild the keyword index: %w", err)
		}
		if user == 0 {
			return nil
		}
	}
}

// olderUser returns the key of a scope whose facts are indexed by older terms, 0 if there
// is none.
func olderUser(ctx context.Context, tx querier) (user int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT scope FROM keyword_statistics WHERE corpus = 1 AND version < ? LIMIT 1", keyword.Version).Scan(&user)
	return user, ignoreNoRows(err)
}

// rebuildUser indexes a user's facts anew under the numbers they have.
func rebuildUser(ctx context.Context, tx querier, user int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM postings WHERE scope = ? AND corpus = ?", user, truth.FactsKey)
	if err != nil {
		return err
	}
	var statistics keyword.Statistics
	last := int64(-1)
	for {
		documents, err := countFacts(ctx, tx, user, last)
		if err != nil {
			return err
		}
		if len(documents) == 0 {
			break
		}
		if err := addPostings(ctx, tx, user, truth.FactsKey, documents); err != nil {
			return err
		}
		statistics.Add(documents...)
		last = int64(documents[len(documents)-1].Number)
		if err := ctx.Err(); err != nil { // the writer's statements do not look
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE keyword_statistics SET documents = ?, total_length = ?, version = ? WHERE scope = ? AND corpus = ?",
		statistics.Documents, statistics.TotalLength, keyword.Version, user, truth.FactsKey)
	return err
}

// countFacts counts the facts that come after a number, one batch of them.
func countFacts(ctx context.Context, tx querier, user, after int64) (documents []keyword.Document, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT document, "+factColumns+" FROM facts WHERE scope = ? AND document > ? ORDER BY document LIMIT ?",
		user, after, rebuildBatch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f pika.Fact
		var number uint32
		if f, err = scanFact(numbered{rows, &number}, ""); err != nil {
			return nil, err
		}
		d := keyword.CountFact(&f)
		d.Number = number
		documents = append(documents, d)
	}
	return documents, rows.Err()
}

// numbered scans a fact's document number, which stands before its columns.
type numbered struct {
	rows   *sql.Rows
	number *uint32
}

// Scan reads the number and then the fact.
func (n numbered) Scan(dest ...any) error { return n.rows.Scan(append([]any{n.number}, dest...)...) }
