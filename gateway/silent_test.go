package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

// TestSilentPartsAreNotNamed: whatever does not answer, the caller reads nothing of its
// address, and the log all of it.
func TestSilentPartsAreNotNamed(t *testing.T) {
	t.Parallel()
	for code, status := range map[pika.Code]int{pika.Unavailable: 503, pika.Timeout: 504, pika.Overloaded: 503} {
		down := fmt.Errorf("list: %w", pika.Wrap(code, errors.New("dial tcp"), "the database at 127.0.0.1:21432 does not answer: check PIKA_FACTS"))
		b := setup(t, func(c *gateway.Config) {
			c.Forget = func(context.Context, string, string) error { return down }
			c.Searcher = searchFunc(func(context.Context, pika.Scope, pika.Query) (pika.Answer, error) { return pika.Answer{}, down })
			c.DryRun = func(context.Context, pika.JobRequest) (pika.Job, error) { return pika.Job{}, down }
		})
		b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) { return pika.StartedJob{}, down }
		b.engine.describe = func(string, string) (pika.Job, error) { return pika.Job{}, down }
		b.jobs.get = b.engine.describe
		b.jobs.list = func(string, pika.ListJobs, pika.PageRequest) (pika.Page[pika.Job], error) {
			return pika.Page[pika.Job]{}, down
		}
		b.facts.find = func(string, string) (pika.Fact, error) { return pika.Fact{}, down }
		b.facts.list = func(pika.Scope, pika.ListFacts, pika.PageRequest) (pika.Page[pika.Fact], error) {
			return pika.Page[pika.Fact]{}, down
		}
		for _, r := range [][3]string{
			{"GET", "/v1/facts?user_id=u1"},
			{"GET", "/v1/facts/" + jobID},
			{"DELETE", "/v1/facts/" + jobID},
			{"GET", "/v1/jobs"},
			{"GET", "/v1/jobs/" + jobID + "/status"},
			{"GET", contextPath},
			{"POST", searchPath, `{"user_id":"u1","query":"q"}`},
			{"POST", extractPath, exampleBody},
			{"POST", extractPath + "?dry_run=true", exampleBody},
		} {
			b.log.Reset()
			w := b.send(r[0], r[1], r[2])
			p := wantProblem(t, w, status, code)
			if body := w.Body.String(); strings.Contains(body, "21432") || strings.Contains(body, "PIKA_") || !strings.Contains(p.Detail, "Try again later.") {
				t.Errorf("%s %s: the caller reads %s", r[0], r[1], body)
			}
			if code != pika.Overloaded && (w.Header().Get("Retry-After") != "5" || !strings.Contains(b.log.String(), "127.0.0.1:21432")) {
				t.Errorf("%s %s: Retry-After %q, the log says %q", r[0], r[1], w.Header().Get("Retry-After"), b.log)
			}
		}
	}
}

// TestOwnRetryAfter: a part that says when to come back is believed.
func TestOwnRetryAfter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) {
		return pika.StartedJob{}, &pika.Error{Code: pika.Unavailable, RetryAfter: 2 * time.Second}
	}
	if got := b.send("POST", extractPath, exampleBody).Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
}

// TestDeletedSince: a result says why a stored fact has no text any more.
func TestDeletedSince(t *testing.T) {
	t.Parallel()
	job := exampleJob(pika.Completed)
	job.Facts = []pika.FactOutcome{
		{FactID: jobID, Outcome: pika.Stored}, {FactID: jobID, Text: "there", Outcome: pika.Stored}, {Outcome: pika.Rejected, Reason: "no text"},
	}
	b := setup(t)
	b.jobs.get = func(string, string) (pika.Job, error) { return job, nil }
	var answer struct {
		Results struct{ Facts []pika.FactOutcome }
	}
	decode(t, b.send("GET", "/v1/jobs/"+jobID+"/status", ""), &answer)
	for i, want := range []string{"deleted since", "", "no text"} {
		if got := answer.Results.Facts[i].Reason; got != want {
			t.Errorf("outcome %d: reason %q, want %q", i, got, want)
		}
	}
}
