package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// fakeEngine records what was started.
type fakeEngine struct {
	start    func(pika.JobRequest) (pika.StartedJob, error)
	describe func(tenant, id string) (pika.Job, error)

	mu      sync.Mutex
	started []pika.JobRequest
}

func (e *fakeEngine) StartJob(ctx context.Context, r pika.JobRequest) (pika.StartedJob, error) {
	if err := ctx.Err(); err != nil {
		return pika.StartedJob{}, err
	}
	e.mu.Lock()
	e.started = append(e.started, r)
	e.mu.Unlock()
	if e.start != nil {
		return e.start(r)
	}
	return pika.StartedJob{ID: r.ID, WorkflowID: "extract/" + r.Scope.Tenant + "/" + r.ID}, nil
}

func (e *fakeEngine) DescribeJob(_ context.Context, tenant, id string) (pika.Job, error) {
	if e.describe != nil {
		return e.describe(tenant, id)
	}
	return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
}

func (e *fakeEngine) requests() []pika.JobRequest {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]pika.JobRequest(nil), e.started...)
}

// remember makes the engine behave as the port says: same id and hash is a replay,
// another hash a conflict.
func (e *fakeEngine) remember() {
	var mu sync.Mutex
	known := map[string]string{}
	e.start = func(r pika.JobRequest) (pika.StartedJob, error) {
		mu.Lock()
		defer mu.Unlock()
		hash, there := known[r.ID]
		if there && hash != r.BodyHash {
			return pika.StartedJob{}, pika.Errorf(pika.Conflict, "this Idempotency-Key was used with another body")
		}
		known[r.ID] = r.BodyHash
		return pika.StartedJob{ID: r.ID, WorkflowID: "w/" + r.ID, Replayed: there}, nil
	}
}

type fakeJobs struct {
	pika.Jobs
	get  func(tenant, id string) (pika.Job, error)
	list func(tenant string, f pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error)
}

func (j *fakeJobs) GetJob(_ context.Context, tenant, id string) (pika.Job, error) {
	if j.get != nil {
		return j.get(tenant, id)
	}
	return pika.Job{}, pika.Errorf(pika.NotFound, "no such job")
}

func (j *fakeJobs) ListJobs(_ context.Context, tenant string, f pika.ListJobs, p pika.PageRequest) (pika.Page[pika.Job], error) {
	return j.list(tenant, f, p)
}

type fakeFacts struct {
	pika.Facts
	find func(tenant, id string) (pika.Fact, error)
	list func(s pika.Scope, f pika.ListFacts, p pika.PageRequest) (pika.Page[pika.Fact], error)
}

func (f *fakeFacts) Find(_ context.Context, tenant, id string) (pika.Fact, error) {
	return f.find(tenant, id)
}

func (f *fakeFacts) List(_ context.Context, s pika.Scope, l pika.ListFacts, p pika.PageRequest) (pika.Page[pika.Fact], error) {
	return f.list(s, l, p)
}

type searchFunc func(ctx context.Context, s pika.Scope, q pika.Query) (pika.Answer, error)

func (f searchFunc) Search(ctx context.Context, s pika.Scope, q pika.Query) (pika.Answer, error) {
	return f(ctx, s, q)
}

// bench holds a gateway on fakes.
type bench struct {
	engine  *fakeEngine
	jobs    *fakeJobs
	facts   *fakeFacts
	handler http.Handler
	log     *bytes.Buffer
	mu      sync.Mutex
	asked   []pika.Query
	forgot  []string
}

func (b *bench) queries() []pika.Query {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]pika.Query(nil), b.asked...)
}

// setup makes a gateway on fakes; change may replace any of its configuration.
func setup(t testing.TB, change ...func(*gateway.Config)) *bench {
	t.Helper()
	b := &bench{engine: &fakeEngine{}, jobs: &fakeJobs{}, facts: &fakeFacts{}, log: &bytes.Buffer{}}
	cfg := gateway.Config{
		Engine: b.engine, Jobs: b.jobs, Facts: b.facts, BodyKey: []byte("0123456789abcdef"), Extractor: "rules", Version: "1.2.3",
		Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Now: func() time.Time { return now },
		Searcher: searchFunc(func(_ context.Context, _ pika.Scope, q pika.Query) (pika.Answer, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.asked = append(b.asked, q)
			return pika.Answer{}, nil
		}),
		Forget: func(_ context.Context, _, id string) error {
			b.forgot = append(b.forgot, id)
			return nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	h, err := gateway.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.handler = h
	return b
}

// send makes one request; a body is JSON unless header says otherwise. header holds
// names and values in turn.
func (b *bench) send(method, target, body string, header ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Host = "localhost:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		switch name, value := header[i], header[i+1]; name {
		case "Host":
			r.Host = value
		case "Remote":
			r.RemoteAddr = value
		case "Content-Type":
			r.Header.Set(name, value)
		default:
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

type problem struct {
	Type      string            `json:"type"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Code      pika.Code         `json:"code"`
	Detail    string            `json:"detail"`
	RequestID string            `json:"request_id"`
	Errors    []pika.FieldError `json:"errors"`
}

// wantProblem reads a problem document and checks its frame.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code pika.Code) problem {
	t.Helper()
	var p problem
	decode(t, w, &p)
	if w.Code != status || p.Status != status || p.Code != code {
		t.Errorf("status %d, problem %d %s; want %d %s\n%s", w.Code, p.Status, p.Code, status, code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q; want a problem", got)
	}
	if p.Type == "" || p.Title == "" || p.Detail == "" || p.Errors == nil || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-ID") {
		t.Errorf("incomplete problem: %s", w.Body)
	}
	return p
}

func decode(t *testing.T, w *httptest.ResponseRecorder, v any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatalf("answer %d is not JSON: %v\n%s", w.Code, err, w.Body)
	}
}

// golden compares an answer with a file of testdata.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), indented.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
