package main_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// TestAnswerCaches: answers are given again as long as they hold, and not a question
// longer: a job that is completed, a deletion and an operator's word are seen by the next
// search of the process, and soon by other processes.
func TestAnswerCaches(t *testing.T) { onBothWirings(t, testAnswerCaches) }

func testAnswerCaches(t *testing.T, env map[string]string) {
	data := t.TempDir()
	s := start(t, data, env)
	addFacts(t, s, aboutLinh...)
	cat := "what does the cat of Linh do"
	others := []string{"which musical instrument does Linh play", "what is Linh's job", "how high is the rent of Linh", "what does the brother of Linh study"}
	tier := func(question, want string) process.Answer {
		t.Helper()
		answer := asked(t, s, question)
		if answer.Cache.Tier != want {
			t.Errorf("%q: tier %s; want %s", question, answer.Cache.Tier, want)
		}
		return answer
	}
	for _, want := range []string{"none", "l1", "l1"} {
		for _, q := range append(others, cat) {
			tier(q, want)
		}
	}
	addFacts(t, s, "Linh's cat caught a bird")
	if a := tier(cat, "l2_exact"); !slices.ContainsFunc(textsOf(a), func(s string) bool { return strings.Contains(s, "bird") }) {
		t.Errorf("after a job is completed: %v", textsOf(a))
	}
	kept := 0
	for _, q := range others {
		if asked(t, s, q).Cache.Tier != "none" {
			kept++
		}
	}
	if kept < len(others)/2 {
		t.Errorf("of %d answers that the new fact has nothing to do with %d were kept", len(others), kept)
	}
	best := tier(cat, "l1").Facts[0]
	if err := s.Call(t.Context(), http.MethodDelete, "/v1/facts/"+best.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	if a := tier(cat, "l2_exact"); slices.Contains(textsOf(a), best.Text) {
		t.Errorf("after its deletion %q is found", best.Text)
	}
	tier(cat, "l1")
	if err := s.Call(t.Context(), http.MethodPost, "/v1/cache/invalidate", map[string]any{"user_id": "linh"}, nil); err != nil {
		t.Fatal(err)
	}
	tier(cat, "none")
	var stats struct {
		Caches []struct {
			Name string
			Hits int
		}
		Renewed        int
		StalePrevented int `json:"stale_prevented"`
	}
	if err := s.Call(t.Context(), http.MethodGet, "/v1/cache/stats", nil, &stats); err != nil {
		t.Fatal(err)
	}
	if len(stats.Caches) == 0 || stats.Caches[0].Name != "l1" || stats.Caches[0].Hits < 6 || stats.StalePrevented < 1 || stats.Renewed < 2 {
		t.Errorf("statistics %+v", stats)
	}
	if env["PIKA_CACHE"] != "" {
		wantOtherProcess(t, s, env, cat)
	}
	wantOutlived(t, s, data, env, others)
}

// wantOtherProcess: a process beside s gives what s kept, and soon nothing that s deleted.
func wantOtherProcess(t *testing.T, s *process.Server, env map[string]string, cat string) {
	t.Helper()
	other := start(t, t.TempDir(), env)
	if a := asked(t, other, cat); a.Cache.Tier != "l2_exact" {
		t.Errorf("another process: tier %s", a.Cache.Tier)
	}
	gone := asked(t, other, cat).Facts[0]
	if err := s.Call(t.Context(), http.MethodDelete, "/v1/facts/"+gone.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Second, "another process gives no deleted fact", func() (bool, string) {
		a := asked(t, other, cat)
		return !slices.Contains(textsOf(a), gone.Text), a.Cache.Tier
	})
}

// wantOutlived: answers that were asked for before are given after every process has ended
// and Redis has lost all.
func wantOutlived(t *testing.T, s *process.Server, data string, env map[string]string, questions []string) {
	t.Helper()
	for range 2 {
		for _, q := range questions {
			asked(t, s, q)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, data, withEmptyCache(t, env))
	outlived := 0
	for _, q := range questions {
		a := asked(t, s, q)
		if a.Cache.Tier != "l3" {
			continue
		}
		outlived++
		// Into which tier it came back depends on whether the process hears of changes yet.
		if again := asked(t, s, q); again.Cache.Tier == "none" || !slices.Equal(textsOf(again), textsOf(a)) {
			t.Errorf("after an answer from beside the truth: tier %s, %v; want %v", again.Cache.Tier, textsOf(again), textsOf(a))
		}
	}
	if outlived < len(questions)/2 {
		t.Errorf("%d of %d answers outlived their process", outlived, len(questions))
	}
}

// withEmptyCache names another database of Redis, where there is one.
func withEmptyCache(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	if env["PIKA_CACHE"] == "" {
		return env
	}
	u, err := url.Parse(env["PIKA_CACHE"])
	if err != nil {
		t.Fatal("PIKA_CACHE is no URL")
	}
	u.Path = "/7"
	other := maps.Clone(env)
	other["PIKA_CACHE"] = u.String()
	return other
}

func addFacts(t *testing.T, s *process.Server, texts ...string) {
	t.Helper()
	facts := make([]any, len(texts))
	for i, text := range texts {
		facts[i] = map[string]any{"text": text}
	}
	var accepted process.Accepted
	if err := s.Call(t.Context(), http.MethodPost, "/v1/facts", map[string]any{"user_id": "linh", "facts": facts}, &accepted); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Await(t.Context(), accepted.JobID); err != nil {
		t.Fatal(err)
	}
}

// asked asks for three facts, with time enough.
func asked(t *testing.T, s *process.Server, question string) process.Answer {
	t.Helper()
	var answer process.Answer
	body := map[string]any{"user_id": "linh", "query": question, "limit": 3, "deadline_ms": 10_000}
	if err := s.Call(t.Context(), http.MethodPost, "/v1/search_facts", body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func textsOf(a process.Answer) []string {
	texts := make([]string, len(a.Facts))
	for i, f := range a.Facts {
		texts[i] = f.Text
	}
	return texts
}
