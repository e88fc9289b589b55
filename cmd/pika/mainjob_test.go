package main_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/pikamem/pika/bench/process"
)

// TestMainJob does what `make run` does, and what a user does next: the example
// conversation goes in, questions find its facts, a deleted fact is gone, and all of
// it is still so after a restart.
func TestMainJob(t *testing.T) { onBothWirings(t, testMainJob) }

func testMainJob(t *testing.T, env map[string]string) {
	data := t.TempDir()
	s := start(t, data, env)
	body, err := os.ReadFile("../../examples/conversation.json")
	if err != nil {
		t.Fatal(err)
	}
	var accepted process.Accepted
	if err := s.Call(t.Context(), http.MethodPost, "/v1/extract_facts", json.RawMessage(body), &accepted); err != nil {
		t.Fatal(err)
	}
	status, err := s.Await(t.Context(), accepted.JobID)
	if err != nil {
		t.Fatal(err)
	}
	if status.Results.Extractor != "rules" || len(status.Results.Degraded) != 1 || status.Results.Degraded[0] != "llm" {
		t.Errorf("extractor %q, degraded %v; want rules, [llm]", status.Results.Extractor, status.Results.Degraded)
	}
	if n := status.Results.Counts["stored"] + status.Results.Counts["superseding"]; n < 8 {
		t.Errorf("%d facts stored, want at least 8", n)
	}
	for _, f := range status.Results.Facts {
		if f.Stores["facts"] != "ok" || f.Stores["vectors"] != "ok" || f.Stores["graph"] != "ok" {
			t.Errorf("a fact of a completed job is in the stores as %v", f.Stores)
		}
	}
	cat := firstFact(t, s, "thú cưng của tôi tên gì", "Mướp")
	firstFact(t, s, "Is Linh allergic to anything?", "dị ứng tôm") // English question, Vietnamese fact
	firstFact(t, s, "When do I fly to Japan?", "Tokyo")

	if err := s.Call(t.Context(), http.MethodDelete, "/v1/facts/"+cat, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	s = start(t, data, env)
	firstFact(t, s, "When do I fly to Japan?", "Tokyo")
	for _, f := range ask(t, s, "con mèo Mướp").Facts {
		if f.ID == cat || strings.Contains(f.Text, "Mướp") {
			t.Errorf("a deleted fact is found: %q", f.Text)
		}
	}
	if err := s.Call(t.Context(), http.MethodGet, "/v1/facts/"+cat, nil, nil); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("get a deleted fact: %v, want 404", err)
	}
}

func ask(t *testing.T, s *process.Server, question string) process.Answer {
	t.Helper()
	var answer process.Answer
	body := map[string]any{"user_id": "linh", "query": question, "deadline_ms": 10_000}
	if err := s.Call(t.Context(), http.MethodPost, "/v1/search_facts", body, &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Degraded) > 0 {
		t.Errorf("%q is answered without %v", question, answer.Degraded)
	}
	return answer
}

// firstFact fails unless the best fact for a question holds want; it returns the fact's id.
func firstFact(t *testing.T, s *process.Server, question, want string) string {
	t.Helper()
	answer := ask(t, s, question)
	if len(answer.Facts) == 0 || !strings.Contains(answer.Facts[0].Text, want) {
		t.Errorf("%q: the best of %d facts is not the one with %q", question, len(answer.Facts), want)
		return ""
	}
	return answer.Facts[0].ID
}
