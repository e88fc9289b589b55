package workflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/cachewarm"
	"github.com/pikamem/pika/workflows"
)

// asked is what users ask, and a cache that makes every answer.
type asked struct {
	pika.QueryCache

	failures int32 // calls that fail, from the first
	calls    atomic.Int32
	warmed   []string // user: question
}

func (a *asked) fault() error {
	if a.calls.Add(1) <= a.failures {
		return pika.Errorf(pika.Unavailable, "down")
	}
	return nil
}

func (a *asked) Warm(_ context.Context, scope pika.Scope, q pika.Query) (cache.WarmResult, error) {
	a.warmed = append(a.warmed, scope.User+": "+q.Text)
	return cache.WarmMade, nil
}

func (a *asked) ActiveUsers(context.Context, string, time.Time, int) ([]pika.Scope, error) {
	return []pika.Scope{{Tenant: "t", User: "an"}, {Tenant: "t", User: "binh"}}, nil
}

func (a *asked) UserSearches(context.Context, pika.Scope, time.Time, int) ([]pika.PopularSearch, error) {
	return nil, a.fault()
}

func (a *asked) PopularSearches(context.Context, string, int) ([]pika.PopularSearch, error) {
	return nil, nil
}

func (a *asked) RefreshPopular(context.Context, time.Time) (bool, error) { return true, a.fault() }

func (a *asked) ExpireAnswers(context.Context, time.Time, int) (int, error) { return 0, nil }

// ttls keeps nothing of the times of answers.
type ttls struct{ answerTTLs }

type answerTTLs = pika.AnswerTTLs // a field and a method cannot have one name

func (t ttls) AnswerTTLs(context.Context) ([]pika.AnswerTTL, error) { return nil, nil }

func (t ttls) TuneAnswerTTLs(context.Context, []pika.AnswerTTL) error { return nil }

func (t ttls) AnswerUse(context.Context) ([]pika.AnswerUse, error) { return nil, nil }

// warming returns the steps that answer ahead one question for everybody.
func warming(a *asked) *activities.Warming {
	return &activities.Warming{
		Warmer: &cachewarm.Warmer{Searcher: a, Searches: a, Listed: []string{"my job"}},
		Tuner:  &cachewarm.Tuner{Searches: a, TTLs: ttls{}},
	}
}

func TestWarmCache(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	a := &asked{failures: 2}
	r.env.RegisterActivity(warming(a))
	r.env.ExecuteWorkflow(workflows.WarmCache, activities.WarmInput{})
	var report cachewarm.Report
	if err := r.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if err := r.env.GetWorkflowResult(&report); err != nil {
		t.Fatal(err)
	}
	report.Seconds = 0
	if diff := cmp.Diff(cachewarm.Report{Users: 2, Questions: 2, Made: 2}, report); diff != "" || a.calls.Load() != 2+2 {
		t.Errorf("after %d calls the report is (-want +got):\n%s", a.calls.Load(), diff)
	}
}

// What fails is left to the next run of the schedule, soon.
func TestWarmCacheGivesUp(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	a := &asked{failures: 1000}
	r.env.RegisterActivity(warming(a))
	began := r.env.Now()
	r.env.ExecuteWorkflow(workflows.WarmCache, activities.WarmInput{})
	if err := r.env.GetWorkflowError(); err == nil || a.calls.Load() != 3 {
		t.Errorf("error %v after %d attempts; want one after 3", err, a.calls.Load())
	}
	if took := r.env.Now().Sub(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// An attempt goes on with the user at whom the one before it was, whoever asks meanwhile.
func TestWarmCacheActivityResumes(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	a := &asked{}
	w := warming(a)
	env.RegisterActivity(w)
	env.SetHeartbeatDetails(cachewarm.State{
		Scopes: []pika.Scope{{Tenant: "t", User: "an"}, {Tenant: "t", User: "chi"}}, Done: 1, Report: cachewarm.Report{Users: 1, Questions: 50, Made: 50},
	})
	value, err := env.ExecuteActivity(w.WarmCache, activities.WarmInput{})
	if err != nil {
		t.Fatal(err)
	}
	var report cachewarm.Report
	if err := value.Get(&report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"chi: my job"}, a.warmed); diff != "" || report.Made != 51 || report.Users != 2 {
		t.Errorf("%+v, asked (-want +got):\n%s", report, diff)
	}
}

func TestTuneTTL(t *testing.T) {
	t.Parallel()
	r := newRun(t)
	a := &asked{failures: 2}
	r.env.RegisterActivity(warming(a))
	r.env.ExecuteWorkflow(workflows.TuneTTL, activities.TuneInput{})
	var report cachewarm.TuneReport
	if err := r.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if err := r.env.GetWorkflowResult(&report); err != nil {
		t.Fatal(err)
	}
	if !report.Refreshed || len(report.Classes) != len(pika.AnswerClasses()) {
		t.Errorf("report %+v", report)
	}
}

func TestWarmCacheWorkflowID(t *testing.T) {
	t.Parallel()
	an := pika.Scope{Tenant: "a/b", User: "an"}
	for want, scope := range map[string]pika.Scope{
		"warm-cache/a%2Fb":            {Tenant: "a/b"},
		"warm-cache/a%2Fb/" + an.ID(): an,
	} {
		if got := workflows.WarmCacheWorkflowID(scope); got != want {
			t.Errorf("WarmCacheWorkflowID(%+v) = %s; want %s", scope, got, want)
		}
	}
}
