package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// Over a real connection: a body that is too large, sent without saying so first; a
// body that stops; a caller who goes away while it waits.
func TestOverTheNetwork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.jobs.get = func(_, _ string) (pika.Job, error) { return exampleJob(pika.Processing), nil }
	server := httptest.NewServer(b.handler)
	defer server.Close()
	client := server.Client()

	endless := io.MultiReader(strings.NewReader(`{"user_id":"`), strings.NewReader(strings.Repeat("x", 3<<20)))
	r, err := client.Post(server.URL+extractPath, "application/json", endless)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("3 MiB in chunks: %d; want 413", r.StatusCode)
	}
	if r, err = client.Head(server.URL + "/healthz"); err != nil || r.StatusCode != 200 || r.ContentLength <= 0 {
		t.Errorf("HEAD /healthz: %v %v", r, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/jobs/"+jobID+"/status?wait_ms=30000", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := client.Do(req); err == nil {
		r.Body.Close()
		t.Errorf("the wait ended by itself with %d", r.StatusCode)
	}
	deadline := time.Now().Add(5 * time.Second)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	const gone = `pika_http_requests_total{code="499",method="GET",route="/v1/jobs/{job_id}/status"} 1`
	for !strings.Contains(b.send("GET", "/metrics", "").Body.String(), gone) {
		if time.Now().After(deadline) {
			t.Fatal("the request of a caller who went away did not end within 5 s")
		}
		<-look.C
	}
	if n := len(b.engine.requests()); n != 0 {
		t.Errorf("%d jobs were started; want none", n)
	}
}
