package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/openai"
	"github.com/pikamem/pika/pikatest"
)

// embeddings is an endpoint that answers a vector made of each text's hash.
type embeddings struct {
	dimensions int
	vector     func(text string) []float32 // in place of the hash
	refuse     string                      // a parameter that is refused
	mangle     func(data []map[string]any) []map[string]any

	mu     sync.Mutex
	inputs [][]string
}

func (s *embeddings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.URL.Path != "/v1/embeddings" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if _, ok := body[s.refuse]; ok {
		http.Error(w, fmt.Sprintf(`{"error":{"message":"%s is not supported"}}`, s.refuse), http.StatusBadRequest)
		return
	}
	var input []string
	for _, text := range body["input"].([]any) {
		input = append(input, text.(string))
	}
	s.mu.Lock()
	s.inputs = append(s.inputs, input)
	s.mu.Unlock()
	var data []map[string]any
	for i, text := range input {
		v := hashed(text, s.dimensions)
		if s.vector != nil {
			v = s.vector(text)
		}
		data = append(data, map[string]any{"index": i, "embedding": v})
	}
	if s.mangle != nil {
		data = s.mangle(data)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func hashed(text string, dimensions int) []float32 {
	v := make([]float32, dimensions)
	for i := range v {
		h := fnv.New32a()
		fmt.Fprintf(h, "%d %s", i, text)
		v[i] = float32(h.Sum32()%1000) - 500.5
	}
	return v
}

func newEmbedder(t *testing.T, s *embeddings, change ...func(*openai.Config)) (*openai.Embedder, error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	config := openai.Config{BaseURL: server.URL + "/v1", Model: "some-model", HTTPClient: server.Client()}
	for _, c := range change {
		c(&config)
	}
	return openai.NewEmbedder(t.Context(), config)
}

func embed(t *testing.T, e *openai.Embedder, role pika.EmbedRole, texts ...string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), role, texts)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestEmbedderConformance(t *testing.T) {
	t.Parallel()
	fake := pikatest.NewEmbedder(64)
	pikatest.Embedder(t, func(t *testing.T) pika.Embedder {
		e, err := newEmbedder(t, &embeddings{vector: func(text string) []float32 {
			// A request whose caller has left may come when the test is over.
			vectors, err := fake.Embed(context.WithoutCancel(t.Context()), pika.EmbedPassage, []string{text})
			if err != nil {
				t.Errorf("the server was sent a text that no embedder takes: %v", err)
				return make([]float32, 64)
			}
			return vectors[0]
		}})
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	s := &embeddings{dimensions: 8}
	s.mangle = func(data []map[string]any) []map[string]any { // the order of an answer means nothing
		for i, j := 0, len(data)-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
		return data
	}
	e, err := newEmbedder(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if m := e.Model(); m.Dimensions != 8 || m.ID != "openai:some-model@8" {
		t.Errorf("Model() = %+v", m)
	}
	all := embed(t, e, pika.EmbedPassage, "mèo", "me\u0300o ", "chó", strings.Repeat("dài ", 1000))
	for i, v := range all {
		var square float64
		for _, x := range v {
			square += float64(x) * float64(x)
		}
		if len(v) != 8 || math.Abs(square-1) > 1e-5 {
			t.Errorf("vector %d has %d dimensions and length² %f", i, len(v), square)
		}
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("NFC and NFD differ:\n%s", diff)
	}
	if diff := cmp.Diff([][]float32{all[2]}, embed(t, e, pika.EmbedPassage, "chó")); diff != "" {
		t.Errorf("a vector depends on its neighbours:\n%s", diff)
	}
	for _, input := range s.inputs {
		for _, text := range input {
			if len(text) > 1200 {
				t.Errorf("a part of %d bytes was sent", len(text))
			}
		}
	}
}

func TestEmbedBatches(t *testing.T) {
	t.Parallel()
	s := &embeddings{dimensions: 2}
	e, err := newEmbedder(t, s, func(c *openai.Config) { c.Window = 4096; c.Dimensions = 2 })
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, pika.MaxEmbedBatch)
	for i := range texts {
		texts[i] = strings.Repeat("x", 4000) + fmt.Sprint(i)
	}
	if got := embed(t, e, pika.EmbedQuery, texts...); len(got) != len(texts) {
		t.Errorf("%d vectors for %d texts", len(got), len(texts))
	}
	if len(s.inputs) < 3 {
		t.Errorf("1 MB went in %d calls", len(s.inputs))
	}
}

func TestEmbedRolePrefixes(t *testing.T) {
	t.Parallel()
	s := &embeddings{dimensions: 4}
	e, err := newEmbedder(t, s, func(c *openai.Config) { c.Model = "intfloat/multilingual-e5-small" })
	if err != nil {
		t.Fatal(err)
	}
	embed(t, e, pika.EmbedQuery, "mèo")
	embed(t, e, pika.EmbedPassage, "mèo")
	if got := s.inputs[len(s.inputs)-2:]; got[0][0] != "query: mèo" || got[1][0] != "passage: mèo" {
		t.Errorf("sent %q", got)
	}
}

func TestEmbedDimensions(t *testing.T) {
	t.Parallel()
	shorter := func(c *openai.Config) { c.Model, c.Dimensions = "text-embedding-3-large", 8 }
	e, err := newEmbedder(t, &embeddings{dimensions: 8, refuse: "dimensions"}, shorter)
	if err != nil {
		t.Fatal(err)
	}
	if got := embed(t, e, pika.EmbedQuery, "a"); len(got[0]) != 8 || e.Model().ID != "openai:text-embedding-3-large@8" {
		t.Errorf("%d dimensions, model %+v", len(got[0]), e.Model())
	}
	wrong, err := newEmbedder(t, &embeddings{dimensions: 9}, shorter)
	if err != nil {
		t.Fatal(err)
	}
	_, err = wrong.Embed(t.Context(), pika.EmbedQuery, []string{"a"})
	if pika.CodeOf(err) != pika.Invalid || !strings.Contains(err.Error(), "PIKA_EMBEDDER") {
		t.Errorf("Embed = %v; want invalid, naming PIKA_EMBEDDER", err)
	}
	known, err := newEmbedder(t, &embeddings{}, func(c *openai.Config) { c.Model = "text-embedding-3-small" })
	if err != nil || known.Model().Dimensions != 1536 {
		t.Errorf("NewEmbedder = %v, %v", known, err)
	}
}

func TestEmbedRefusesBadAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		mangle func([]map[string]any) []map[string]any
	}{
		{"too few", func(d []map[string]any) []map[string]any { return d[1:] }},
		{"too many", func(d []map[string]any) []map[string]any { return append(d, d[0]) }},
		{"an index twice", func(d []map[string]any) []map[string]any { d[1]["index"] = 0; return d }},
		{"an index outside", func(d []map[string]any) []map[string]any { d[1]["index"] = 2; return d }},
		{"zeros", func(d []map[string]any) []map[string]any { d[1]["embedding"] = make([]float32, 4); return d }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &embeddings{dimensions: 4}
			e, err := newEmbedder(t, s)
			if err != nil {
				t.Fatal(err)
			}
			s.mangle = tt.mangle
			if _, err := e.Embed(t.Context(), pika.EmbedQuery, []string{"a", "b"}); pika.CodeOf(err) != pika.Unavailable {
				t.Errorf("Embed = %v; want unavailable", err)
			}
		})
	}
}

func TestEmbedChecksInput(t *testing.T) {
	t.Parallel()
	e, err := newEmbedder(t, &embeddings{dimensions: 4})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		role  pika.EmbedRole
		texts []string
	}{
		{"none", pika.EmbedQuery, nil},
		{"empty", pika.EmbedQuery, []string{"a", ""}},
		{"white space", pika.EmbedQuery, []string{" \n"}},
		{"invalid UTF-8", pika.EmbedQuery, []string{"\xff"}},
		{"unknown role", "x", []string{"a"}},
		{"too many", pika.EmbedQuery, make([]string, pika.MaxEmbedBatch+1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := e.Embed(t.Context(), tt.role, tt.texts); pika.CodeOf(err) != pika.Invalid {
				t.Errorf("Embed = %v; want invalid", err)
			}
		})
	}
}

func TestEmbedderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		http.Error(w, "slow down", http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	_, err := openai.NewEmbedder(t.Context(), openai.Config{BaseURL: server.URL, Model: "m"})
	var e *pika.Error
	if !errors.As(err, &e) || e.Code != pika.RateLimited || e.RetryAfter.Seconds() != 3 {
		t.Errorf("NewEmbedder = %v", err)
	}
}
