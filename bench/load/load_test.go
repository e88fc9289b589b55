package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

func testPlanner(users int) *planner {
	var facts []pika.GivenFact
	for i := range 20 {
		facts = append(facts, pika.GivenFact{Candidate: pika.Candidate{Text: fmt.Sprint("fact ", i), Object: fmt.Sprint("object ", i)}})
	}
	return newPlanner(settings{users: users, facts: 10, seed: 1}, "u", facts, []string{"what is it?", "con mèo tên gì?", "where do they live?"})
}

func TestMix(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]mix{
		"repeats=0.9,paraphrases=0.04,writes=0.01": {0.9, 0.04, 0.01},
		"writes=1":                       {writes: 1},
		"repeats=0.9,paraphrases=0.2":    {},
		"repeats=2":                      {},
		"repeats":                        {},
		"hits=0.5":                       {},
		"repeats=0.5,,paraphrases=0.125": {},
	} {
		var got mix
		err := got.Set(given)
		if failed := want == (mix{}); failed != (err != nil) || !failed && got != want {
			t.Errorf("Set(%q) = %v, %v; want %v", given, got, err, want)
		}
	}
}

// TestPlan: a plan holds the rate and the shares, and repeats are former questions of the
// same user, word for word.
func TestPlan(t *testing.T) {
	t.Parallel()
	for _, even := range []bool{true, false} {
		p, m := testPlanner(20), mix{repeats: 0.6, paraphrases: 0.2, writes: 0.1}
		p.warmUp()
		plan := p.plan(m, 1000, 20*time.Second, even)
		counts, asked := map[kind]float64{}, map[string]bool{}
		for _, u := range testPlannerWarm(20) {
			asked[u] = true
		}
		for i, r := range plan {
			counts[r.kind]++
			if i > 0 && r.at < plan[i-1].at || r.at >= 20*time.Second {
				t.Fatalf("request %d is sent at %s", i, r.at)
			}
			if known := asked[string(r.body)]; r.kind == repeated && !known {
				t.Fatalf("%s was not asked before", r.body)
			}
			if r.kind != written {
				asked[string(r.body)] = true
			}
		}
		searches := counts[repeated] + counts[paraphrased] + counts[newQuestion]
		for what, c := range map[string][2]float64{
			"searches": {searches / 20_000, 1}, "repeated": {counts[repeated] / searches, 0.6},
			"paraphrased": {counts[paraphrased] / searches, 0.2}, "writes": {counts[written] / searches, 0.1},
		} {
			if math.Abs(c[0]-c[1]) > 0.05 {
				t.Errorf("even %v, %s: %.3f; want %.2f", even, what, c[0], c[1])
			}
		}
	}
}

// testPlannerWarm are the bodies of what the users of a planner ask first, at the default
// deadline.
func testPlannerWarm(users int) []string {
	p := testPlanner(users)
	p.warmUp()
	var all []string
	for _, u := range p.users {
		for _, q := range u.asked {
			all = append(all, string(searchBody(u.name, q, 0)))
		}
	}
	return all
}

// TestBodies: what is sent is what the API reads.
func TestBodies(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	b := factsBody("u", pika.GivenFact{Candidate: pika.Candidate{Text: "t", Object: "o", ValidFrom: &from, Entities: []pika.Entity{{Name: "n", Type: "place", ID: "no field of the API"}}}})
	if want := `{"user_id":"u","facts":[{"text":"t","object":"o","entities":[{"name":"n","type":"place"}],"valid_from":"2026-01-02T00:00:00Z"}]}`; string(b) != want {
		t.Errorf("%s; want %s", b, want)
	}
	if got, want := string(searchBody("u", `a "b"`, 0)), `{"user_id":"u","query":"a \"b\""}`; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// TestRead: the tier and what is degraded are found behind texts that look the same.
func TestRead(t *testing.T) {
	t.Parallel()
	type fact struct{ Text string }
	answer, err := json.Marshal(struct {
		Facts    []fact            `json:"facts"`
		Cache    map[string]string `json:"cache"`
		Degraded []string          `json:"degraded"`
	}{[]fact{{`"cache":{"tier":"none"},"degraded":["x"]`}}, map[string]string{"tier": "l1"}, []string{"vectors", "graph"}})
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	if o.read(answer); o.tier != pika.TierL1 || o.degraded != `"vectors","graph"` || !o.answered {
		t.Errorf("read %+v", o)
	}
	if o.read([]byte("no answer")); o.answered {
		t.Error("no answer is read as one")
	}
}

// stall is a server whose first answer takes a while, during which it has one worker.
func stall(t *testing.T, first time.Duration) string {
	t.Helper()
	turn := make(chan struct{}, 1)
	begun := time.Now()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn <- struct{}{}
		defer func() { <-turn }()
		if d := first - time.Since(begun); d > 0 {
			<-time.After(d)
		}
		fmt.Fprint(w, `{"facts":[],"cache":{"tier":"none","age_ms":0},"degraded":[],"took_ms":1}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestLatencyIsCountedFromTheIntendedTime: while a server hangs, requests that could not
// even be sent are as late as those that were.
func TestLatencyIsCountedFromTheIntendedTime(t *testing.T) {
	t.Parallel()
	const hang = 500 * time.Millisecond
	plan := make([]request, 10)
	for i := range plan {
		plan[i] = request{at: time.Duration(i) * 10 * time.Millisecond, kind: newQuestion, body: searchBody("u", "q", 0)}
	}
	outcomes := drive(t.Context(), stall(t, hang), plan, load{workers: 1})
	for i, o := range outcomes {
		if least := hang - plan[i].at - 50*time.Millisecond; o.took < least || o.failed() {
			t.Errorf("request %d took %s, failed %v; want at least %s", i, o.took, o.failed(), least)
		}
	}
	if last := outcomes[9].late; last < hang-150*time.Millisecond {
		t.Errorf("the last request was sent %s late", last)
	}
}

// TestUnsentRequestsAreErrors: what is not sent before the grace ends failed.
func TestUnsentRequestsAreErrors(t *testing.T) {
	t.Parallel()
	plan := []request{{kind: newQuestion}, {kind: newQuestion}, {kind: written}}
	outcomes := drive(t.Context(), stall(t, 200*time.Millisecond), plan, load{workers: 1, grace: time.Millisecond})
	if outcomes[0].failed() || !outcomes[1].unsent || !outcomes[2].failed() {
		t.Errorf("%+v", outcomes)
	}
	if got := reasons(outcomes); got != " (not sent in time: 2)" {
		t.Errorf("reasons %q", got)
	}
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var all times
	for i := range 1000 {
		all = append(all, time.Duration(i+1)*time.Millisecond)
	}
	slices.Sort(all)
	for percent, want := range map[float64]time.Duration{50: 500, 95: 950, 99: 990, 99.9: 999, 100: 1000} {
		if got := all.at(percent); got != want*time.Millisecond {
			t.Errorf("p%g = %s; want %d ms", percent, got, want)
		}
	}
	if got := (times{}).at(99); got != 0 {
		t.Errorf("p99 of nothing = %s", got)
	}
}

// TestTables: everything that is counted is printed.
func TestTables(t *testing.T) {
	t.Parallel()
	m := measured{intended: time.Second, took: time.Second, outcomes: []outcome{
		{kind: repeated, status: 200, answered: true, tier: pika.TierL1, took: time.Millisecond},
		{kind: newQuestion, status: 200, answered: true, tier: pika.TierNone, degraded: `"vectors"`, took: 40 * time.Millisecond},
		{kind: newQuestion, status: 503, answered: true, took: time.Millisecond},
		{kind: written, status: 202, answered: true, took: 5 * time.Millisecond},
	}}
	var b strings.Builder
	m.print(&b)
	for _, want := range []string{"l1", "none", "1 (status 503: 1)", "1 of 3 (vectors: 1)", "33.3 %", "40.00 ms", "writes, until their 202"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the tables lack %q:\n%s", want, &b)
		}
	}
}
