package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
)

const exampleBody = `{"user_id":"u1","conversation_id":"c7","conversation":[{"id":"m1","role":"user","name":"Linh","content":"Tôi có con mèo tên Mướp","timestamp":"2026-11-01T15:00:00.1234567+07:00"}],
 "context":[{"role":"assistant","content":"…"}],"reference_time":"2026-11-01T08:00:00Z","metadata":{"channel":"app"},"callback_url":null,"priority":"high"}`

type acceptedJob struct {
	Status     string `json:"status"`
	JobID      string `json:"job_id"`
	WorkflowID string `json:"workflow_id"`
	StatusURL  string `json:"status_url"`
	Replayed   bool   `json:"replayed"`
}

func wantAccepted(t *testing.T, w *httptest.ResponseRecorder) acceptedJob {
	t.Helper()
	var a acceptedJob
	decode(t, w, &a)
	if w.Code != http.StatusAccepted || a.Status != "accepted" || !pika.IsID(a.JobID) || a.WorkflowID == "" {
		t.Fatalf("answer %d %s; want an accepted job", w.Code, w.Body)
	}
	if want := "/v1/jobs/" + a.JobID + "/status"; a.StatusURL != want || w.Header().Get("Location") != want {
		t.Errorf("status_url %q, Location %q; want %q", a.StatusURL, w.Header().Get("Location"), want)
	}
	return a
}

func TestExtractRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := wantAccepted(t, b.send("POST", extractPath, exampleBody))
	at := time.Date(2026, 11, 1, 8, 0, 0, 123_456_000, time.UTC)
	reference := now
	want := pika.JobRequest{
		ID: a.JobID, Scope: pika.Scope{Tenant: "default", User: "u1"}, Kind: pika.JobExtract, AcceptedAt: now, Priority: pika.PriorityHigh,
		ConversationID: "c7", ReferenceTime: &reference, Metadata: pika.Metadata{"channel": "app"},
		Conversation: []pika.Message{{ID: "m1", Role: pika.RoleUser, Name: "Linh", Content: "Tôi có con mèo tên Mướp", Timestamp: &at}},
		Context:      []pika.Message{{Role: pika.RoleAssistant, Content: "…"}},
	}
	got := b.engine.requests()[0]
	if len(got.BodyHash) != 64 {
		t.Errorf("BodyHash = %q; want 64 hex digits", got.BodyHash)
	}
	want.BodyHash = got.BodyHash
	if diff := cmp.Diff([]pika.JobRequest{want}, b.engine.requests()); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
}

func TestExtractFillsIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := said(`{"role":"user","content":"x"},{"role":"user","content":"x"}`)
	first, second := wantAccepted(t, b.send("POST", extractPath, body)), wantAccepted(t, b.send("POST", extractPath, body))
	if first.JobID == second.JobID {
		t.Error("two posts without a key have one job")
	}
	r := b.engine.requests()
	if m := r[0].Conversation; m[0].ID == "" || m[0].ID == m[1].ID || r[0].ConversationID == "" {
		t.Errorf("ids were not filled in: %+v", r[0])
	}
	if diff := cmp.Diff(r[0].Conversation, r[1].Conversation); diff != "" {
		t.Errorf("the same content has other ids:\n%s", diff)
	}
	if r[0].Keyed || r[0].Priority != pika.PriorityNormal {
		t.Errorf("Keyed %v, Priority %q; want false, normal", r[0].Keyed, r[0].Priority)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.engine.remember()
	first := wantAccepted(t, b.send("POST", extractPath, `{"user_id":"u","conversation":[{"role":"user","content":"é"}]}`, "Idempotency-Key", "k1"))
	if first.JobID != pika.KeyedJobID("default", "k1") || first.Replayed {
		t.Errorf("first answer %+v; want the key's job, not replayed", first)
	}
	if !b.engine.requests()[0].Keyed {
		t.Error("Keyed is false")
	}
	again := wantAccepted(t, b.send("POST", extractPath, `{ "conversation": [{"content":"\u00e9","role":"user"}], "user_id":"u" }`, "Idempotency-Key", "k1"))
	if !again.Replayed || again.JobID != first.JobID {
		t.Errorf("the same document in another form answers %+v; want a replay of %+v", again, first)
	}
	wantProblem(t, b.send("POST", extractPath, said(`{"role":"user","content":"e"}`), "Idempotency-Key", "k1"), 409, pika.Conflict)
	wantProblem(t, b.send("POST", factsPath, given(`{"text":"x"}`), "Idempotency-Key", "k1"), 409, pika.Conflict)
	other := wantAccepted(t, b.send("POST", extractPath, said(`{"role":"user","content":"e"}`), "Idempotency-Key", "k2"))
	if other.JobID == first.JobID || other.Replayed {
		t.Errorf("another key answers %+v", other)
	}
}

// The hash must tell apart documents that differ only in where a text stands.
func TestBodyHashTellsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bodies := []string{
		said(`{"role":"user","content":"ab"}`), said(`{"role":"user","content":"a"},{"role":"user","content":"b"}`),
		said(`{"role":"user","content":"a","name":"b"}`), said(`{"role":"user","content":"b","name":"a"}`),
		with(`"metadata":{"a":1}`), with(`"metadata":{"a":"1"}`), with(`"metadata":{"a":true}`), with(`"metadata":{"a":"true"}`),
	}
	seen := map[string]int{}
	for i, body := range bodies {
		wantAccepted(t, b.send("POST", extractPath, body))
		hash := b.engine.requests()[i].BodyHash
		if j, known := seen[hash]; known {
			t.Errorf("%s and %s have one hash", bodies[j], body)
		}
		seen[hash] = i
	}
	keyed := setup(t, func(c *gateway.Config) { c.BodyKey = []byte("another key of 24 bytes!") })
	wantAccepted(t, keyed.send("POST", extractPath, bodies[0]))
	if keyed.engine.requests()[0].BodyHash == b.engine.requests()[0].BodyHash {
		t.Error("the hash does not depend on the key")
	}
}

func TestAddFacts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wantAccepted(t, b.send("POST", factsPath, `{"user_id":"u1","facts":[{"text":"Linh sống ở Đà Nẵng"},
 {"text":"x","subject":"Linh","predicate":"has_pet","object":"Mướp","category":"pets","entities":[{"name":"Mướp","type":"animal"},{"name":"Huế"}],
 "sources":[{"conversation_id":"c","message_id":"m"}],"confidence":0.5,"language":"vi","metadata":{"n":1},"negated":true}]}`))
	want := []pika.GivenFact{
		{Candidate: pika.Candidate{Text: "Linh sống ở Đà Nẵng", Subject: "user", Predicate: "states", Category: "other", Confidence: 1}},
		{
			Candidate: pika.Candidate{
				Text: "x", Subject: "Linh", Predicate: "has_pet", Object: "Mướp", Category: "pets", Negated: true, Confidence: .5, Language: "vi",
				Entities: []pika.Entity{{Name: "Mướp", Type: "animal"}, {Name: "Huế", Type: "other"}},
			},
			Sources: []pika.Source{{ConversationID: "c", MessageID: "m"}}, Metadata: pika.Metadata{"n": 1.0},
		},
	}
	r := b.engine.requests()[0]
	if diff := cmp.Diff(want, r.Facts); diff != "" || r.Kind != pika.JobAddFacts {
		t.Errorf("kind %s, facts (-want +got):\n%s", r.Kind, diff)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	var asked []pika.JobRequest
	fail := error(nil)
	b := setup(t, func(c *gateway.Config) {
		c.DryRun = func(_ context.Context, r pika.JobRequest) (pika.Job, error) {
			asked = append(asked, r)
			return pika.Job{
				Facts:   []pika.FactOutcome{{FactID: r.ID, Text: "x", Outcome: pika.Stored}},
				Summary: pika.JobSummary{Extractor: "rules", Degraded: []string{"llm"}},
			}, fail
		}
	})
	w := b.send("POST", extractPath+"?dry_run=true", exampleBody, "Idempotency-Key", "k")
	if w.Code != 200 || len(b.engine.requests()) != 0 || len(asked) != 1 || asked[0].Keyed {
		t.Fatalf("status %d, %d jobs started, %d dry runs; want 200, 0, 1: %s", w.Code, len(b.engine.requests()), len(asked), w.Body)
	}
	golden(t, "dry_run.json", []byte(strings.ReplaceAll(w.Body.String(), asked[0].ID, "FACT")))
	fail = pika.Errorf(pika.Unauthenticated, "bad key sk-123")
	if p := wantProblem(t, b.send("POST", extractPath+"?dry_run=true", exampleBody), 503, pika.Unavailable); strings.Contains(p.Detail, "sk-") {
		t.Errorf("detail %q tells of the model's key", p.Detail)
	}
}

func batchOf(n int) string {
	var list []string
	for i := range n {
		list = append(list, said(fmt.Sprintf(`{"role":"user","content":"message %d"}`, i)))
	}
	return `{"conversations":[` + strings.Join(list, ",") + `]}`
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.engine.remember()
	w := b.send("POST", batchPath, batchOf(20), "Idempotency-Key", "k")
	var a struct {
		Status   string        `json:"status"`
		BatchID  string        `json:"batch_id"`
		Jobs     []acceptedJob `json:"jobs"`
		Replayed bool          `json:"replayed"`
	}
	decode(t, w, &a)
	if w.Code != 202 || a.Status != "accepted" || a.BatchID != pika.KeyedJobID("default", "k") || len(a.Jobs) != 20 || a.Replayed {
		t.Fatalf("answer %d %s", w.Code, w.Body)
	}
	requests := b.engine.requests()
	if requests[0].ID != a.BatchID {
		t.Error("the first job was not started first")
	}
	for _, r := range requests {
		i := r.Batch.Index
		want := pika.BatchPosition{ID: a.BatchID, Index: i, Size: 20}
		if *r.Batch != want || r.ID != pika.BatchJobID(a.BatchID, i) || a.Jobs[i].JobID != r.ID || r.BodyHash != requests[0].BodyHash ||
			!r.Keyed || r.Conversation[0].Content != fmt.Sprintf("message %d", i) {
			t.Errorf("job %d is %+v", i, r)
		}
	}
	decode(t, b.send("POST", batchPath, batchOf(20), "Idempotency-Key", "k"), &a)
	if !a.Replayed {
		t.Error("the same batch again is not a replay")
	}
	before := len(b.engine.requests())
	wantProblem(t, b.send("POST", batchPath, batchOf(19), "Idempotency-Key", "k"), 409, pika.Conflict)
	if after := len(b.engine.requests()); after != before+1 {
		t.Errorf("a conflict started %d jobs; want only the first tried", after-before)
	}
}

func TestBatchPartlyAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var mu sync.Mutex
	left := 4
	b.engine.start = func(r pika.JobRequest) (pika.StartedJob, error) {
		mu.Lock()
		defer mu.Unlock()
		if left == 0 {
			return pika.StartedJob{}, pika.Wrap(pika.Unavailable, errors.New("dial tcp 10.1.2.3"), "the engine does not answer")
		}
		left--
		return pika.StartedJob{ID: r.ID, WorkflowID: "w"}, nil
	}
	w := b.send("POST", batchPath, batchOf(10), "Idempotency-Key", "k")
	p := wantProblem(t, w, 503, pika.Unavailable)
	if !strings.Contains(p.Detail, "4 of 10") || !strings.Contains(p.Detail, "same Idempotency-Key") || w.Header().Get("Retry-After") == "" {
		t.Errorf("detail %q, Retry-After %q", p.Detail, w.Header().Get("Retry-After"))
	}
	if strings.Contains(w.Body.String(), "10.1.2.3") {
		t.Error("the cause is shown")
	}
	left = 1
	if p := wantProblem(t, b.send("POST", batchPath, batchOf(3)), 503, pika.Unavailable); !strings.Contains(p.Detail, "1 of 3") || strings.Contains(p.Detail, "Idempotency") {
		t.Errorf("detail without a key: %q", p.Detail)
	}
}

func TestAcceptFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   pika.Code
	}{
		{pika.Errorf(pika.Unavailable, "the engine does not answer"), 503, pika.Unavailable},
		{context.DeadlineExceeded, 504, pika.Timeout},
		{errors.New("secret: row 7 of u1"), 500, pika.Internal},
		{&pika.Error{Code: pika.Overloaded, Message: "full", RetryAfter: 2500 * time.Millisecond}, 503, pika.Overloaded},
		{fmt.Errorf("start: %w", pika.Errorf(pika.Conflict, "known")), 409, pika.Conflict},
	} {
		b := setup(t)
		b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) { return pika.StartedJob{}, c.err }
		w := b.send("POST", extractPath, exampleBody, "X-Request-ID", "req-1")
		wantProblem(t, w, c.status, c.code)
		if strings.Contains(w.Body.String(), "secret") {
			t.Error("the text of an internal error is shown")
		}
		if n := strings.Count(b.log.String(), "request_id=req-1"); c.status >= 500 && c.code != pika.Overloaded && n != 1 {
			t.Errorf("%s was logged %d times; want once: %s", c.code, n, b.log)
		}
		if c.code == pika.Overloaded && w.Header().Get("Retry-After") != "3" {
			t.Errorf("Retry-After = %q; want 3", w.Header().Get("Retry-After"))
		}
	}
}

// BenchmarkAccept measures the handler of a 202 without the engine.
func BenchmarkAccept(b *testing.B) {
	for _, size := range []struct {
		name string
		body string
	}{
		{"example", exampleBody},
		{"200messages", `{"user_id":"u","conversation":[` + many(200, `{"role":"user","content":"`+strings.Repeat("Tôi có con mèo tên Mướp. ", 8)+`"}`) + `]}`},
		{"1MiB", `{"user_id":"u","conversation":[` + many(32, `{"role":"user","content":"`+strings.Repeat("x", 32_000)+`"}`) + `]}`},
	} {
		b.Run(size.name, func(b *testing.B) {
			h := setup(b, func(c *gateway.Config) { c.Engine = idleEngine{}; c.Log = nil })
			b.ReportAllocs()
			b.SetBytes(int64(len(size.body)))
			for b.Loop() {
				if w := h.send("POST", extractPath, size.body); w.Code != 202 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

// idleEngine accepts everything at once and keeps nothing.
type idleEngine struct{ pika.Engine }

func (idleEngine) StartJob(_ context.Context, r pika.JobRequest) (pika.StartedJob, error) {
	return pika.StartedJob{ID: r.ID, WorkflowID: r.ID}, nil
}
