package sqlite

import (
	"context"
	"database/sql"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// History implements pika.Facts.
func (db *DB) History(ctx context.Context, tenant, id string) ([]pika.Revision, error) {
	var revisions []pika.Revision
	err := db.read(ctx, "read the history of a fact", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, `SELECT event, at, job, successor, text, conversation, message
			FROM history JOIN scopes ON scopes.key = history.scope
			WHERE fact = ? AND tenant = ? ORDER BY history.key`, id, tenant)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanRevision(rows, id)
			if err != nil {
				return err
			}
			revisions = append(revisions, r)
		}
		return rows.Err()
	})
	if err == nil && len(revisions) == 0 {
		return nil, truth.NoFact()
	}
	return revisions, err
}

func scanRevision(rows *sql.Rows, id string) (pika.Revision, error) {
	r := pika.Revision{FactID: id}
	var at int64
	var conversation, message sql.Null[string]
	if err := rows.Scan(&r.Event, &at, &r.JobID, &r.By, &r.Text, &conversation, &message); err != nil {
		return r, err
	}
	r.At = fromMicros(at)
	if message.Valid {
		r.Source = &pika.Source{ConversationID: conversation.V, MessageID: message.V}
	}
	return r, nil
}

func insertRevision(ctx context.Context, tx querier, scope int64, r pika.Revision) error {
	var conversation, message sql.Null[string]
	if r.Source != nil {
		conversation = sql.Null[string]{V: r.Source.ConversationID, Valid: true}
		message = sql.Null[string]{V: r.Source.MessageID, Valid: true}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO history (scope, fact, event, at, job, successor, text, conversation, message)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, scope, r.FactID, r.Event, micros(r.At), r.JobID, r.By, r.Text, conversation, message)
	return err
}

// silenceHistory takes a deleted fact's text and sources out of its history.
func silenceHistory(ctx context.Context, tx querier, scope int64, id string) error {
	_, err := tx.ExecContext(ctx, "UPDATE history SET text = '', conversation = NULL, message = NULL WHERE fact = ? AND scope = ?", id, scope)
	return err
}
