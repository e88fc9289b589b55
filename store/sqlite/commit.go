package sqlite

import (
	"context"

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
	err := db.write(ctx, "commit facts", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		known, err := wasCommitted(ctx, tx, key, c.JobID, c.Chunk)
		if err != nil {
			return err
		}
		if known {
			outcomes, err = loadOutcomes(ctx, tx, key, c.JobID, c.Chunk)
			return err
		}
		outcomes, err = commitNew(ctx, tx, key, scope, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

func commitNew(ctx context.Context, tx querier, key int64, scope pika.Scope, c pika.Commit) ([]pika.FactOutcome, error) {
	known, err := loadKnown(ctx, tx, key, scope, c.Facts)
	if err != nil {
		return nil, err
	}
	p := truth.NewPlan(scope, c, known)
	if err := writePlan(ctx, tx, key, p); err != nil {
		return nil, err
	}
	return p.Outcomes, saveOutcomes(ctx, tx, key, c.JobID, c.Chunk, p.Outcomes)
}

// loadKnown reads the known facts that bear on candidates.
func loadKnown(ctx context.Context, tx querier, key int64, scope pika.Scope, candidates []pika.Fact) ([]pika.Fact, error) {
	hashes, subjects := truth.Asks(candidates)
	if len(hashes) == 0 {
		return nil, nil
	}
	equal, err := queryFacts(ctx, tx, scope.User,
		"SELECT "+factColumns+" FROM facts WHERE scope = ? AND content_hash IN (SELECT value FROM json_each(?))", key, jsonList(hashes))
	if err != nil {
		return nil, err
	}
	rivals, err := queryFacts(ctx, tx, scope.User, `SELECT `+factColumns+` FROM facts WHERE scope = ? AND (subject_key, predicate) IN
		(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))`, key, jsonList(subjects))
	return append(equal, rivals...), err
}
