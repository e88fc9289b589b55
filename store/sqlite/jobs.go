package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Jobs = (*DB)(nil)

const jobColumns = "tenant, id, user, workflow, kind, status, batch, progress, summary, error, created_at, ended_at"

// Begin implements pika.Jobs.
func (db *DB) Begin(ctx context.Context, job pika.Job) error {
	job.Status, job.EndedAt, job.Error = pika.Processing, nil, nil
	args, err := jobRow(&job)
	if err != nil {
		return err
	}
	return db.write(ctx, "record an accepted job", func(tx querier) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO jobs ("+jobColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", args...)
		return err
	})
}

// End implements pika.Jobs. A status that is not final is Invalid; without an EndedAt
// the job ended now.
func (db *DB) End(ctx context.Context, job pika.Job) error {
	if !job.Status.Final() {
		return pika.InvalidField("status", "must be completed, failed or cancelled")
	}
	if job.EndedAt == nil {
		now := db.now()
		job.EndedAt = &now
	}
	args, err := jobRow(&job)
	if err != nil {
		return err
	}
	return db.write(ctx, "record the end of a job", func(tx querier) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO jobs (`+jobColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET status = excluded.status, progress = excluded.progress, summary = excluded.summary,
				error = excluded.error, ended_at = excluded.ended_at
			WHERE jobs.status = 'processing'`, args...)
		return err
	})
}

// jobRow returns the values of jobColumns.
func jobRow(j *pika.Job) ([]any, error) {
	batch, err1 := encodeJSON(j.Batch, j.Batch == nil)
	progress, err2 := encodeJSON(j.Progress, false)
	summary, err3 := encodeJSON(j.Summary, false)
	failure, err4 := encodeJSON(j.Error, j.Error == nil)
	return []any{
		j.Scope.Tenant, j.ID, j.Scope.User, j.WorkflowID, j.Kind, j.Status, batch, progress, summary, failure,
		micros(j.CreatedAt), optionalMicros(j.EndedAt),
	}, errors.Join(err1, err2, err3, err4)
}

func scanJob(rows interface{ Scan(...any) error }) (pika.Job, error) {
	var j pika.Job
	var batch, progress, summary, failure string
	var created int64
	var ended sql.Null[int64]
	err := rows.Scan(&j.Scope.Tenant, &j.ID, &j.Scope.User, &j.WorkflowID, &j.Kind, &j.Status, &batch, &progress, &summary, &failure, &created, &ended)
	if err != nil {
		return j, err
	}
	j.CreatedAt, j.EndedAt = fromMicros(created), optionalTime(ended)
	var err1, err2, err3, err4 error
	j.Batch, err1 = decodeJSON[*pika.BatchPosition](batch)
	j.Progress, err2 = decodeJSON[pika.Progress](progress)
	j.Summary, err3 = decodeJSON[pika.JobSummary](summary)
	j.Error, err4 = decodeJSON[*pika.JobError](failure)
	return j, errors.Join(err1, err2, err3, err4)
}

// GetJob implements pika.Jobs. The outcome of a duplicate bears the states of the
// known fact; that of a fact deleted since bears neither states nor text.
func (db *DB) GetJob(ctx context.Context, tenant, id string) (pika.Job, error) {
	var job pika.Job
	err := db.read(ctx, "get a job", func(tx querier) error {
		var err error
		job, err = scanJob(tx.QueryRowContext(ctx, "SELECT "+jobColumns+" FROM jobs WHERE tenant = ? AND id = ?", tenant, id))
		if errors.Is(err, sql.ErrNoRows) {
			return truth.NoJob()
		}
		if err != nil {
			return err
		}
		key, found, err := db.scopeKey(ctx, tx, job.Scope, false)
		if err != nil || !found {
			return err
		}
		job.Facts, err = loadStates(ctx, tx, key, id)
		return err
	})
	if err != nil {
		return pika.Job{}, err
	}
	return job, nil
}

// ListJobs implements pika.Jobs.
func (db *DB) ListJobs(ctx context.Context, tenant string, f pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
	start, err := truth.StartOf(p, truth.JobList)
	if err != nil {
		return pika.Page[pika.Job]{}, err
	}
	var jobs []pika.Job
	err = db.read(ctx, "list jobs", func(tx querier) error {
		rows, err := tx.QueryContext(ctx, listJobsQuery(f), tenant, start.At, start.ID, f.User, f.Status, p.Limit+1)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			j, err := scanJob(rows)
			if err != nil {
				return err
			}
			jobs = append(jobs, j)
		}
		return rows.Err()
	})
	if err != nil {
		return pika.Page[pika.Job]{}, err
	}
	return truth.PageOf(jobs, p.Limit, truth.JobList, func(j *pika.Job) (time.Time, string) { return j.CreatedAt, j.ID }), nil
}

// listJobsQuery names the user only if one is asked for, so that each form has its index.
func listJobsQuery(f pika.ListJobs) string {
	user := "?4 = ''"
	if f.User != "" {
		user = "user = ?4"
	}
	return "SELECT " + jobColumns + ` FROM jobs
		WHERE tenant = ?1 AND created_at <= ?2 AND (created_at < ?2 OR id > ?3) AND ` + user + ` AND (?5 = '' OR status = ?5)
		ORDER BY created_at DESC, id LIMIT ?6`
}
