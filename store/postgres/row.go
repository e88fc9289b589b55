package postgres

import (
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

const factColumns = `f.id, f.text, f.subject, f.predicate, f.object, f.category, f.language, f.confidence, f.negated,
	f.valid_from, f.valid_to, f.effective_at, f.source_index, f.recorded_at, f.superseded_by, f.extractor, f.content_hash,
	f.subject_key, f.object_key, f.entities, f.sources, f.metadata`

// factOf returns a function that reads a row of factColumns, and of more columns after
// them, as a fact of the user.
func factOf(user string, more ...any) func(scan) (pika.Fact, error) {
	return func(s scan) (pika.Fact, error) {
		f := pika.Fact{UserID: user}
		var from, to *int64
		var effective, recorded int64
		var entities, sources, metadata string
		err := s(append([]any{
			&f.ID, &f.Text, &f.Subject, &f.Predicate, &f.Object, &f.Category, &f.Language, &f.Confidence, &f.Negated,
			&from, &to, &effective, &f.SourceIndex, &recorded, &f.SupersededBy, &f.Extractor, &f.ContentHash, &f.SubjectKey, &f.ObjectKey,
			&entities, &sources, &metadata,
		}, more...)...)
		if err != nil {
			return pika.Fact{}, err
		}
		f.ValidFrom, f.ValidTo = truth.OptionalTime(from), truth.OptionalTime(to)
		f.EffectiveAt, f.RecordedAt = truth.FromMicros(effective), truth.FromMicros(recorded)
		if f.Entities, err = truth.DecodeJSON[[]pika.Entity](entities); err != nil {
			return pika.Fact{}, err
		}
		if f.Sources, err = truth.DecodeJSON[[]pika.Source](sources); err != nil {
			return pika.Fact{}, err
		}
		f.Metadata, err = truth.DecodeJSON[pika.Metadata](metadata)
		return f, err
	}
}

// column returns one column of many rows, as an argument of unnest.
func column[T, V any](rows []T, value func(*T) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}

// jsonColumn is column for a value that is kept as JSON, "" if there is none.
func jsonColumn[T, V any](rows []T, value func(*T) (v V, empty bool)) ([]string, error) {
	values := make([]string, len(rows))
	for i := range rows {
		v, empty := value(&rows[i])
		var err error
		if values[i], err = truth.EncodeJSON(v, empty); err != nil {
			return nil, err
		}
	}
	return values, nil
}
