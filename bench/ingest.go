package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/pikamem/pika/bench/process"
)

type givenFact struct {
	Text string `json:"text"`
}

type givenFacts struct {
	UserID string      `json:"user_id"`
	Facts  []givenFact `json:"facts"`
}

// runIngest adds 10,000 facts to one user, 1,000 a request, and then searches.
func runIngest(ctx context.Context, b *bed) error {
	s, err := b.startServer(ctx, "data", nil)
	if err != nil {
		return err
	}
	defer s.Stop()
	total, start := b.scale(10_000), time.Now()
	var jobs []string
	for from := 0; from < total; from += 1000 {
		body := givenFacts{UserID: "ingest"}
		for i := from; i < min(from+1000, total); i++ {
			body.Facts = append(body.Facts, givenFact{madeUpFact(i)})
		}
		var accepted process.Accepted
		if err := s.Call(ctx, http.MethodPost, "/v1/facts", body, &accepted); err != nil {
			return err
		}
		jobs = append(jobs, accepted.JobID)
	}
	stored := 0
	for i, job := range jobs {
		status, err := s.Await(ctx, job)
		if err != nil {
			return err
		}
		stored += status.Results.Counts["stored"]
		fmt.Fprintf(os.Stderr, "  %d of %d jobs done, %.0f s\n", i+1, len(jobs), time.Since(start).Seconds())
	}
	b.atMost(fmt.Sprintf("%d facts stored and embedded", stored), time.Since(start).Seconds(), 180, "s")
	times, err := searchTimes(ctx, s, b.scale(500), func(int) string { return "ingest" })
	if err != nil {
		return err
	}
	b.addSearch(fmt.Sprintf("search in %d facts of one user", stored), times, 15, 30)
	return nil
}
