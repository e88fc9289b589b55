package sqlite

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// Delete implements pika.Facts.
func (db *DB) Delete(ctx context.Context, tenant, id string, at time.Time) (pika.Scope, error) {
	var scope pika.Scope
	err := db.write(ctx, "delete a fact", func(tx querier) error {
		key, owner, err := locate(ctx, tx, tenant, id)
		if err != nil {
			return err
		}
		scope = owner
		return deleteFact(ctx, tx, key, id, at)
	})
	if err != nil {
		return pika.Scope{}, err
	}
	return scope, nil
}

// deleteFact removes every copy of a fact's text that the truth holds, and leaves
// behind that there was a fact and that it was deleted.
func deleteFact(ctx context.Context, tx querier, key int64, id string, at time.Time) error {
	facts, err := queryFacts(ctx, tx, "", "SELECT "+factColumns+" FROM facts WHERE id = ? AND scope = ?", id, key)
	if err != nil || len(facts) == 0 {
		return err
	}
	f := &facts[0]
	document := keyword.Count(f.Text)
	if err := tx.QueryRowContext(ctx, "SELECT document FROM facts WHERE id = ? AND scope = ?", id, key).Scan(&document.Number); err != nil {
		return err
	}
	if err := removeDocument(ctx, tx, key, truth.FactsKey, document); err != nil {
		return err
	}
	if err := deleteRows(ctx, tx, key, f); err != nil {
		return err
	}
	if err := dropRaw(ctx, tx, key, truth.FactsKey, id); err != nil {
		return err
	}
	// What it ended lasts as long as it did: nothing points at a fact that is gone.
	reopened, err := queryTexts(ctx, tx, "SELECT id FROM facts WHERE scope = ? AND superseded_by = ? ORDER BY id", key, id)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE facts SET valid_to = ?, superseded_by = ? WHERE scope = ? AND superseded_by = ?",
		optionalMicros(f.ValidTo), f.SupersededBy, key, id)
	if err != nil {
		return err
	}
	if err := silenceHistory(ctx, tx, key, id); err != nil {
		return err
	}
	if err := insertRevision(ctx, tx, key, pika.Revision{FactID: id, Event: truth.EventDeleted, At: at}); err != nil {
		return err
	}
	if err := noteChange(ctx, tx, key, pika.Change{Touched: []string{id}, Added: reopened}); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, dropAnswers, key); err != nil {
		return err
	}
	return oweFact(ctx, tx, key, f, at)
}

const silenceOutcomes = "UPDATE job_items INDEXED BY job_items_fact SET text = '' WHERE scope = ? AND fact = ?"

// deleteRows removes the fact's row, the rows that hang on it, and its text where a
// job repeats it.
func deleteRows(ctx context.Context, tx querier, key int64, f *pika.Fact) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM facts WHERE id = ? AND scope = ?", f.ID, key); err != nil {
		return err
	}
	for _, s := range f.Sources {
		_, err := tx.ExecContext(ctx, "DELETE FROM sources WHERE scope = ? AND conversation = ? AND message = ? AND fact = ?",
			key, s.ConversationID, s.MessageID, f.ID)
		if err != nil {
			return err
		}
	}
	for _, e := range f.Entities {
		if _, err := tx.ExecContext(ctx, "DELETE FROM entities WHERE scope = ? AND id = ? AND fact = ?", key, e.ID, f.ID); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, silenceOutcomes, key, f.ID)
	return err
}
