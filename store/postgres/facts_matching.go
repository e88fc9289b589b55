package postgres

import (
	"context"
	"fmt"
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
	err = db.do(ctx, operation{what: "find the facts that pass filters", access: tenantOf(scope), search: true}, func(ctx context.Context, t *tx) error {
		entities, subjects := truth.EntityKeys(scope, f.Entities)
		if len(f.Entities) > 0 {
			var names []string
			err := t.run(ctx, collect(&names, text, "SELECT DISTINCT name FROM entities WHERE scope = $1 AND id = ANY($2)", scope.ID(), entities))
			if err != nil {
				return err
			}
			subjects = append(subjects, truth.Subjects(names)...)
		}
		c := conditions{args: []any{scope.ID()}}
		c.filter(f, entities, subjects, metadata)
		c.args = append(c.args, limit+1)
		ids = nil
		return t.finish(ctx, collect(&ids, text, fmt.Sprintf("SELECT f.id FROM facts f WHERE f.scope = $1%s ORDER BY f.id LIMIT $%d",
			c.sql.String(), len(c.args)), c.args...))
	})
	if err != nil {
		return nil, false, err
	}
	all := len(ids) <= limit
	return ids[:min(limit, len(ids))], all, nil
}

func text(s scan) (value string, err error) {
	err = s(&value)
	return value, err
}

// conditions are those of a WHERE, each of which has one argument.
type conditions struct {
	sql  strings.Builder
	args []any
}

// add appends a condition, in which %[1]d is the number of the argument.
func (c *conditions) add(condition string, arg any) {
	c.args = append(c.args, arg)
	fmt.Fprintf(&c.sql, " AND "+condition, len(c.args))
}

func (c *conditions) filter(f pika.Filters, entities, subjects, metadata []string) {
	for _, list := range []struct {
		column  string
		allowed []string
	}{{"category", f.Categories}, {"predicate", f.Predicates}, {"language", f.Languages}} {
		if len(list.allowed) > 0 {
			c.add("f."+list.column+" = ANY($%[1]d)", list.allowed)
		}
	}
	if f.ConversationID != "" {
		c.add("f.id IN (SELECT fact FROM sources WHERE scope = $1 AND conversation = $%[1]d)", f.ConversationID)
	}
	if len(f.Entities) > 0 {
		c.args = append(c.args, entities)
		c.add(fmt.Sprintf("f.id IN (SELECT fact FROM entities WHERE scope = $1 AND id = ANY($%d) UNION ", len(c.args))+
			"SELECT id FROM facts WHERE scope = $1 AND subject_key = ANY($%[1]d))", subjects)
	}
	if f.RecordedAfter != nil {
		c.add("f.recorded_at >= $%[1]d", truth.Micros(*f.RecordedAfter))
	}
	if f.RecordedBefore != nil {
		c.add("f.recorded_at <= $%[1]d", truth.Micros(*f.RecordedBefore))
	}
	for _, part := range metadata {
		c.add("position($%[1]d IN f.metadata) > 0", part)
	}
	if f.MinConfidence > 0 {
		c.add("f.confidence >= $%[1]d", f.MinConfidence)
	}
}
