package main_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/deploy/local/localtest"
)

// TestProjectionsDownPastTheirBudget: with Milvus and Neo4j away for longer than a job
// tries, the job completes and says which stores lag; its facts are found meanwhile, by
// their words and by their meaning; when the servers are back the job's status becomes
// right by itself.
func TestProjectionsDownPastTheirBudget(t *testing.T) {
	w := newWorld(t)
	key := w.newKey(t)
	p := w.startPair(t, key, "OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none")
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	for _, name := range []localtest.Name{localtest.Milvus, localtest.Neo4j} {
		if err := w.Stop(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	accepted := extract(t, p.gateway, "linh")
	status := awaitFirst(t, p.gateway, accepted.JobID)
	took := time.Since(begun)
	want := map[string]string{"facts": "ok", "vectors": "pending", "graph": "pending"}
	for _, f := range status.Results.Facts {
		for store, state := range want {
			if f.Stores[store] != state {
				t.Errorf("after %s a fact is in the stores as %v, want %v", took, f.Stores, want)
			}
		}
	}
	t.Logf("the job completed after %s with %v", took.Round(time.Second), status.Results.Facts[0].Stores)
	for _, c := range []struct{ query, mode, want string }{
		{"cat", "keyword", "Speaker-linh has a cat"},
		{"cat", "hybrid", "Speaker-linh has a cat"},
		{"thú cưng", "vector", "Speaker-linh has a cat"}, // pets: no word of the fact
		{"which city is home?", "vector", "Speaker-linh lives in Huế"},
	} {
		answer, err := search(t, p.gateway, "linh", c.query, c.mode)
		if err != nil || len(answer.Facts) == 0 || answer.Facts[0].Text != c.want {
			t.Errorf("%q by %s while the index is away: %s", c.query, c.mode, describe(answer, err))
		}
		// Later searches may be answered by the user's working set, which lacks nothing.
		if c.mode == "hybrid" && !slices.Contains(answer.Degraded, "vectors") {
			t.Errorf("%q by %s does not say that the index is away: %v", c.query, c.mode, answer.Degraded)
		}
	}
	for _, name := range []localtest.Name{localtest.Milvus, localtest.Neo4j} {
		if err := w.Up(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 3*time.Minute, "the job says that every store is in step", func() (bool, string) {
		var status process.Status
		err := p.gateway.Call(t.Context(), http.MethodGet, accepted.StatusURL, nil, &status)
		well := err == nil && status.Results != nil
		for i := 0; well && i < len(status.Results.Facts); i++ {
			stores := status.Results.Facts[i].Stores
			well = stores["facts"] == "ok" && stores["vectors"] == "ok" && stores["graph"] == "ok"
		}
		return well, describe(status.Results, err)
	})
	w.open(t).sameFacts(t)
}
