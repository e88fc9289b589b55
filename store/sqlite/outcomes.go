package sqlite

import (
	"context"
	"database/sql"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// outcomesQuery reads a job's items with what has become of their facts. The text of
// a stored fact comes from the fact, so a deleted fact has none.
const outcomesQuery = `SELECT i.fact, i.outcome, i.reason, i.supersedes,
		CASE WHEN i.outcome IN ('stored', 'superseding') THEN coalesce(f.text, '') ELSE i.text END,
		f.key IS NOT NULL, v.key IS NOT NULL, g.key IS NOT NULL
	FROM job_items i
	LEFT JOIN facts f ON f.id = i.fact AND f.scope = i.scope
	LEFT JOIN outbox v ON v.scope = i.scope AND v.id = i.fact AND v.store = 'vectors' AND v.corpus = 1
	LEFT JOIN outbox g ON g.scope = i.scope AND g.id = i.fact AND g.store = 'graph' AND g.corpus = 1
	WHERE i.scope = ? AND i.job = ?`

// loadOutcomes returns what Commit said of a chunk, Stores left empty as Commit does.
func loadOutcomes(ctx context.Context, tx querier, key int64, job string, chunk int) ([]pika.FactOutcome, error) {
	outcomes, err := queryOutcomes(ctx, tx, outcomesQuery+" AND i.chunk = ? ORDER BY i.item", key, job, chunk)
	for i := range outcomes {
		clear(outcomes[i].Stores)
	}
	return outcomes, err
}

// loadStates returns the outcomes of a whole job with the state of each fact in the stores.
func loadStates(ctx context.Context, tx querier, key int64, job string) ([]pika.FactOutcome, error) {
	return queryOutcomes(ctx, tx, outcomesQuery+" ORDER BY i.chunk, i.item", key, job)
}

func queryOutcomes(ctx context.Context, tx querier, query string, args ...any) ([]pika.FactOutcome, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var outcomes []pika.FactOutcome
	for rows.Next() {
		o, err := scanOutcome(rows)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, rows.Err()
}

func scanOutcome(rows *sql.Rows) (pika.FactOutcome, error) {
	o := pika.FactOutcome{Supersedes: []string{}}
	var supersedes string
	var live, vectorsLag, graphLags bool
	if err := rows.Scan(&o.FactID, &o.Outcome, &o.Reason, &supersedes, &o.Text, &live, &vectorsLag, &graphLags); err != nil {
		return o, err
	}
	truth.SetStates(&o, live, vectorsLag, graphLags)
	if supersedes == "" {
		return o, nil
	}
	var err error
	o.Supersedes, err = decodeJSON[[]string](supersedes)
	return o, err
}
