package sqlite

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/truth"
)

// writePlan brings a plan into the tables.
func writePlan(ctx context.Context, tx querier, key int64, p *truth.Plan) error {
	if err := writeCreated(ctx, tx, key, p); err != nil {
		return err
	}
	if err := writeChanged(ctx, tx, key, p.Changed); err != nil {
		return err
	}
	for _, r := range p.Revisions {
		if err := insertRevision(ctx, tx, key, r); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.Sources)) {
		if err := insertSources(ctx, tx, key, id, p.Sources[id]); err != nil {
			return err
		}
	}
	if c := p.Change(); c != nil {
		return noteChange(ctx, tx, key, *c)
	}
	return nil
}

// writeCreated inserts the new facts in their final state, indexed and owed to the
// projections.
func writeCreated(ctx context.Context, tx querier, key int64, p *truth.Plan) error {
	documents := make([]keyword.Document, len(p.Created))
	for i, f := range p.Created {
		documents[i] = keyword.Count(f.Text)
	}
	number, err := addDocuments(ctx, tx, key, truth.FactsKey, documents)
	if err != nil {
		return err
	}
	for i, f := range p.Created {
		if err := writeFact(ctx, tx, key, number+uint32(i), f, p.At); err != nil {
			return err
		}
	}
	return nil
}

func writeFact(ctx context.Context, tx querier, key int64, document uint32, f *pika.Fact, at time.Time) error {
	err := insertFact(ctx, tx, key, document, f)
	if resultCode(err) == sqlite3.SQLITE_CONSTRAINT {
		return pika.Wrap(pika.Conflict, err, "a fact with the same id is there already")
	}
	if err != nil {
		return err
	}
	for _, e := range f.Entities {
		if err := insertEntity(ctx, tx, key, f.ID, e); err != nil {
			return err
		}
	}
	return oweFact(ctx, tx, key, f, at)
}

// writeChanged updates the facts that were there before.
func writeChanged(ctx context.Context, tx querier, key int64, changed []*pika.Fact) error {
	for _, f := range changed {
		sources, err := encodeJSON(f.Sources, len(f.Sources) == 0)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE facts SET effective_at = ?, valid_from = ?, valid_to = ?, superseded_by = ?, sources = ?
			WHERE id = ? AND scope = ?`, micros(f.EffectiveAt), optionalMicros(f.ValidFrom), optionalMicros(f.ValidTo), f.SupersededBy, sources, f.ID, key)
		if err != nil {
			return err
		}
	}
	return nil
}

func insertSources(ctx context.Context, tx querier, key int64, fact string, sources []pika.Source) error {
	for _, s := range sources {
		_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO sources (scope, conversation, message, fact) VALUES (?, ?, ?, ?)",
			key, s.ConversationID, s.MessageID, fact)
		if err != nil {
			return err
		}
	}
	return nil
}

func insertEntity(ctx context.Context, tx querier, key int64, fact string, e pika.Entity) error {
	_, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO entities (scope, id, fact, name, type) VALUES (?, ?, ?, ?, ?)",
		key, e.ID, fact, e.Name, e.Type)
	return err
}

func wasCommitted(ctx context.Context, tx querier, key int64, job string, chunk int) (known bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT true FROM commits WHERE scope = ? AND job = ? AND chunk = ?", key, job, chunk).Scan(&known)
	return known, ignoreNoRows(err)
}

// saveOutcomes remembers what a commit said.
func saveOutcomes(ctx context.Context, tx querier, key int64, job string, chunk int, outcomes []pika.FactOutcome) error {
	var errs []error
	_, err := tx.ExecContext(ctx, "INSERT INTO commits (scope, job, chunk) VALUES (?, ?, ?)", key, job, chunk)
	errs = append(errs, err)
	for i, o := range outcomes {
		supersedes, err := encodeJSON(o.Supersedes, len(o.Supersedes) == 0)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO job_items (scope, job, chunk, item, fact, outcome, text, reason, supersedes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, key, job, chunk, i, o.FactID, o.Outcome, truth.ItemText(o), o.Reason, supersedes)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
