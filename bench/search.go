package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/pikamem/pika/bench/process"
)

// withoutCache measures the search itself.
const withoutCache = "off"

type query struct {
	UserID string `json:"user_id"`
	Query  string `json:"query"`
	Cache  string `json:"cache,omitempty"`

	DeadlineMS int `json:"deadline_ms,omitempty"` // 0: the default
}

// searched holds the latencies of a series of searches as the client saw them.
type searched struct {
	times    []time.Duration
	degraded int
	facts    int // in all answers
}

// searchTimes sends n different searches, one at a time, at the default deadline.
func searchTimes(ctx context.Context, s *process.Server, n int, user func(i int) string) (searched, error) {
	const warmUp = 20
	var r searched
	for i := range n + warmUp {
		var answer process.Answer
		start := time.Now()
		if err := s.Call(ctx, http.MethodPost, "/v1/search_facts", query{UserID: user(i), Query: madeUpQuery(i), Cache: withoutCache}, &answer); err != nil {
			return r, err
		}
		if i < warmUp {
			continue
		}
		r.times = append(r.times, time.Since(start))
		if len(answer.Degraded) > 0 {
			r.degraded++
		}
	}
	return r, nil
}

// addSearch adds the figures of a series; a p50 target of 0 means none.
func (b *bed) addSearch(what string, r searched, p50, p95 float64) {
	if p50 > 0 {
		b.atMost(what+", p50", percentile(r.times, 50), p50, "ms")
	} else {
		b.note(what+", p50", fmt.Sprintf("%.2f ms", percentile(r.times, 50)))
	}
	b.atMost(what+", p95", percentile(r.times, 95), p95, "ms")
	b.note("  of these degraded by the default deadline", fmt.Sprintf("%d of %d", r.degraded, len(r.times)))
}

// runSearch searches in a seeded database, user after user, so that most arenas are
// read from the file first; then it asks the process for its memory.
func runSearch(ctx context.Context, b *bed) error {
	embedder, err := openEmbedder()
	if err != nil {
		return err
	}
	modelOf := embedder.Model()
	if err := embedder.Close(); err != nil {
		return err
	}
	users := b.scale(1000)
	if err := seed(ctx, filepath.Join(b.dir, "data"), modelOf, users, 100); err != nil {
		return err
	}
	s, err := b.startServer(ctx, "data", nil)
	if err != nil {
		return err
	}
	defer s.Stop()
	times, err := searchTimes(ctx, s, 2*users, func(i int) string { return seededUser(i % users) })
	if err != nil {
		return err
	}
	b.addSearch(fmt.Sprintf("search in %d facts of %d users", users*100, users), times, 0, 40)
	b.atMost("resident memory of pika afterwards", float64(s.RSS())/(1<<20), 600, "MiB")
	return nil
}
