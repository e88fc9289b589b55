package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/pikamem/pika"
)

// micros is a time as the tables hold it: microseconds since 1970, rounded down.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(v int64) time.Time { return time.UnixMicro(v).UTC() }

// floor rounds a time down to what a row can hold.
func floor(t time.Time) time.Time { return fromMicros(micros(t)) }

func optionalMicros(t *time.Time) sql.Null[int64] {
	if t == nil {
		return sql.Null[int64]{}
	}
	return sql.Null[int64]{V: micros(*t), Valid: true}
}

func optionalTime(v sql.Null[int64]) *time.Time {
	if !v.Valid {
		return nil
	}
	t := fromMicros(v.V)
	return &t
}

// encodeJSON returns v as JSON, or "" for an empty list or map.
func encodeJSON[T any](v T, empty bool) (string, error) {
	if empty {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", pika.Wrap(pika.Invalid, err, "a value cannot be written as JSON")
	}
	return string(b), nil
}

func decodeJSON[T any](s string) (v T, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &v)
	}
	return v, err
}

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
