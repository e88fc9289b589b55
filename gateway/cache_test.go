package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/gateway"
)

func TestCacheStats(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *gateway.Config) {
		c.CacheStats = func() cache.Stats {
			return cache.Stats{
				Caches:         []cache.CacheStats{{Name: cache.L1, Hits: 3, Misses: 1, Age: 2 * time.Second, Entries: 2, Bytes: 4096, Evictions: 5}, {Name: cache.L2Exact}, {Name: cache.L3, Hits: 1, Misses: 1}, {Name: cache.Precomputed}},
				StalePrevented: 7, Renewed: 9, Semantic: []cache.SemanticClass{{Class: "slight", Right: 98, Wrong: 0, Correct: 0.99}},
				FalseHits: cache.FalseHits{Checked: 50, Wrong: 0, Low: 0, High: 0.07}, Saved: 1500 * time.Microsecond, LLMTokensSaved: 1002,
				TTLs: []pika.AnswerTTL{
					{Class: pika.AnswerOften, TTL: 24 * time.Hour, Hits: 18, Misses: 6, Reason: "it stays", TunedAt: now},
					{Class: pika.AnswerFresh, TTL: 90 * time.Second},
				},
			}
		}
	})
	w := b.send("GET", "/v1/cache/stats", "")
	if w.Code != 200 {
		t.Fatalf("status %d %s", w.Code, w.Body)
	}
	golden(t, "cache_stats.json", w.Body.Bytes())
	wantProblem(t, b.send("GET", "/v1/cache/stats?user_id=u", ""), 422, pika.Invalid)
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	var got []pika.Scope
	var fault error
	b := setup(t, func(c *gateway.Config) {
		c.Invalidate = func(_ context.Context, scope pika.Scope) error {
			got = append(got, scope)
			return fault
		}
	})
	if w := b.send("POST", "/v1/cache/invalidate", `{"user_id":"Linh"}`); w.Code != 200 || w.Body.String() != "{\"user_id\":\"Linh\"}\n" {
		t.Errorf("status %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff([]pika.Scope{{Tenant: "default", User: "Linh"}}, got); diff != "" {
		t.Errorf("invalidated (-want +got):\n%s", diff)
	}
	fault = pika.Errorf(pika.Unavailable, "secret address")
	wantProblem(t, b.send("POST", "/v1/cache/invalidate", `{"user_id":"Linh"}`), 503, pika.Unavailable)
	for _, bad := range []string{`{}`, `{"user_id":""}`, `{"user_id":"u","all":true}`} {
		wantProblem(t, b.send("POST", "/v1/cache/invalidate", bad), 422, pika.Invalid)
	}
}

func TestWarm(t *testing.T) {
	t.Parallel()
	var got []pika.Scope
	var fault error
	b := setup(t, func(c *gateway.Config) {
		c.Warm = func(_ context.Context, scope pika.Scope) (string, error) {
			got = append(got, scope)
			return "warm-cache/default", fault
		}
	})
	for _, body := range []string{`{"user_id":"Linh"}`, `{}`} {
		if w := b.send("POST", "/v1/cache/warm", body); w.Code != 202 || w.Body.String() != `{"status":"accepted","workflow_id":"warm-cache/default"}`+"\n" {
			t.Errorf("%s: status %d %s", body, w.Code, w.Body)
		}
	}
	if diff := cmp.Diff([]pika.Scope{{Tenant: "default", User: "Linh"}, {Tenant: "default"}}, got); diff != "" {
		t.Errorf("warmed (-want +got):\n%s", diff)
	}
	fault = pika.Errorf(pika.Unavailable, "secret address")
	if p := wantProblem(t, b.send("POST", "/v1/cache/warm", `{}`), 503, pika.Unavailable); strings.Contains(p.Detail, "secret") {
		t.Errorf("detail %q", p.Detail)
	}
	for _, bad := range []string{`{"user_id":""}`, `{"tenant":"other"}`, `[]`} {
		wantProblem(t, b.send("POST", "/v1/cache/warm", bad), 422, pika.Invalid)
	}
	wantProblem(t, setup(t).send("POST", "/v1/cache/warm", `{}`), 501, pika.Unimplemented)
}
