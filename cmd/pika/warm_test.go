package main_test

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/cachewarm"
	"github.com/pikamem/pika/workers"
	"github.com/pikamem/pika/workflows"
)

const (
	job   = "what is the job of Linh"
	drink = "what does Linh drink"
	never = "0 0 1 1 *" // but for once a year
)

// TestWarm: what is answered ahead, by hand or by the clock, is what the next caller gets.
func TestWarm(t *testing.T) { onBothWirings(t, testWarm) }

func testWarm(t *testing.T, env map[string]string) {
	env["PIKA_WARM_QUERIES"], env["PIKA_WARM_SCHEDULE"], env["PIKA_TTL_SCHEDULE"] = job+"|"+drink, never, never
	data := t.TempDir()
	s := start(t, data, env)
	addFacts(t, s, aboutLinh...)
	engine := dialEngine(t, s, data, env)

	var accepted struct {
		Status     string
		WorkflowID string `json:"workflow_id"`
	}
	if err := s.Call(t.Context(), http.MethodPost, "/v1/cache/warm", map[string]any{"user_id": "linh"}, &accepted); err != nil {
		t.Fatal(err)
	}
	var report cachewarm.Report
	if err := engine.Client.GetWorkflow(t.Context(), accepted.WorkflowID, "").Get(t.Context(), &report); err != nil {
		t.Fatal(err)
	}
	if report.Users != 1 || report.Made != 2 || report.Failed > 0 || accepted.Status != "accepted" {
		t.Fatalf("%+v: %+v", accepted, report)
	}
	for _, want := range []string{"precomputed", "l1"} {
		if a := askedPlainly(t, s, job); a.Cache.Tier != want || len(a.Facts) == 0 || !strings.Contains(a.Facts[0].Text, "accountant") {
			t.Errorf("tier %s, %v; want %s", a.Cache.Tier, textsOf(a), want)
		}
	}

	// She is active now, and the clock warms her: what was read, what was not, what she asks.
	askedPlainly(t, s, "when does Linh swim")
	addFacts(t, s, "Linh drinks coffee since November", "Linh became the manager of the accountants")
	eventually(t, time.Minute, "the schedule answers ahead for her", func() (bool, string) {
		report := trigger[cachewarm.Report](t, engine, workflows.WarmCacheID)
		return report.Users >= 1 && report.Made+report.Kept >= 3 && report.Failed == 0, report.String()
	})
	if a := askedPlainly(t, s, drink); a.Cache.Tier != "precomputed" {
		t.Errorf("what nobody asked yet: tier %s; want precomputed", a.Cache.Tier)
	}
	if a := askedPlainly(t, s, job); a.Cache.Tier == "none" {
		t.Error("what was read is not answered ahead again")
	}

	if tuned := trigger[cachewarm.TuneReport](t, engine, workflows.TuneTTLID); len(tuned.Classes) != 3 {
		t.Errorf("tuned %+v", tuned)
	}
	var stats struct {
		TTL []struct {
			Class   string
			Seconds float64 `json:"ttl_seconds"`
		}
	}
	if err := s.Call(t.Context(), http.MethodGet, "/v1/cache/stats", nil, &stats); err != nil {
		t.Fatal(err)
	}
	if len(stats.TTL) != 3 || stats.TTL[0].Class != "often" || stats.TTL[0].Seconds != 86400 {
		t.Errorf("statistics %+v", stats)
	}
	if env["PIKA_CACHE"] == "" {
		if out, err := runPika(t, env, "warm"); err == nil || !strings.Contains(out, "needs stores that several processes can share") {
			t.Errorf("pika warm on embedded stores: %v\n%s", err, out)
		}
		return
	}
	out, err := runPika(t, env, "warm", "--user", "linh")
	if err != nil || !hasWords(out, "users", "made", "kept", "took") {
		t.Errorf("pika warm: %v\n%s", err, out)
	}
	t.Log(out)
}

// askedPlainly asks as a caller who says no more than the question.
func askedPlainly(t *testing.T, s *process.Server, question string) process.Answer {
	t.Helper()
	var answer process.Answer
	body := map[string]any{"user_id": "linh", "query": question, "deadline_ms": 10_000}
	if err := s.Call(t.Context(), http.MethodPost, "/v1/search_facts", body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// dialEngine reaches the Temporal server of a process, with its key.
func dialEngine(t *testing.T, s *process.Server, data string, env map[string]string) *workers.Connection {
	t.Helper()
	key, err := workers.LoadOrCreateKey(filepath.Join(data, "payload.key"))
	if given := env["PIKA_PAYLOAD_KEY"]; given != "" {
		key, err = workers.ParseKey(given)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := workers.Dial(t.Context(), workers.DialOptions{Address: s.Temporal, Key: key, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// trigger has a schedule start its workflow now, and returns the run's result.
func trigger[R any](t *testing.T, c *workers.Connection, schedule string) (result R) {
	t.Helper()
	handle := c.Client.ScheduleClient().GetHandle(t.Context(), schedule)
	runs := func() int {
		d, err := handle.Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Info.NumActions
	}
	before := runs()
	if err := handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the schedule starts a run", func() (bool, string) { return runs() > before, "" })
	d, err := handle.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := d.Info.RecentActions[len(d.Info.RecentActions)-1].StartWorkflowResult
	if err := c.Client.GetWorkflow(t.Context(), last.WorkflowID, last.FirstExecutionRunID).Get(t.Context(), &result); err != nil {
		t.Fatal(err)
	}
	return result
}
