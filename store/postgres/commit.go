package postgres

import (
	"context"
	"fmt"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// Commit implements pika.Facts. A fact whose id is taken by another job's is a
// Conflict, and nothing is written.
func (db *DB) Commit(ctx context.Context, scope pika.Scope, c pika.Commit) ([]pika.FactOutcome, error) {
	if err := truth.CheckCommit(c); err != nil {
		return nil, err
	}
	var outcomes []pika.FactOutcome
	err := db.doLocked(ctx, scope, operation{what: fmt.Sprintf("commit %d facts", len(c.Facts))}, func(ctx context.Context, t *tx) error {
		known, err := loadKnown(ctx, t, scope, c)
		if err != nil {
			return err
		}
		if known.committed {
			outcomes = nil
			return t.finish(ctx, loadOutcomes(&outcomes, scope, c.JobID, c.Chunk))
		}
		plan := truth.NewPlan(scope, c, known.facts)
		outcomes = plan.Outcomes
		return writePlan(ctx, t, scope, c, plan, known.index)
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// known is what a commit must know before it decides.
type known struct {
	committed bool
	facts     []pika.Fact
	index     *index // with the last block of every term of the candidates
}

// loadKnown reads it in one round trip, and makes the user known.
func loadKnown(ctx context.Context, t *tx, scope pika.Scope, c pika.Commit) (known, error) {
	k := known{index: newIndex(scope, truth.FactsKey)}
	hashes, subjects := truth.Asks(c.Facts)
	id := scope.ID()
	statements := []statement{
		makeKnown(scope),
		into("SELECT true FROM commits WHERE scope = $1 AND job = $2 AND chunk = $3", []any{id, c.JobID, c.Chunk}, &k.committed),
		collect(&k.facts, factOf(scope.User), "SELECT "+factColumns+" FROM facts f WHERE f.scope = $1 AND f.content_hash = ANY($2)", id, hashes),
		collect(&k.facts, factOf(scope.User), "SELECT "+factColumns+` FROM facts f
			JOIN (SELECT DISTINCT * FROM unnest($2::text[], $3::text[])) AS c (subject, predicate)
				ON f.subject_key = c.subject AND f.predicate = c.predicate
			WHERE f.scope = $1`, id,
			column(subjects, func(s *[2]string) string { return s[0] }), column(subjects, func(s *[2]string) string { return s[1] })),
	}
	statements = append(statements, k.index.loadLast(termsOf(countFacts(c.Facts)))...)
	err := t.run(ctx, statements...)
	return k, err
}

// makeKnown remembers whose scope it is.
func makeKnown(scope pika.Scope) statement {
	return exec("INSERT INTO scopes (id, tenant, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", scope.ID(), scope.Tenant, scope.User)
}
