package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/gateway"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/otel/trace"
)

// Every code has its status, and no error is shown without one. What does not answer is
// named only where the sentence was written for callers.
func TestCodes(t *testing.T) {
	t.Parallel()
	want := map[pika.Code]int{
		pika.Invalid: 422, pika.Unauthenticated: 401, pika.Forbidden: 403, pika.NotFound: 404, pika.Conflict: 409, pika.Precondition: 412,
		pika.Method: 405, pika.MediaType: 415, pika.TooLarge: 413, pika.RateLimited: 429, pika.Overloaded: 503, pika.Unavailable: 503,
		pika.Timeout: 504, pika.Unimplemented: 501, pika.Internal: 500,
	}
	for _, code := range pika.Codes() {
		b := setup(t)
		b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) {
			return pika.StartedJob{}, pika.Wrap(code, errors.New("cause: secret"), "told to the caller")
		}
		w := b.send("POST", extractPath, exampleBody)
		p := wantProblem(t, w, want[code], code)
		silent := code == pika.Unavailable || code == pika.Timeout
		hidden := silent || code == pika.Overloaded || code == pika.Internal
		if shown := p.Detail == "told to the caller"; shown == hidden {
			t.Errorf("%s: detail %q", code, p.Detail)
		}
		b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) {
			return pika.StartedJob{}, &pika.Error{Code: code, Message: "told to the caller", Public: true}
		}
		public := wantProblem(t, b.send("POST", extractPath, exampleBody), want[code], code)
		if shown := public.Detail == "told to the caller"; shown == (code == pika.Internal) {
			t.Errorf("%s, for callers: detail %q", code, public.Detail)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: the cause is shown", code)
		}
		if limited := silent || code == pika.RateLimited || code == pika.Overloaded; (w.Header().Get("Retry-After") != "") != limited {
			t.Errorf("%s: Retry-After %q", code, w.Header().Get("Retry-After"))
		}
	}
	b := setup(t)
	b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) {
		return pika.StartedJob{}, pika.Errorf("invented", "secret")
	}
	if p := wantProblem(t, b.send("POST", extractPath, exampleBody), 500, pika.Internal); strings.Contains(p.Detail, "secret") {
		t.Errorf("an unknown code shows %q", p.Detail)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for given, kept := range map[string]bool{
		"a": true, "Az09._-": true, strings.Repeat("x", 128): true,
		"": false, strings.Repeat("x", 129): false, "a b": false, "a\"b": false, "é": false, "a/b": false,
	} {
		got := b.send("GET", "/healthz", "", "X-Request-ID", given).Header().Get("X-Request-ID")
		if (got == given) != kept || (!kept && !pika.IsID(got)) {
			t.Errorf("X-Request-ID %q answers %q; kept should be %v", given, got, kept)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) { panic("the text of u1") }
	w := b.send("POST", extractPath, exampleBody, "X-Request-ID", "req-9")
	wantProblem(t, w, 500, pika.Internal)
	if log := b.log.String(); strings.Contains(log, "text of u1") || strings.Count(log, "request_id=req-9") != 1 || !strings.Contains(log, "gateway") {
		t.Errorf("log: %s", log)
	}
	if got := b.send("GET", "/healthz", "").Code; got != 200 {
		t.Errorf("after a panic: %d", got)
	}
}

func TestTraceparent(t *testing.T) {
	t.Parallel()
	var got trace.SpanContext
	b := setup(t, func(c *gateway.Config) {
		c.Searcher = searchFunc(func(ctx context.Context, _ pika.Scope, _ pika.Query) (pika.Answer, error) {
			got = trace.SpanContextFromContext(ctx)
			return pika.Answer{}, nil
		})
	})
	b.send("POST", searchPath, asks(`"limit":1`), "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if got.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("trace %s; want the caller's", got.TraceID())
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	b := setup(t, func(c *gateway.Config) { c.Registry = registry })
	b.send("POST", searchPath, asks(`"limit":1`))
	b.send("GET", "/v1/facts/%2e%2e", "")
	b.send("GET", "/v1/nowhere/u1", "")
	b.send("BREW", "/v1/facts", "")
	b.send("GET", "/v1/users/secret-user/export", "")
	const want = `# HELP pika_http_requests_total HTTP requests by route, method and status.
# TYPE pika_http_requests_total counter
pika_http_requests_total{code="200",method="POST",route="/v1/search_facts"} 1
pika_http_requests_total{code="404",method="GET",route="unmatched"} 1
pika_http_requests_total{code="405",method="other",route="unmatched"} 1
pika_http_requests_total{code="422",method="GET",route="/v1/facts/{id}"} 1
pika_http_requests_total{code="501",method="GET",route="/v1/users/{user_id}/export"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "pika_http_requests_total"); err != nil {
		t.Error(err)
	}
	body := b.send("GET", "/metrics", "").Body.String()
	if !strings.Contains(body, `pika_http_request_duration_seconds_count{route="/v1/search_facts"} 1`) || strings.Contains(body, "secret-user") {
		t.Errorf("metrics: %s", body)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		list   []gateway.Dependency
		code   int
		status gateway.DependencyStatus
	}{
		{"nothing known", nil, 200, gateway.StatusOK},
		{"all well", []gateway.Dependency{{Name: "facts", Status: "ok", Required: true}}, 200, gateway.StatusOK},
		{"without a model", []gateway.Dependency{{Name: "facts", Status: "ok", Required: true}, {Name: "llm", Status: "degraded", Reason: "rules"}}, 200, gateway.StatusDegraded},
		{"an index down", []gateway.Dependency{{Name: "vectors", Status: "down", Reason: "refused"}}, 200, gateway.StatusDegraded},
		{"the truth degraded", []gateway.Dependency{{Name: "facts", Status: "degraded", Required: true}}, 200, gateway.StatusDegraded},
		{"the engine down", []gateway.Dependency{{Name: "engine", Status: "down", Required: true}, {Name: "llm", Status: "degraded"}}, 503, gateway.StatusDown},
	} {
		b := setup(t, func(cfg *gateway.Config) {
			cfg.Ready = func(context.Context) []gateway.Dependency { return c.list }
		})
		var got struct {
			Status       gateway.DependencyStatus `json:"status"`
			Dependencies []gateway.Dependency     `json:"dependencies"`
		}
		w := b.send("GET", "/readyz", "")
		decode(t, w, &got)
		if w.Code != c.code || got.Status != c.status || len(got.Dependencies) != len(c.list) || got.Dependencies == nil {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	if w := setup(t).send("HEAD", "/healthz", ""); w.Code != 200 {
		t.Errorf("HEAD /healthz: %d", w.Code)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	whole := gateway.Config{
		Engine: &fakeEngine{}, Jobs: &fakeJobs{}, Facts: &fakeFacts{}, Searcher: searchFunc(nil), BodyKey: make([]byte, 16),
		Forget: func(context.Context, string, string) error { return nil },
	}
	for member, spoil := range map[string]func(*gateway.Config){
		"": func(*gateway.Config) {}, "Engine": func(c *gateway.Config) { c.Engine = nil }, "Jobs": func(c *gateway.Config) { c.Jobs = nil },
		"Facts": func(c *gateway.Config) { c.Facts = nil }, "Searcher": func(c *gateway.Config) { c.Searcher = nil },
		"Forget": func(c *gateway.Config) { c.Forget = nil }, "BodyKey": func(c *gateway.Config) { c.BodyKey = c.BodyKey[1:] },
	} {
		c := whole
		spoil(&c)
		_, err := gateway.New(c)
		if (err == nil) != (member == "") || (err != nil && !strings.Contains(err.Error(), member)) {
			t.Errorf("New without %q: %v", member, err)
		}
	}
}

func TestNoUserTextInLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.engine.start = func(pika.JobRequest) (pika.StartedJob, error) {
		return pika.StartedJob{}, pika.Errorf(pika.Unavailable, "the engine does not answer")
	}
	b.send("POST", extractPath, said(`{"role":"user","content":"my secret"}`))
	b.send("GET", "/v1/facts?user_id=secret&x=secret", "")
	b.send("POST", "/v1/jobs/secret/cancel", "")
	if strings.Contains(b.log.String(), "secret") {
		t.Errorf("log: %s", b.log)
	}
	if w := b.send("POST", extractPath, exampleBody); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", w.Code)
	}
}
