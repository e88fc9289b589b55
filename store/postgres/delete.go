package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// Delete implements pika.Facts.
func (db *DB) Delete(ctx context.Context, tenant, id string, at time.Time) (pika.Scope, error) {
	const what = "delete a fact"
	// A fact's user, terms and document number never change: they are read before the
	// user's lock, and what can change is read again under it.
	f, number, err := db.locate(ctx, what, tenant, id)
	if err != nil {
		return pika.Scope{}, err
	}
	d := keyword.Count(f.Text)
	d.Number = number
	scope := pika.Scope{Tenant: tenant, User: f.UserID}
	err = db.doLocked(ctx, scope, operation{what: what, once: true}, func(ctx context.Context, t *tx) error {
		return deleteFact(ctx, t, scope, id, d, at)
	})
	if err != nil {
		return pika.Scope{}, err
	}
	return scope, nil
}

// deleteFact removes every copy of a fact's text that the truth holds, and leaves
// behind that there was a fact and that it was deleted.
func deleteFact(ctx context.Context, t *tx, scope pika.Scope, id string, d keyword.Document, at time.Time) error {
	var found []pika.Fact
	var reopened []string
	x := newIndex(scope, truth.FactsKey)
	terms, numbers := holding([]keyword.Document{d})
	err := t.run(ctx, x.load(), x.loadHolding(terms, numbers),
		collect(&found, factOf(scope.User), "SELECT "+factColumns+" FROM facts f WHERE f.scope = $1 AND f.id = $2", scope.ID(), id),
		collect(&reopened, text, "SELECT id FROM facts WHERE scope = $1 AND superseded_by = $2 AND superseded_by <> '' ORDER BY id", scope.ID(), id))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return truth.NoFact() // deleted by another call meanwhile
	}
	if err := x.remove([]keyword.Document{d}); err != nil {
		return err
	}
	statements := append(deleteRows(scope, &found[0]), x.save()...)
	statements = append(statements, insertRevisions(scope, []pika.Revision{{FactID: id, Event: truth.EventDeleted, At: at}}))
	noted, err := noteChange(scope, pika.Change{Touched: []string{id}, Added: reopened})
	if err != nil {
		return err
	}
	return t.finish(ctx, slices.Concat(statements, oweFacts(scope, found, at), noted, []statement{dropAnswers(scope)})...)
}

// deleteRows makes the statements that remove the fact's row, the rows that hang on it,
// its vectors, and its text where its history or a job repeats it.
func deleteRows(scope pika.Scope, f *pika.Fact) []statement {
	id := scope.ID()
	return []statement{
		exec("DELETE FROM facts WHERE scope = $1 AND id = $2", id, f.ID),
		exec(`DELETE FROM sources USING unnest($3::text[], $4::text[]) AS s (conversation, message)
			WHERE sources.scope = $1 AND sources.fact = $2
				AND sources.conversation = s.conversation COLLATE "C" AND sources.message = s.message COLLATE "C"`, id, f.ID,
			column(f.Sources, func(s *pika.Source) string { return s.ConversationID }),
			column(f.Sources, func(s *pika.Source) string { return s.MessageID })),
		exec("DELETE FROM entities WHERE scope = $1 AND fact = $2 AND id = ANY($3)", id, f.ID,
			column(f.Entities, func(e *pika.Entity) string { return e.ID })),
		// What it ended lasts as long as it did: nothing points at a fact that is gone.
		exec("UPDATE facts SET valid_to = $3, superseded_by = $4 WHERE scope = $1 AND superseded_by = $2 AND superseded_by <> ''",
			id, f.ID, truth.OptionalMicros(f.ValidTo), f.SupersededBy),
		exec("UPDATE job_items SET text = '' WHERE scope = $1 AND fact = $2", id, f.ID),
		exec("SELECT erase_history($1, $2)", id, f.ID),
		dropRaw(scope, truth.FactsKey, []string{f.ID}),
	}
}
