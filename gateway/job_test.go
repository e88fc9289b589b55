package gateway_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

const jobID = "7d0f1b5a-439e-4c0e-9b2f-70696b610001"

func exampleJob(status pika.JobStatus) pika.Job {
	j := pika.Job{
		ID: jobID, WorkflowID: "extract/default/" + jobID, Scope: pika.Scope{Tenant: "default", User: "u1"}, Kind: pika.JobExtract,
		Status: status, Progress: pika.Progress{Stage: pika.StageEmbedding, Percent: 60, Done: 3, Total: 5}, CreatedAt: now,
	}
	if status.Final() {
		ended := now.Add(1500 * time.Millisecond)
		j.EndedAt, j.Progress = &ended, pika.Progress{Stage: pika.StageCompleted, Percent: 100, Done: 5, Total: 5}
	}
	return j
}

func completedJob() pika.Job {
	j := exampleJob(pika.Completed)
	j.Facts = []pika.FactOutcome{
		{FactID: "f1", Text: "Linh có con mèo tên Mướp", Outcome: pika.Stored, Stores: map[pika.Store]pika.StoreState{"facts": "ok", "vectors": "ok", "graph": "pending"}},
		{FactID: "f2", Text: "Linh sống ở Đà Nẵng", Outcome: pika.Superseding, Supersedes: []string{"f0"}, Stores: map[pika.Store]pika.StoreState{"facts": "ok", "vectors": "ok", "graph": "ok"}},
		{FactID: "f9", Text: "x", Outcome: pika.Duplicate, Reason: "the same fact is known"},
		{Outcome: pika.Rejected, Reason: "its text is empty"},
		{FactID: "f3", Text: "y", Outcome: pika.Failed, Reason: "the disk is full"},
	}
	j.Summary = pika.JobSummary{Extractor: "openai:gpt-4o-mini", LLMCache: pika.LLMCacheExact, Tokens: pika.Tokens{Prompt: 812, Completion: 190}, TokensSaved: pika.Tokens{Prompt: 700, Completion: 60}, UnreadMessages: []int{4}}
	return j
}

func failedJob() pika.Job {
	j := exampleJob(pika.JobFailed)
	j.Error = &pika.JobError{Code: pika.Unavailable, Message: "the language model does not answer"}
	return j
}

func TestJobStatus(t *testing.T) {
	t.Parallel()
	for name, job := range map[string]pika.Job{
		"job_processing.json": exampleJob(pika.Processing), "job_completed.json": completedJob(), "job_failed.json": failedJob(), "job_cancelled.json": exampleJob(pika.Cancelled),
	} {
		b := setup(t)
		b.jobs.get = func(tenant, id string) (pika.Job, error) {
			if tenant != "default" || id != jobID {
				return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
			}
			return job, nil
		}
		w := b.send("GET", "/v1/jobs/"+jobID+"/status", "")
		if w.Code != 200 {
			t.Errorf("%s: status %d", name, w.Code)
		}
		golden(t, name, w.Body.Bytes())
		other := b.send("GET", "/v1/extract_facts/"+jobID+"/status", "")
		if diff := cmp.Diff(w.Body.String(), other.Body.String()); diff != "" {
			t.Errorf("the two paths answer differently:\n%s", diff)
		}
	}
}

// Who knows of a job, and what the answer is then.
func TestJobSources(t *testing.T) {
	t.Parallel()
	down := pika.Errorf(pika.Unavailable, "the facts store does not answer")
	missing := pika.Errorf(pika.NotFound, "no such job")
	further := exampleJob(pika.Processing)
	further.Progress.Percent = 80
	for _, c := range []struct {
		name              string
		table             pika.Job
		tableErr          error
		engine            pika.Job
		engineErr         error
		status            int
		want              pika.JobStatus
		percent           int
		code              pika.Code
		resultsAreMissing bool
	}{
		{name: "nobody", tableErr: missing, engineErr: missing, status: 404, code: pika.NotFound},
		{name: "only the engine, before the first step", tableErr: missing, engine: exampleJob(pika.Processing), status: 200, want: pika.Processing, percent: 60, resultsAreMissing: true},
		{name: "the engine while the table is down", tableErr: down, engine: exampleJob(pika.Processing), status: 200, want: pika.Processing, percent: 60, resultsAreMissing: true},
		{name: "a failure while the table is down", tableErr: down, engine: failedJob(), status: 200, want: pika.JobFailed, percent: 100},
		{name: "completed while the table is down", tableErr: down, engine: exampleJob(pika.Completed), status: 503, code: pika.Unavailable},
		{name: "both down", tableErr: down, engineErr: down, status: 503, code: pika.Unavailable},
		{name: "unknown to the table, engine down", tableErr: missing, engineErr: down, status: 503, code: pika.Unavailable},
		{name: "table down, unknown to the engine", tableErr: down, engineErr: missing, status: 503, code: pika.Unavailable},
		{name: "only the table, engine down", table: exampleJob(pika.Processing), engineErr: down, status: 200, want: pika.Processing, percent: 60, resultsAreMissing: true},
		{name: "the engine is further", table: exampleJob(pika.Processing), engine: further, status: 200, want: pika.Processing, percent: 80, resultsAreMissing: true},
		{name: "the engine knows of an end without a row", table: exampleJob(pika.Processing), engine: failedJob(), status: 200, want: pika.JobFailed, percent: 100},
		{name: "the table alone for the past", table: completedJob(), engineErr: missing, status: 200, want: pika.Completed, percent: 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.jobs.get = func(_, _ string) (pika.Job, error) { return c.table, c.tableErr }
			b.engine.describe = func(_, _ string) (pika.Job, error) { return c.engine, c.engineErr }
			w := b.send("GET", "/v1/jobs/"+jobID+"/status", "")
			if c.code != "" {
				wantProblem(t, w, c.status, c.code)
				return
			}
			var got jobView
			decode(t, w, &got)
			if w.Code != c.status || got.Status != c.want || got.Progress.Percent != c.percent || (got.Results == nil) != c.resultsAreMissing {
				t.Errorf("answer %d %s", w.Code, w.Body)
			}
		})
	}
}

type jobView struct {
	JobID    string         `json:"job_id"`
	Status   pika.JobStatus `json:"status"`
	Progress pika.Progress  `json:"progress"`
	Results  *struct {
		Counts map[string]int `json:"counts"`
	} `json:"results"`
	Error *pika.JobError `json:"error"`
}

// A job that ends while the table and the engine are asked is shown as ended, with
// its results.
func TestJobEndsBetweenQuestions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var asked atomic.Int32
	b.jobs.get = func(_, _ string) (pika.Job, error) {
		if asked.Add(1) == 1 {
			return exampleJob(pika.Processing), nil
		}
		return completedJob(), nil
	}
	b.engine.describe = func(_, _ string) (pika.Job, error) { return exampleJob(pika.Completed), nil }
	var got jobView
	decode(t, b.send("GET", "/v1/jobs/"+jobID+"/status", ""), &got)
	if got.Status != pika.Completed || got.Results == nil || got.Results.Counts["stored"] != 1 {
		t.Errorf("answer %+v; want the completed job", got)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *gateway.Config) { c.Now = time.Now })
		start := time.Now()
		var asked atomic.Int32
		b.jobs.get = func(_, _ string) (pika.Job, error) {
			asked.Add(1)
			if time.Since(start) < 2*time.Second {
				return exampleJob(pika.Processing), nil
			}
			return completedJob(), nil
		}
		var got jobView
		decode(t, b.send("GET", "/v1/jobs/"+jobID+"/status?wait_ms=30000", ""), &got)
		if took := time.Since(start); got.Status != pika.Completed || took < 2*time.Second || took > 2100*time.Millisecond {
			t.Errorf("status %s after %v; want completed within 100 ms of its end", got.Status, took)
		}
		if n := asked.Load(); n < 20 || n > 40 {
			t.Errorf("the table was asked %d times in 2 s; want about 25", n)
		}
	})
}

func TestWaitRunsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.jobs.get = func(_, _ string) (pika.Job, error) { return exampleJob(pika.Processing), nil }
		start := time.Now()
		var got jobView
		decode(t, b.send("GET", "/v1/jobs/"+jobID+"/status?wait_ms=1000", ""), &got)
		if took := time.Since(start); got.Status != pika.Processing || took != time.Second {
			t.Errorf("status %s after %v; want processing after 1 s", got.Status, took)
		}
	})
}

// A waiting request gives its place back, waiters are bounded, and one whose caller
// goes away ends.
func TestWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, func(c *gateway.Config) { c.MaxInFlight, c.MaxWaiters = 1, 1 })
		b.jobs.get = func(_, _ string) (pika.Job, error) { return exampleJob(pika.Processing), nil }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan time.Time, 1)
		go func() {
			r := httptest.NewRequestWithContext(ctx, "GET", "http://localhost/v1/jobs/"+jobID+"/status?wait_ms=30000", nil)
			b.handler.ServeHTTP(httptest.NewRecorder(), r)
			ended <- time.Now()
		}()
		synctest.Wait()
		start := time.Now()
		if w := b.send("GET", "/v1/jobs/"+jobID+"/status?wait_ms=30000", ""); w.Code != 200 || time.Since(start) != 0 {
			t.Errorf("a waiter too many: status %d after %v; want 200 at once", w.Code, time.Since(start))
		}
		cancel()
		if took := (<-ended).Sub(start); took > 100*time.Millisecond {
			t.Errorf("the waiter ended %v after its caller went", took)
		}
	})
}

func TestOverload(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *gateway.Config) { c.MaxInFlight = 1 })
	hold, held := make(chan struct{}), make(chan struct{})
	b.engine.start = func(r pika.JobRequest) (pika.StartedJob, error) {
		close(held)
		<-hold
		return pika.StartedJob{ID: r.ID, WorkflowID: "w"}, nil
	}
	done := make(chan int)
	go func() { done <- b.send("POST", extractPath, exampleBody).Code }()
	<-held
	w := b.send("POST", searchPath, asks(`"limit":1`))
	wantProblem(t, w, 503, pika.Overloaded)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if got := b.send("GET", "/healthz", "").Code; got != 200 {
		t.Errorf("/healthz under load: %d; want 200", got)
	}
	close(hold)
	if got := <-done; got != 202 {
		t.Errorf("the first request: %d; want 202", got)
	}
	if got := b.send("POST", searchPath, asks(`"limit":1`)).Code; got != 200 {
		t.Errorf("after the load: %d; want 200", got)
	}
}

func TestListJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.jobs.list = func(tenant string, f pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
		if tenant != "default" || f != (pika.ListJobs{User: "u 1", Status: pika.JobFailed}) || p != (pika.PageRequest{Limit: 2, Cursor: "c/1"}) {
			t.Errorf("asked %s %+v %+v", tenant, f, p)
		}
		return pika.Page[pika.Job]{Items: []pika.Job{exampleJob(pika.Processing), failedJob()}, Next: "c2"}, nil
	}
	golden(t, "jobs.json", b.send("GET", "/v1/jobs?user_id=u%201&status=failed&limit=2&cursor=c%2F1", "").Body.Bytes())
	b.jobs.list = func(_ string, _ pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
		if p != (pika.PageRequest{Limit: pika.DefaultPageLimit}) {
			t.Errorf("the first page is %+v", p)
		}
		return pika.Page[pika.Job]{}, nil
	}
	if got := b.send("GET", "/v1/jobs", "").Body.String(); got != `{"items":[],"next_cursor":null}`+"\n" {
		t.Errorf("no jobs: %s", got)
	}
	b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
		return pika.Page[pika.Job]{}, pika.InvalidField("cursor", "must be one that a list answered")
	}
	wantProblem(t, b.send("GET", "/v1/jobs?cursor=x", ""), 422, pika.Invalid)
	b.jobs.list = func(_ string, _ pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
		if p.Limit != 10 {
			t.Errorf("limit=010 asks for %d; want ten, not octal", p.Limit)
		}
		return pika.Page[pika.Job]{}, nil
	}
	b.send("GET", "/v1/jobs?limit=010", "")
}

func TestGetBatch(t *testing.T) {
	t.Parallel()
	member := func(i int, status pika.JobStatus) pika.Job {
		j := exampleJob(status)
		j.ID, j.Batch = pika.BatchJobID(jobID, i), &pika.BatchPosition{ID: jobID, Index: i, Size: 3}
		return j
	}
	for _, c := range []struct {
		name      string
		statuses  []pika.JobStatus // "" is a job that nobody knows
		engineHas int              // index of a job only the engine knows; 0: none
		want      pika.JobStatus
	}{
		{"running", []pika.JobStatus{pika.Completed, pika.Processing, pika.JobFailed}, 0, pika.Processing},
		{"done", []pika.JobStatus{pika.Completed, pika.Completed, pika.Completed}, 0, pika.Completed},
		{"cancelled", []pika.JobStatus{pika.Cancelled, pika.Cancelled, pika.Cancelled}, 0, pika.Cancelled},
		{"one failed", []pika.JobStatus{pika.Completed, pika.JobFailed, pika.Completed}, 0, pika.JobFailed},
		{"one cancelled", []pika.JobStatus{pika.Completed, pika.Cancelled, pika.Completed}, 0, pika.JobFailed},
		{"one never accepted", []pika.JobStatus{pika.Completed, pika.Completed, ""}, 0, pika.JobFailed},
		{"one not begun", []pika.JobStatus{pika.Completed, pika.Completed, pika.Processing}, 2, pika.Processing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			answer := func(engine bool) func(_, id string) (pika.Job, error) {
				return func(_, id string) (pika.Job, error) {
					for i, status := range c.statuses {
						only := c.engineHas == i && i > 0
						if id == pika.BatchJobID(jobID, i) && status != "" && only == engine {
							return member(i, status), nil
						}
					}
					return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
				}
			}
			b.jobs.get, b.engine.describe = answer(false), answer(true)
			w := b.send("GET", "/v1/batches/"+jobID, "")
			var got struct {
				BatchID string         `json:"batch_id"`
				Status  pika.JobStatus `json:"status"`
				Jobs    []jobView      `json:"jobs"`
			}
			decode(t, w, &got)
			if w.Code != 200 || got.BatchID != jobID || got.Status != c.want || len(got.Jobs) != 3 {
				t.Fatalf("answer %d %s; want %s", w.Code, w.Body, c.want)
			}
			for i, j := range got.Jobs {
				if j.JobID != pika.BatchJobID(jobID, i) {
					t.Errorf("job %d is %s", i, j.JobID)
				}
			}
			if c.name == "one failed" {
				golden(t, "batch.json", w.Body.Bytes())
			}
		})
	}
}

func TestGetBatchOfNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wantProblem(t, b.send("GET", "/v1/batches/"+jobID, ""), 404, pika.NotFound)
	b.jobs.get = func(_, _ string) (pika.Job, error) { return completedJob(), nil }
	wantProblem(t, b.send("GET", "/v1/batches/"+jobID, ""), 404, pika.NotFound) // a job, but not a batch
	b.jobs.get = func(_, id string) (pika.Job, error) {
		if id != jobID {
			return pika.Job{}, errors.New("disk on fire")
		}
		j := completedJob()
		j.Batch = &pika.BatchPosition{ID: jobID, Size: 2}
		return j, nil
	}
	wantProblem(t, b.send("GET", "/v1/batches/"+jobID, ""), 500, pika.Internal)
}
