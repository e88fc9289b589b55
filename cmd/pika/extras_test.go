package main_test

import (
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/pikatest"
)

// TestSearchExtras asks for what stands beside a search: the order of a language model,
// the neighbours of each fact, and the memory as a block for a prompt.
func TestSearchExtras(t *testing.T) { onBothWirings(t, testSearchExtras) }

func testSearchExtras(t *testing.T, env map[string]string) {
	model := pikatest.NewLLMServer(twoFacts)
	model.Order = func(_ string, items []pikatest.LLMItem) []int {
		i := slices.IndexFunc(items, func(i pikatest.LLMItem) bool { return strings.Contains(i.Text, "green tea") })
		return []int{i + 1}
	}
	server := httptest.NewServer(model)
	t.Cleanup(server.Close)
	env = maps.Clone(env)
	env["OPENAI_BASE_URL"], env["PIKA_LLM"] = server.URL+"/v1", "openai:test"
	s := start(t, t.TempDir(), env)

	thing := func(name string) map[string]any { return map[string]any{"name": name} }
	var accepted process.Accepted
	body := map[string]any{"user_id": "u1", "facts": []any{
		map[string]any{"text": "Linh has a cat called Mướp", "entities": []any{thing("Mướp")}},
		map[string]any{"text": "Doctor Hùng looks after Mướp", "subject": "Hùng", "entities": []any{thing("Mướp")}},
		map[string]any{"text": "Doctor Hùng works in Huế", "subject": "Hùng", "entities": []any{thing("Huế")}},
		map[string]any{"text": "Linh drinks green tea", "valid_from": "2020-01-01T00:00:00Z"},
	}}
	if err := s.Call(t.Context(), http.MethodPost, "/v1/facts", body, &accepted); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Await(t.Context(), accepted.JobID); err != nil {
		t.Fatal(err)
	}

	plain := searchExtras(t, s, map[string]any{"limit": 1, "related": 5})
	if len(plain.Facts) != 1 || plain.Facts[0].Text != "Linh has a cat called Mướp" || len(plain.Degraded) > 0 {
		t.Fatalf("without a reranker: %+v", plain)
	}
	paths := map[string]string{}
	for _, r := range plain.Facts[0].Related {
		paths[r.Text] = strings.Join(r.Path, " ")
	}
	if want := map[string]string{"Doctor Hùng looks after Mướp": "Mướp", "Doctor Hùng works in Huế": "Mướp Hùng"}; !maps.Equal(paths, want) {
		t.Errorf("neighbours %v; want %v", paths, want)
	}
	ordered := searchExtras(t, s, map[string]any{"limit": 2, "rerank": "llm"})
	if len(ordered.Facts) != 2 || ordered.Facts[0].Text != "Linh drinks green tea" || math.Abs(ordered.Facts[0].Score-plain.Facts[0].Score) > 1e-3 || len(ordered.Degraded) > 0 {
		t.Errorf("with a reranker: %+v; the best score was %v", ordered, plain.Facts[0].Score)
	}
	if hurried := searchExtras(t, s, map[string]any{"rerank": "llm", "deadline_ms": 140}); !slices.Contains(hurried.Degraded, "rerank") {
		t.Errorf("without time for a reranker: degraded %v", hurried.Degraded)
	}
	for _, target := range []string{"/v1/users/u1/context", "/v1/users/u1/context?query=Mướp&max_tokens=500"} {
		var block struct {
			Text    string
			FactIDs []string `json:"fact_ids"`
			Tokens  int
		}
		if err := s.Call(t.Context(), http.MethodGet, target, nil, &block); err != nil {
			t.Fatal(err)
		}
		if len(block.FactIDs) != 4 || block.Tokens == 0 || block.Tokens > 1000 || !strings.Contains(block.Text, "\n- [since 2020-01-01] Linh drinks green tea") {
			t.Errorf("%s: %+v", target, block)
		}
	}
}

type extrasAnswer struct {
	Facts []struct {
		Text    string
		Score   float64
		Related []struct {
			Text string
			Path []string
		}
	}
	Degraded []string
}

func searchExtras(t *testing.T, s *process.Server, change map[string]any) extrasAnswer {
	t.Helper()
	body := map[string]any{"user_id": "u1", "query": "Does Linh have a cat?", "deadline_ms": 10_000}
	maps.Copy(body, change)
	var answer extrasAnswer
	if err := s.Call(t.Context(), http.MethodPost, "/v1/search_facts", body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
