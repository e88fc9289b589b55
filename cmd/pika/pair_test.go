package main_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pikamem/pika/bench/process"
)

// TestGatewayAndWorker: what one process takes in another works through, a third finds
// it, and strangers find nothing.
func TestGatewayAndWorker(t *testing.T) {
	w := newWorld(t)
	key := w.newKey(t)
	p := w.startPair(t, key, "OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none")
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	for _, s := range []*process.Server{p.gateway, p.worker} {
		r, err := ready(t, s)
		for _, name := range []string{"facts", "engine", "worker", "vectors", "graph", "cache", "embedder", "llm"} {
			if status, _ := r.of(name); err != nil || status != "ok" {
				t.Errorf("/readyz says %q of %s, %v", status, name, err)
			}
		}
	}
	status := awaitFirst(t, p.gateway, extract(t, p.gateway, "linh").JobID)
	for _, f := range status.Results.Facts {
		if f.Stores["facts"] != "ok" || f.Stores["vectors"] != "ok" || f.Stores["graph"] != "ok" {
			t.Errorf("a fact of a completed job is in the stores as %v", f.Stores)
		}
	}
	other := startCommand(t, "gateway", w.env, &output{}) // not awaited: who is ready knows the keys
	other.Key = key
	for name, s := range map[string]*process.Server{"the gateway": p.gateway, "another gateway": other} {
		for _, mode := range []string{"hybrid", "vector", "keyword"} {
			answer, err := search(t, s, "linh", "cat", mode)
			if err != nil || len(answer.Degraded) > 0 || len(answer.Facts) == 0 || answer.Facts[0].Text != "Speaker-linh has a cat" {
				t.Errorf("%s, mode %s: %s", name, mode, describe(answer, err))
			}
		}
	}
	st := w.open(t).state(t)
	if st.facts != 2 || !st.none() {
		t.Errorf("after the job: %s", st)
	}
	for name, key := range map[string]string{"no key": "", "a wrong key": strings.Repeat("x", len(key))} {
		stranger := &process.Server{URL: other.URL, Key: key}
		if err := stranger.Call(t.Context(), http.MethodGet, "/v1/facts?user_id=linh", nil, nil); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("with %s: %v, want 401", name, err)
		}
	}
}
