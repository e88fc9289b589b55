package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// Matching implements pika.Facts.
func (db *DB) Matching(ctx context.Context, scope pika.Scope, f pika.Filters, limit int) ([]string, bool, error) {
	if err := checkLimit(limit, pika.MaxPageLimit); err != nil {
		return nil, false, err
	}
	metadata, err := truth.MetadataParts(f.Metadata)
	if err != nil {
		return nil, false, err
	}
	var ids []string
	err = db.read(ctx, "find the facts that pass filters", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		entities, subjects := truth.EntityKeys(scope, f.Entities)
		if len(f.Entities) > 0 {
			names, err := queryTexts(ctx, tx, "SELECT DISTINCT name FROM entities WHERE scope = ? AND id IN (SELECT value FROM json_each(?))", key, jsonList(entities))
			if err != nil {
				return err
			}
			subjects = append(subjects, truth.Subjects(names)...)
		}
		c := conditions{args: []any{key}}
		c.filter(key, f, entities, subjects, metadata)
		ids, err = queryTexts(ctx, tx, "SELECT id FROM facts WHERE scope = ?"+c.sql.String()+" ORDER BY id LIMIT ?", append(c.args, limit+1)...)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	all := len(ids) <= limit
	return ids[:min(limit, len(ids))], all, nil
}

// queryTexts runs a query for one column of text.
func queryTexts(ctx context.Context, tx querier, query string, args ...any) (texts []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		texts = append(texts, s)
	}
	return texts, rows.Err()
}

// conditions are those of a WHERE, and their arguments in order.
type conditions struct {
	sql  strings.Builder
	args []any
}

func (c *conditions) add(condition string, args ...any) {
	c.sql.WriteString(" AND " + condition)
	c.args = append(c.args, args...)
}

func (c *conditions) filter(scope int64, f pika.Filters, entities, subjects, metadata []string) {
	const listed = " IN (SELECT value FROM json_each(?))"
	for _, list := range []struct {
		column  string
		allowed []string
	}{{"category", f.Categories}, {"predicate", f.Predicates}, {"language", f.Languages}} {
		if len(list.allowed) > 0 {
			c.add(list.column+listed, jsonList(list.allowed))
		}
	}
	if f.ConversationID != "" {
		c.add("id IN (SELECT fact FROM sources WHERE scope = ? AND conversation = ?)", scope, f.ConversationID)
	}
	if len(f.Entities) > 0 {
		c.add("id IN (SELECT fact FROM entities WHERE scope = ? AND id"+listed+" UNION SELECT id FROM facts WHERE scope = ? AND subject_key"+listed+")",
			scope, jsonList(entities), scope, jsonList(subjects))
	}
	if f.RecordedAfter != nil {
		c.add("recorded_at >= ?", truth.Micros(*f.RecordedAfter))
	}
	if f.RecordedBefore != nil {
		c.add("recorded_at <= ?", truth.Micros(*f.RecordedBefore))
	}
	for _, part := range metadata {
		c.add("instr(metadata, ?) > 0", part)
	}
	if f.MinConfidence > 0 {
		c.add("confidence >= ?", f.MinConfidence)
	}
}
