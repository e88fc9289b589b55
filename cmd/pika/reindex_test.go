package main_test

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pikamem/pika/bench/process"
)

// gramDimensions is how long the vectors of the stub are: not as the local model's.
const gramDimensions = 256

// startEmbeddings runs an OpenAI-compatible embeddings server whose vectors count the
// hashed runs of three letters of a text: texts with common words are near each other.
func startEmbeddings(t *testing.T) (url string, texts *atomic.Int64) {
	t.Helper()
	texts = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Input []string `json:"input"`
			Model string   `json:"model"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || !strings.HasSuffix(r.URL.Path, "/embeddings") {
			http.Error(w, `{"error":{"message":"unreadable request","type":"invalid_request_error"}}`, http.StatusBadRequest)
			return
		}
		texts.Add(int64(len(request.Input)))
		data := make([]map[string]any, len(request.Input))
		for i, text := range request.Input {
			data[i] = map[string]any{"object": "embedding", "index": i, "embedding": grams(text)}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"object": "list", "model": request.Model, "data": data, "usage": map[string]int{"prompt_tokens": 1, "total_tokens": 1},
		})
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1", texts
}

func grams(text string) []float32 {
	values := make([]float32, gramDimensions)
	padded := []rune("  " + strings.ToLower(text) + "  ")
	for i := range len(padded) - 2 {
		h := fnv.New32a()
		h.Write([]byte(string(padded[i : i+3])))
		values[h.Sum32()%gramDimensions]++
	}
	var squares float64
	for _, v := range values {
		squares += float64(v * v)
	}
	for i := range values {
		values[i] /= float32(math.Sqrt(squares))
	}
	return values
}

// TestReindex: the vectors are made anew by another model, of other dimensions, while a
// gateway and a worker run. Searches go on, what comes in meanwhile is in the new index
// too, and the running processes follow to the new model.
func TestReindex(t *testing.T) {
	w := newWorld(t)
	key := w.newKey(t)
	embeddings, embedded := startEmbeddings(t)
	w.env["PIKA_EMBEDDER_BASE_URL"] = embeddings
	p := w.startPair(t, key, "OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none")
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	for _, user := range []string{"an", "binh", "chi"} {
		give(t, p.gateway, user, hobbies(50))
	}
	old := w.open(t).model

	done := make(chan struct{})
	var answered, failed atomic.Int64
	var last atomic.Value
	go func() {
		defer close(done)
		for last.Load() == nil {
			if answer, err := search(t, p.gateway, "an", "violin in Paris", "vector"); err != nil || len(answer.Facts) == 0 || len(answer.Degraded) > 0 {
				failed.Add(1)
				t.Logf("a search while the index is made anew: %s", describe(answer, err))
			}
			answered.Add(1)
		}
	}()
	stop := func() { last.Store(true); <-done }
	defer stop()
	meanwhile := extract(t, p.gateway, "during")
	out := w.run(t, "reindex", "--model", "openai:grams")
	stop()
	t.Logf("%d searches meanwhile, %d of them failed or degraded\n%s", answered.Load(), failed.Load(), out)
	if failed.Load() > 0 || answered.Load() == 0 {
		t.Errorf("%d of %d searches failed while the index was made anew", failed.Load(), answered.Load())
	}
	awaitFirst(t, p.gateway, meanwhile.JobID)

	s := w.open(t)
	if s.model.Dimensions != gramDimensions || s.model == old {
		t.Errorf("the active model is %v, was %v", s.model, old)
	}
	eventually(t, recovery, "the new index holds everything", func() (bool, string) {
		st := s.state(t)
		return st.vectors.none() && st.messages.none() && st.facts == 152, st.String()
	})
	asked := embedded.Load()
	eventually(t, recovery, "the gateway asks the new model", func() (bool, string) {
		answer, err := search(t, p.gateway, "binh", "karate in Cairo", "vector")
		return embedded.Load() > asked && err == nil && len(answer.Facts) > 0, describe(answer, err)
	})
	follows(t, p.gateway, s)
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
}

// follows: what comes in afterwards is in the new index, written by the old worker.
func follows(t *testing.T, gateway *process.Server, s *stores) {
	t.Helper()
	give(t, gateway, "late", hobbies(5))
	eventually(t, recovery, "facts that came later are in the new index", func() (bool, string) {
		st := s.state(t)
		return st.vectors.none() && st.facts == 157, st.String()
	})
	answer, err := search(t, gateway, "late", "practised pottery", "vector")
	if err != nil || len(answer.Facts) == 0 || !strings.Contains(answer.Facts[0].Text, "pottery") {
		t.Errorf("search by the new model: %s", describe(answer, err))
	}
}

// TestReindexOfAFile: the embedded index changes its model while pika does not run, with
// more facts of one user than may be unsettled, and pika starts with the new model only.
func TestReindexOfAFile(t *testing.T) {
	env := requireServer(t)
	data := t.TempDir()
	s := start(t, data, env)
	const facts = 1200
	give(t, s, "an", hobbies(facts)[:facts/2])
	give(t, s, "an", hobbies(facts)[facts/2:])
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	embeddings, _ := startEmbeddings(t)
	env["PIKA_EMBEDDER"], env["PIKA_EMBEDDER_BASE_URL"], env["PIKA_DATA"] = "openai:grams", embeddings, data
	if out, err := runPika(t, env, "dev", "--addr", "127.0.0.1:0"); err == nil || !strings.Contains(out, "pika reindex --model openai:grams") {
		t.Fatalf("a start with another model than the data's: %v\n%s", err, out)
	}
	out, err := runPika(t, env, "reindex", "--model", "openai:grams")
	if err != nil || !strings.Contains(out, "switched; took") {
		t.Fatalf("pika reindex: %v\n%s", err, out)
	}
	t.Log(out)
	s = start(t, data, env)
	answer, err := search(t, s, "an", "practised pottery in Lima, lesson 32", "vector")
	if err != nil || len(answer.Facts) == 0 || !strings.Contains(answer.Facts[0].Text, "pottery in Lima") || len(answer.Degraded) > 0 {
		t.Errorf("search by the new model: %s", describe(answer, err))
	}
}
