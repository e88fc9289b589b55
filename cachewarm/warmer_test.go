package cachewarm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/cachewarm"
)

var (
	an   = pika.Scope{Tenant: "t", User: "an"}
	binh = pika.Scope{Tenant: "t", User: "binh"}
	chi  = pika.Scope{Tenant: "other", User: "chi"}
)

// warmer returns a Warmer on the house.
func (h *house) warmer() *cachewarm.Warmer {
	return &cachewarm.Warmer{
		Searcher: h, Searches: h, Listed: []string{"my job", "my family"}, Now: h.clock, Pause: h.pause,
		Load: func() float64 { return h.load },
	}
}

func run(t *testing.T, w *cachewarm.Warmer, o cachewarm.RunOptions) cachewarm.Report {
	t.Helper()
	report, err := w.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	report.Seconds = 0
	return report
}

func TestWarmer(t *testing.T) {
	t.Parallel()
	h := newHouse()
	h.active = []pika.Scope{an, chi, binh}
	h.own["an"] = []pika.PopularSearch{asked("a cat", 2)}
	h.answer = func(scope pika.Scope, q pika.Query) (cache.WarmResult, error) {
		switch {
		case q.Deadline <= 0 || q.Limit != pika.DefaultSearchLimit:
			t.Errorf("asked %+v", q)
		case scope == binh:
			return cache.WarmKept, nil
		case scope == chi && q.Text == "my job":
			return "", pika.Errorf(pika.Unavailable, "down")
		case scope == chi:
			return cache.WarmNotKept, nil
		}
		return cache.WarmMade, nil
	}
	report := run(t, h.warmer(), cachewarm.RunOptions{})
	if diff := cmp.Diff(cachewarm.Report{Users: 3, Questions: 7, Made: 3, Kept: 2, NotKept: 1, Failed: 1}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	want := []string{"an: a cat", "an: my job", "an: my family", "chi: my job", "chi: my family", "binh: my job", "binh: my family"}
	if diff := cmp.Diff(want, h.warmed); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if got := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC).Sub(h.since); got != cachewarm.DefaultActive {
		t.Errorf("who asked within %v is active; want 7 days", got)
	}
}

func TestWarmerChoosesUsers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options cachewarm.RunOptions
		users   int
		want    int
	}{
		"of a tenant":             {cachewarm.RunOptions{Tenant: "t"}, 0, 2},
		"at most so many":         {cachewarm.RunOptions{}, 1, 1},
		"one, active or not":      {cachewarm.RunOptions{Tenant: "t", User: "dung"}, 0, 1},
		"of a tenant with nobody": {cachewarm.RunOptions{Tenant: "empty"}, 0, 0},
	} {
		h := newHouse()
		h.active = []pika.Scope{an, chi, binh}
		w := h.warmer()
		w.Users = c.users
		if got := run(t, w, c.options).Users; got != c.want {
			t.Errorf("%s: %d users; want %d", name, got, c.want)
		}
	}
}

// A run rests after each search, the longer the busier Pika is, and ends while it is busy.
func TestWarmerYields(t *testing.T) {
	t.Parallel()
	for load, want := range map[float64]time.Duration{0: 30 * time.Millisecond, 0.125: 40 * time.Millisecond} {
		h := newHouse()
		h.active, h.load = []pika.Scope{an}, load
		run(t, h.warmer(), cachewarm.RunOptions{})
		if diff := cmp.Diff([]time.Duration{want, want}, h.paused); diff != "" {
			t.Errorf("load %v: rests (-want +got):\n%s", load, diff)
		}
	}
	h := newHouse()
	h.active = []pika.Scope{an, binh}
	h.answer = func(pika.Scope, pika.Query) (cache.WarmResult, error) {
		h.load = 1
		return cache.WarmMade, nil
	}
	report := run(t, h.warmer(), cachewarm.RunOptions{})
	if diff := cmp.Diff(cachewarm.Report{Left: 2, Questions: 1, Made: 1, Stopped: cachewarm.StoppedLoad}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if !strings.Contains(report.String(), "busy") {
		t.Errorf("the report does not say why it stopped:\n%s", report)
	}
}

// A load that falls again within some seconds does not end a run.
func TestWarmerWaitsForCalm(t *testing.T) {
	t.Parallel()
	h := newHouse()
	h.active = []pika.Scope{an}
	w := h.warmer()
	h.load = 1
	w.Pause = func(ctx context.Context, d time.Duration) error {
		if len(h.paused) == 2 {
			h.load = 0
		}
		return h.pause(ctx, d)
	}
	if report := run(t, w, cachewarm.RunOptions{}); report.Users != 1 || report.Stopped != "" {
		t.Errorf("report\n%s", report)
	}
}

func TestWarmerStops(t *testing.T) {
	t.Parallel()
	down := func(pika.Scope, pika.Query) (cache.WarmResult, error) {
		return "", pika.Errorf(pika.Unavailable, "down")
	}
	late := func(pika.Scope, pika.Query) (cache.WarmResult, error) { return cache.WarmNotKept, nil }
	for name, c := range map[string]struct {
		prepare func(h *house, w *cachewarm.Warmer)
		want    cachewarm.Report
	}{
		"its time is over": {
			func(h *house, w *cachewarm.Warmer) { h.takes, w.Budget = time.Second, 5*time.Second },
			cachewarm.Report{Users: 1, Left: 19, Questions: 2, Made: 2, Stopped: cachewarm.StoppedTime},
		},
		"all fails": {
			func(h *house, _ *cachewarm.Warmer) { h.answer = down },
			cachewarm.Report{Users: 10, Left: 10, Questions: 20, Failed: 20, Stopped: cachewarm.StoppedInVain},
		},
		"all lack something": {
			func(h *house, _ *cachewarm.Warmer) { h.answer = late },
			cachewarm.Report{Users: 10, Left: 10, Questions: 20, NotKept: 20, Stopped: cachewarm.StoppedInVain},
		},
	} {
		h := newHouse()
		for range 20 {
			h.active = append(h.active, an)
		}
		w := h.warmer()
		c.prepare(h, w)
		if diff := cmp.Diff(c.want, run(t, w, cachewarm.RunOptions{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A run that was interrupted goes on with the user at whom it was, with the users it had.
func TestWarmerResumes(t *testing.T) {
	t.Parallel()
	h := newHouse()
	h.active = []pika.Scope{an, binh}
	ctx, cancel := context.WithCancel(t.Context())
	h.answer = func(scope pika.Scope, q pika.Query) (cache.WarmResult, error) {
		if scope == binh {
			cancel()
		}
		return cache.WarmMade, nil
	}
	var state cachewarm.State
	_, err := h.warmer().Run(ctx, cachewarm.RunOptions{Progress: func(p cachewarm.Progress) { state = p.State }})
	if !errors.Is(err, context.Canceled) || len(state.Scopes) != 2 {
		t.Fatalf("interrupted: %v, %+v", err, state)
	}
	h.warmed, h.active = nil, []pika.Scope{chi}
	report := run(t, h.warmer(), cachewarm.RunOptions{Resume: state})
	if diff := cmp.Diff([]string{"binh: my job", "binh: my family"}, h.warmed); diff != "" || report.Users != 2 || report.Left != 0 {
		t.Errorf("resumed: %+v, asked (-want +got):\n%s", report, diff)
	}
}

func TestWarmerFails(t *testing.T) {
	t.Parallel()
	h := newHouse()
	h.active, h.fault = []pika.Scope{an}, pika.Errorf(pika.Unavailable, "down")
	if _, err := h.warmer().Run(t.Context(), cachewarm.RunOptions{}); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Run() = %v, want Unavailable", err)
	}
}
