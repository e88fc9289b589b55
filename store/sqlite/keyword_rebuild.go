package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// rebuildPostings indexes the facts and the messages of all users anew whose postings
// were made with older terms than this program's. Each user's facts are one transaction,
// and each user's messages: a rebuild that ended early goes on where it stopped, and no
// index is half done.
func rebuildPostings(ctx context.Context, w *writer) error {
	for {
		var found bool
		err := w.do(ctx, func(tx querier) error {
			scope, corpus, err := olderIndex(ctx, tx)
			if found = corpus != 0; err != nil || !found {
				return err
			}
			return rebuildIndex(ctx, tx, scope, corpus)
		})
		if err != nil {
			return fmt.Errorf("rebuild the keyword index: %w", err)
		}
		if !found {
			return nil
		}
	}
}

// olderIndex returns the keys of a scope and of a corpus of it that is indexed by older
// terms; 0 if there is none.
func olderIndex(ctx context.Context, tx querier) (scope int64, corpus int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT scope, corpus FROM keyword_statistics WHERE version < ? ORDER BY version, scope, corpus LIMIT 1", keyword.Version).Scan(&scope, &corpus)
	return scope, corpus, ignoreNoRows(err)
}

// rebuildIndex indexes a user's corpus anew under the numbers its documents have.
func rebuildIndex(ctx context.Context, tx querier, scope int64, corpus int) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM postings WHERE scope = ? AND corpus = ?", scope, corpus)
	if err != nil {
		return err
	}
	var statistics keyword.Statistics
	last := int64(-1)
	for {
		documents, err := countAgain(ctx, tx, scope, corpus, last)
		if err != nil {
			return err
		}
		if len(documents) == 0 {
			break
		}
		if err := addPostings(ctx, tx, scope, corpus, documents); err != nil {
			return err
		}
		statistics.Add(documents...)
		last = int64(documents[len(documents)-1].Number)
		if err := ctx.Err(); err != nil { // the writer's statements do not look
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE keyword_statistics SET documents = ?, total_length = ?, version = ? WHERE scope = ? AND corpus = ?",
		statistics.Documents, statistics.TotalLength, keyword.Version, scope, corpus)
	return err
}

// The queries that read the texts of a corpus, of facts as of messages without a name.
// Messages whose content is not kept have no number.
var textQueries = map[int]string{
	truth.FactsKey:    "SELECT document, '', text FROM facts WHERE scope = ? AND document > ? ORDER BY document LIMIT ?",
	truth.MessagesKey: "SELECT document, name, content FROM messages WHERE scope = ? AND document > ? ORDER BY document LIMIT ?",
}

// rebuildBatches are how many documents of a corpus a rebuild holds in memory at once: no
// more than one call writes.
var rebuildBatches = map[int]int{truth.FactsKey: pika.MaxFactsPerCommit, truth.MessagesKey: pika.MaxConversationLen}

// countAgain counts the documents of a corpus that come after a number, one batch of them.
func countAgain(ctx context.Context, tx querier, scope int64, corpus int, after int64) (documents []keyword.Document, err error) {
	rows, err := tx.QueryContext(ctx, textQueries[corpus], scope, after, rebuildBatches[corpus])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var m pika.StoredMessage
		var number uint32
		if err := rows.Scan(&number, &m.Name, &m.Content); err != nil {
			return nil, err
		}
		d := keyword.Count(m.SearchText())
		d.Number = number
		documents = append(documents, d)
	}
	return documents, rows.Err()
}
