package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Jobs = (*DB)(nil)

const jobColumns = "tenant, id, user_id, workflow, kind, status, batch, progress, summary, error, created_at, ended_at"

const insertJob = "INSERT INTO jobs (" + jobColumns + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT "

// Begin implements pika.Jobs.
func (db *DB) Begin(ctx context.Context, job pika.Job) error {
	job.Status, job.EndedAt, job.Error = pika.Processing, nil, nil
	return db.writeJob(ctx, "record an accepted job", &job, insertJob+"DO NOTHING")
}

// End implements pika.Jobs. A status that is not final is Invalid; without an EndedAt
// the job ended now.
func (db *DB) End(ctx context.Context, job pika.Job) error {
	if !job.Status.Final() {
		return pika.InvalidField("status", "must be completed, failed or cancelled")
	}
	if job.EndedAt == nil {
		now := db.config.Now()
		job.EndedAt = &now
	}
	return db.writeJob(ctx, "record the end of a job", &job, insertJob+`(tenant, id) DO UPDATE SET status = excluded.status,
		progress = excluded.progress, summary = excluded.summary, error = excluded.error, ended_at = excluded.ended_at
		WHERE jobs.status = 'processing'`)
}

func (db *DB) writeJob(ctx context.Context, what string, job *pika.Job, sql string) error {
	if job.Scope.Tenant == "" {
		return pika.InvalidField("tenant", "is empty")
	}
	op := operation{what: what, access: tenantOf(job.Scope), write: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		row, err := jobRow(job)
		if err != nil {
			return err
		}
		return t.finish(ctx, exec(sql, row...))
	})
}

// jobRow returns the values of jobColumns.
func jobRow(j *pika.Job) ([]any, error) {
	batch, err1 := truth.EncodeJSON(j.Batch, j.Batch == nil)
	progress, err2 := truth.EncodeJSON(j.Progress, false)
	summary, err3 := truth.EncodeJSON(j.Summary, false)
	failure, err4 := truth.EncodeJSON(j.Error, j.Error == nil)
	return []any{
		j.Scope.Tenant, j.ID, j.Scope.User, j.WorkflowID, string(j.Kind), string(j.Status), batch, progress, summary, failure,
		truth.Micros(j.CreatedAt), truth.OptionalMicros(j.EndedAt),
	}, errors.Join(err1, err2, err3, err4)
}

func jobOf(s scan) (pika.Job, error) {
	var j pika.Job
	var kind, status, batch, progress, summary, failure string
	var created int64
	var ended *int64
	err := s(&j.Scope.Tenant, &j.ID, &j.Scope.User, &j.WorkflowID, &kind, &status, &batch, &progress, &summary, &failure, &created, &ended)
	if err != nil {
		return j, err
	}
	j.Kind, j.Status = pika.JobKind(kind), pika.JobStatus(status)
	j.CreatedAt, j.EndedAt = truth.FromMicros(created), truth.OptionalTime(ended)
	var err1, err2, err3, err4 error
	j.Batch, err1 = truth.DecodeJSON[*pika.BatchPosition](batch)
	j.Progress, err2 = truth.DecodeJSON[pika.Progress](progress)
	j.Summary, err3 = truth.DecodeJSON[pika.JobSummary](summary)
	j.Error, err4 = truth.DecodeJSON[*pika.JobError](failure)
	return j, errors.Join(err1, err2, err3, err4)
}

// GetJob implements pika.Jobs. The outcome of a duplicate bears the states of the
// known fact; that of a fact deleted since bears neither states nor text.
func (db *DB) GetJob(ctx context.Context, tenant, id string) (pika.Job, error) {
	var job pika.Job
	err := db.do(ctx, operation{what: "get a job", access: access{tenant: tenant}}, func(ctx context.Context, t *tx) error {
		var jobs []pika.Job
		var outcomes []pika.FactOutcome
		err := t.finish(ctx, collect(&jobs, jobOf, "SELECT "+jobColumns+" FROM jobs WHERE tenant = $1 AND id = $2", tenant, id),
			loadStates(&outcomes, tenant, id))
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			return truth.NoJob()
		}
		job, job.Facts = jobs[0], outcomes
		return nil
	})
	return job, err
}

// ListJobs implements pika.Jobs.
func (db *DB) ListJobs(ctx context.Context, tenant string, f pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
	start, err := truth.StartOf(p, truth.JobList)
	if err != nil {
		return pika.Page[pika.Job]{}, err
	}
	var jobs []pika.Job
	err = db.do(ctx, operation{what: "list jobs", access: access{tenant: tenant}, list: true}, func(ctx context.Context, t *tx) error {
		jobs = nil
		return t.finish(ctx, collect(&jobs, jobOf, listJobsQuery(f), tenant, start.At, start.ID, f.User, string(f.Status), p.Limit+1))
	})
	if err != nil {
		return pika.Page[pika.Job]{}, err
	}
	return truth.PageOf(jobs, p.Limit, truth.JobList, func(j *pika.Job) (time.Time, string) { return j.CreatedAt, j.ID }), nil
}

// listJobsQuery names the user only if one is asked for, so that each form has its index.
func listJobsQuery(f pika.ListJobs) string {
	user := "$4 = ''"
	if f.User != "" {
		user = "user_id = $4"
	}
	return "SELECT " + jobColumns + ` FROM jobs
		WHERE tenant = $1 AND created_at <= $2 AND (created_at < $2 OR id > $3) AND ` + user + ` AND ($5 = '' OR status = $5)
		ORDER BY created_at DESC, id LIMIT $6`
}
