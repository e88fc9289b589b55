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

// rebuildIndexes is how many indexes are looked up at once.
const rebuildIndexes = 100

// rebuildBatches are how many documents of a corpus are held in memory at once: no more
// than one call writes.
var rebuildBatches = map[int]int{truth.FactsKey: pika.MaxFactsPerCommit, truth.MessagesKey: pika.MaxConversationLen}

// The limits of a rebuild's transactions. Nobody waits for it but the operator, and the
// one user whose index is being rebuilt, with writes.
const (
	rebuildStatement = 2 * time.Minute
	rebuildLock      = time.Minute
	rebuildIdle      = time.Minute
)

// olderIndex is a user's corpus that is indexed by older terms than this program's.
type olderIndex struct {
	scope  pika.Scope
	corpus int
}

// rebuildPostings indexes the facts and the messages of all users anew whose postings
// were made with older terms than this program's. Each user's facts are one transaction
// under the user's lock, and each user's messages: a rebuild that ended early goes on
// where it stopped, no index is half done, and a search sees it from before or from after.
func rebuildPostings(ctx context.Context, conn *pgx.Conn) error {
	for {
		older, err := olderIndexes(ctx, conn)
		if err != nil {
			return fmt.Errorf("look for older keyword indexes: %w", err)
		}
		if len(older) == 0 {
			return nil
		}
		for _, o := range older {
			if err := o.rebuild(ctx, conn); err != nil {
				return fmt.Errorf("rebuild the keyword index of the %s of the scope %s: %w", truth.CorpusOf(o.corpus), o.scope.ID(), err)
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

// olderIndexes returns some indexes that were made with older terms.
func olderIndexes(ctx context.Context, conn *pgx.Conn) (older []olderIndex, err error) {
	read := func(s scan) (o olderIndex, err error) {
		err = s(&o.scope.Tenant, &o.scope.User, &o.corpus)
		return o, err
	}
	err = rebuildTx(conn).finish(ctx, collect(&older, read, `SELECT s.tenant, s.user_id, k.corpus
		FROM keyword_statistics k JOIN scopes s ON s.id = k.scope WHERE k.version < $1 LIMIT $2`, keyword.Version, rebuildIndexes))
	return older, err
}

// rebuild indexes the corpus anew under the numbers its documents have, unless another
// rebuild has done it meanwhile.
func (o olderIndex) rebuild(ctx context.Context, conn *pgx.Conn) error {
	t := rebuildTx(conn)
	t.opening = append(t.opening, lockScope(o.scope))
	var version int
	err := t.run(ctx, into("SELECT version FROM keyword_statistics WHERE scope = $1 AND corpus = $2", []any{o.scope.ID(), o.corpus}, &version))
	if err != nil {
		return err
	}
	if version >= keyword.Version {
		return t.finish(ctx)
	}
	if err := t.run(ctx, exec("DELETE FROM postings WHERE scope = $1 AND corpus = $2", o.scope.ID(), o.corpus)); err != nil {
		return err
	}
	statistics, err := o.index(ctx, t)
	if err != nil {
		return err
	}
	return t.finish(ctx, exec("UPDATE keyword_statistics SET documents = $3, total_length = $4, version = $5 WHERE scope = $1 AND corpus = $2",
		o.scope.ID(), o.corpus, statistics.Documents, statistics.TotalLength, keyword.Version))
}

// index indexes all documents of a corpus without postings.
func (o olderIndex) index(ctx context.Context, t *tx) (statistics keyword.Statistics, err error) {
	for last := int64(-1); ; {
		documents, err := o.count(ctx, t, last)
		if err != nil || len(documents) == 0 {
			return statistics, err
		}
		x := newIndex(o.scope, o.corpus)
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

// The queries that read the texts of a corpus, of facts as of messages without a name.
// Messages whose content is not kept have no number.
var textQueries = map[int]string{
	truth.FactsKey:    "SELECT document, '', text FROM facts WHERE scope = $1 AND document > $2 ORDER BY document LIMIT $3",
	truth.MessagesKey: "SELECT document, name, content FROM messages WHERE scope = $1 AND document > $2 ORDER BY document LIMIT $3",
}

// count counts the documents that come after a number, one batch of them.
func (o olderIndex) count(ctx context.Context, t *tx, after int64) (documents []keyword.Document, err error) {
	err = t.run(ctx, collect(&documents, func(s scan) (d keyword.Document, err error) {
		var m pika.StoredMessage
		var number uint32
		err = s(&number, &m.Name, &m.Content)
		d = keyword.Count(m.SearchText())
		d.Number = number
		return d, err
	}, textQueries[o.corpus], o.scope.ID(), after, rebuildBatches[o.corpus]))
	return documents, err
}
