package postgres

import (
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

// outcomesQuery reads a job's items with what has become of their facts. The text of
// a stored fact comes from the fact, so a deleted fact has none.
const outcomesQuery = `SELECT i.fact, i.outcome, i.reason, i.supersedes, i.text, f.text, v.key IS NOT NULL, g.key IS NOT NULL
	FROM job_items i
	LEFT JOIN facts f ON f.id = i.fact AND f.scope = i.scope
	LEFT JOIN outbox v ON v.scope = i.scope AND v.id = i.fact AND v.store = 'vectors' AND v.corpus = 1
	LEFT JOIN outbox g ON g.scope = i.scope AND g.id = i.fact AND g.store = 'graph' AND g.corpus = 1
	WHERE i.job = $1 AND i.scope = `

// loadOutcomes reads what Commit said of a chunk, Stores left empty as Commit does.
func loadOutcomes(outcomes *[]pika.FactOutcome, scope pika.Scope, job string, chunk int) statement {
	read := func(s scan) (pika.FactOutcome, error) {
		o, err := outcomeOf(s)
		clear(o.Stores)
		return o, err
	}
	return collect(outcomes, read, outcomesQuery+"$2 AND i.chunk = $3 ORDER BY i.item", job, scope.ID(), chunk)
}

// loadStates reads the outcomes of a whole job with the state of each fact in the stores.
func loadStates(outcomes *[]pika.FactOutcome, tenant, job string) statement {
	return collect(outcomes, outcomeOf, outcomesQuery+`(SELECT s.id FROM jobs j JOIN scopes s ON s.tenant = j.tenant AND s.user_id = j.user_id
		WHERE j.tenant = $2 AND j.id = $1) ORDER BY i.chunk, i.item`, job, tenant)
}

func outcomeOf(s scan) (pika.FactOutcome, error) {
	o := pika.FactOutcome{Supersedes: []string{}}
	var verdict, supersedes string
	var text *string
	var vectorsLag, graphLags bool
	if err := s(&o.FactID, &verdict, &o.Reason, &supersedes, &o.Text, &text, &vectorsLag, &graphLags); err != nil {
		return o, err
	}
	o.Outcome = pika.Verdict(verdict)
	if text != nil && truth.FactHasText(o.Outcome) {
		o.Text = *text
	}
	truth.SetStates(&o, text != nil, vectorsLag, graphLags)
	if supersedes == "" {
		return o, nil
	}
	var err error
	o.Supersedes, err = truth.DecodeJSON[[]string](supersedes)
	return o, err
}

// saveOutcomes makes the statements that remember what a commit said.
func saveOutcomes(scope pika.Scope, c pika.Commit, outcomes []pika.FactOutcome) ([]statement, error) {
	statements := []statement{exec("INSERT INTO commits (scope, tenant, job, chunk) VALUES ($1, $2, $3, $4)", scope.ID(), scope.Tenant, c.JobID, c.Chunk)}
	if len(outcomes) == 0 {
		return statements, nil
	}
	supersedes, err := jsonColumn(outcomes, func(o *pika.FactOutcome) ([]string, bool) { return o.Supersedes, len(o.Supersedes) == 0 })
	if err != nil {
		return nil, err
	}
	return append(statements, exec(`INSERT INTO job_items (scope, tenant, job, chunk, item, fact, outcome, text, reason, supersedes)
		SELECT $1, $2, $3, $4, i.item - 1, i.fact, i.outcome, i.text, i.reason, i.supersedes
		FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) WITH ORDINALITY
			AS i (fact, outcome, text, reason, supersedes, item)`,
		scope.ID(), scope.Tenant, c.JobID, c.Chunk,
		column(outcomes, func(o *pika.FactOutcome) string { return o.FactID }),
		column(outcomes, func(o *pika.FactOutcome) string { return string(o.Outcome) }),
		column(outcomes, func(o *pika.FactOutcome) string { return truth.ItemText(*o) }),
		column(outcomes, func(o *pika.FactOutcome) string { return o.Reason }), supersedes)), nil
}
