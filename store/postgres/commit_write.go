package postgres

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// writePlan brings a plan and its outcomes into the tables, in one round trip, and ends
// the transaction.
func writePlan(ctx context.Context, t *tx, scope pika.Scope, c pika.Commit, p *truth.Plan, x *index) error {
	created := column(p.Created, func(f **pika.Fact) pika.Fact { return **f })
	first, err := x.add(countFacts(created))
	if err != nil {
		return err
	}
	facts, err1 := insertFacts(scope, created, first)
	changed, err2 := updateFacts(scope, p.Changed)
	outcomes, err3 := saveOutcomes(scope, c, p.Outcomes)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	statements := slices.Concat(facts, changed, insertEntities(scope, created), insertSources(scope, p.Sources), outcomes)
	if len(p.Revisions) > 0 {
		statements = append(statements, insertRevisions(scope, p.Revisions))
	}
	statements = append(statements, x.save()...)
	statements = append(statements, oweFacts(scope, created, p.At)...)
	noted, err := notePlan(scope, p)
	if err != nil {
		return err
	}
	statements = append(statements, noted...)
	if err := t.finish(ctx, statements...); sqlState(err) == uniqueViolation {
		return pika.Wrap(pika.Conflict, err, "a fact with the same id is there already")
	} else if err != nil {
		return err
	}
	return nil
}

const uniqueViolation = "23505"

// notePlan makes the statements that note what a plan changes, if anything.
func notePlan(scope pika.Scope, p *truth.Plan) ([]statement, error) {
	c := p.Change()
	if c == nil {
		return nil, nil
	}
	return noteChange(scope, *c)
}

// insertFacts makes the statements that insert new facts in their final state, indexed
// as the documents from first on.
func insertFacts(scope pika.Scope, facts []pika.Fact, first uint32) ([]statement, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	entities, err1 := jsonColumn(facts, func(f *pika.Fact) ([]pika.Entity, bool) { return f.Entities, len(f.Entities) == 0 })
	sources, err2 := sourcesColumn(facts)
	metadata, err3 := jsonColumn(facts, func(f *pika.Fact) (pika.Metadata, bool) { return f.Metadata, len(f.Metadata) == 0 })
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	documents := make([]int64, len(facts))
	for i := range facts {
		documents[i] = int64(first) + int64(i)
	}
	return []statement{exec(`INSERT INTO facts (scope, tenant, document, id, text, subject, predicate, object, category, language, confidence,
			negated, valid_from, valid_to, effective_at, source_index, recorded_at, superseded_by, extractor, content_hash, subject_key,
			object_key, entities, sources, metadata)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::float8[], $12::bool[], $13::bigint[], $14::bigint[], $15::bigint[], $16::int[], $17::bigint[], $18::text[], $19::text[],
			$20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[])`,
		scope.ID(), scope.Tenant, documents,
		column(facts, func(f *pika.Fact) string { return f.ID }),
		column(facts, func(f *pika.Fact) string { return f.Text }),
		column(facts, func(f *pika.Fact) string { return f.Subject }),
		column(facts, func(f *pika.Fact) string { return f.Predicate }),
		column(facts, func(f *pika.Fact) string { return f.Object }),
		column(facts, func(f *pika.Fact) string { return f.Category }),
		column(facts, func(f *pika.Fact) string { return f.Language }),
		column(facts, func(f *pika.Fact) float64 { return f.Confidence }),
		column(facts, func(f *pika.Fact) bool { return f.Negated }),
		column(facts, func(f *pika.Fact) *int64 { return truth.OptionalMicros(f.ValidFrom) }),
		column(facts, func(f *pika.Fact) *int64 { return truth.OptionalMicros(f.ValidTo) }),
		column(facts, func(f *pika.Fact) int64 { return truth.Micros(f.EffectiveAt) }),
		column(facts, func(f *pika.Fact) int { return f.SourceIndex }),
		column(facts, func(f *pika.Fact) int64 { return truth.Micros(f.RecordedAt) }),
		column(facts, func(f *pika.Fact) string { return f.SupersededBy }),
		column(facts, func(f *pika.Fact) string { return f.Extractor }),
		column(facts, func(f *pika.Fact) string { return f.ContentHash }),
		column(facts, func(f *pika.Fact) string { return f.SubjectKey }),
		column(facts, func(f *pika.Fact) string { return f.ObjectKey }),
		entities, sources, metadata)}, nil
}

func sourcesColumn(facts []pika.Fact) ([]string, error) {
	return jsonColumn(facts, func(f *pika.Fact) ([]pika.Source, bool) { return f.Sources, len(f.Sources) == 0 })
}

// updateFacts makes the statements that change facts that were there before.
func updateFacts(scope pika.Scope, changed []*pika.Fact) ([]statement, error) {
	if len(changed) == 0 {
		return nil, nil
	}
	facts := column(changed, func(f **pika.Fact) pika.Fact { return **f })
	sources, err := sourcesColumn(facts)
	if err != nil {
		return nil, err
	}
	return []statement{exec(`UPDATE facts SET effective_at = c.effective_at, valid_from = c.valid_from, valid_to = c.valid_to,
			superseded_by = c.superseded_by, sources = c.sources
		FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
			AS c (id, effective_at, valid_from, valid_to, superseded_by, sources)
		WHERE facts.scope = $1 AND facts.id = c.id`, scope.ID(),
		column(facts, func(f *pika.Fact) string { return f.ID }),
		column(facts, func(f *pika.Fact) int64 { return truth.Micros(f.EffectiveAt) }),
		column(facts, func(f *pika.Fact) *int64 { return truth.OptionalMicros(f.ValidFrom) }),
		column(facts, func(f *pika.Fact) *int64 { return truth.OptionalMicros(f.ValidTo) }),
		column(facts, func(f *pika.Fact) string { return f.SupersededBy }), sources)}, nil
}

func insertEntities(scope pika.Scope, facts []pika.Fact) []statement {
	var ids, of, names, types []string
	for i := range facts {
		for _, e := range facts[i].Entities {
			ids, of, names, types = append(ids, e.ID), append(of, facts[i].ID), append(names, e.Name), append(types, e.Type)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []statement{exec(`INSERT INTO entities (scope, tenant, id, fact, name, type)
		SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) ON CONFLICT DO NOTHING`,
		scope.ID(), scope.Tenant, ids, of, names, types)}
}

// insertSources notes which messages prove a fact, by its id.
func insertSources(scope pika.Scope, added map[string][]pika.Source) []statement {
	var conversations, messages, of []string
	for _, id := range slices.Sorted(maps.Keys(added)) {
		for _, s := range added[id] {
			conversations, messages, of = append(conversations, s.ConversationID), append(messages, s.MessageID), append(of, id)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return []statement{exec(`INSERT INTO sources (scope, tenant, conversation, message, fact)
		SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
		scope.ID(), scope.Tenant, conversations, messages, of)}
}
