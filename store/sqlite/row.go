package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// Times and JSON have the form that package truth gives them.
func micros(t time.Time) int64 { return truth.Micros(t) }

func fromMicros(v int64) time.Time { return truth.FromMicros(v) }

func optionalMicros(t *time.Time) *int64 { return truth.OptionalMicros(t) }

func optionalTime(v sql.Null[int64]) *time.Time {
	if !v.Valid {
		return nil
	}
	return truth.OptionalTime(&v.V)
}

func encodeJSON[T any](v T, empty bool) (string, error) { return truth.EncodeJSON(v, empty) }

func decodeJSON[T any](s string) (v T, err error) { return truth.DecodeJSON[T](s) }

const factColumns = `id, text, subject, predicate, object, category, language, confidence, negated, valid_from, valid_to, effective_at,
	source_index, recorded_at, superseded_by, extractor, content_hash, subject_key, object_key, entities, sources, metadata`

// scanFact reads a row of factColumns.
func scanFact(rows interface{ Scan(...any) error }, user string) (pika.Fact, error) {
	f := pika.Fact{UserID: user}
	var from, to sql.Null[int64]
	var effective, recorded int64
	var entities, sources, metadata string
	err := rows.Scan(&f.ID, &f.Text, &f.Subject, &f.Predicate, &f.Object, &f.Category, &f.Language, &f.Confidence, &f.Negated,
		&from, &to, &effective, &f.SourceIndex, &recorded, &f.SupersededBy, &f.Extractor, &f.ContentHash, &f.SubjectKey, &f.ObjectKey,
		&entities, &sources, &metadata)
	if err != nil {
		return pika.Fact{}, err
	}
	f.ValidFrom, f.ValidTo = optionalTime(from), optionalTime(to)
	f.EffectiveAt, f.RecordedAt = fromMicros(effective), fromMicros(recorded)
	if f.Entities, err = decodeJSON[[]pika.Entity](entities); err != nil {
		return pika.Fact{}, err
	}
	if f.Sources, err = decodeJSON[[]pika.Source](sources); err != nil {
		return pika.Fact{}, err
	}
	f.Metadata, err = decodeJSON[pika.Metadata](metadata)
	return f, err
}

// queryFacts runs a query for factColumns.
func queryFacts(ctx context.Context, tx querier, user, query string, args ...any) ([]pika.Fact, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var facts []pika.Fact
	for rows.Next() {
		f, err := scanFact(rows, user)
		if err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	return facts, rows.Err()
}

func insertFact(ctx context.Context, tx querier, scope int64, document uint32, f *pika.Fact) error {
	entities, err := encodeJSON(f.Entities, len(f.Entities) == 0)
	if err != nil {
		return err
	}
	sources, err := encodeJSON(f.Sources, len(f.Sources) == 0)
	if err != nil {
		return err
	}
	metadata, err := encodeJSON(f.Metadata, len(f.Metadata) == 0)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO facts (scope, document, `+factColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		scope, document, f.ID, f.Text, f.Subject, f.Predicate, f.Object, f.Category, f.Language, f.Confidence, f.Negated,
		optionalMicros(f.ValidFrom), optionalMicros(f.ValidTo), micros(f.EffectiveAt), f.SourceIndex, micros(f.RecordedAt),
		f.SupersededBy, f.Extractor, f.ContentHash, f.SubjectKey, f.ObjectKey, entities, sources, metadata)
	return err
}
