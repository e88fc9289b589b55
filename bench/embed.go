package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
)

// openEmbedder opens the in-process model at its usual place.
func openEmbedder() (*local.Embedder, error) {
	path, err := local.Locate("")
	if err != nil {
		return nil, err
	}
	return local.Open(path, local.Options{})
}

// runEmbed measures the embedder alone: single queries on one core, then batches on all.
func runEmbed(ctx context.Context, b *bed) error {
	embedder, err := openEmbedder()
	if err != nil {
		return err
	}
	defer embedder.Close()
	if err := embedQueries(ctx, b, embedder); err != nil {
		return err
	}
	return embedBatches(ctx, b, embedder)
}

func embedQueries(ctx context.Context, b *bed, embedder *local.Embedder) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var times []time.Duration
	tokens := 0
	for i := range b.scale(500) {
		query := madeUpQuery(i)
		tokens += embedder.Tokens(pika.EmbedQuery, query)
		start := time.Now()
		if _, err := embedder.Embed(ctx, pika.EmbedQuery, []string{query}); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	b.atMost(fmt.Sprintf("one query of %.1f tokens on average, one core, p50", float64(tokens)/float64(len(times))), percentile(times, 50), 8, "ms")
	b.note("one query, one core, p95", fmt.Sprintf("%.2f ms", percentile(times, 95)))
	return nil
}

func embedBatches(ctx context.Context, b *bed, embedder *local.Embedder) error {
	const batch = 64
	texts, tokens := 0, 0
	var spent time.Duration
	for i := range b.scale(30) {
		var passages []string
		for j := range batch {
			passages = append(passages, madeUpFact(i*batch+j))
			tokens += embedder.Tokens(pika.EmbedPassage, passages[j])
		}
		start := time.Now()
		if _, err := embedder.Embed(ctx, pika.EmbedPassage, passages); err != nil {
			return err
		}
		spent += time.Since(start)
		texts += batch
	}
	b.note(fmt.Sprintf("batches of %d facts on all cores, texts", batch), fmt.Sprintf("%.0f per second", float64(texts)/spent.Seconds()))
	b.note(fmt.Sprintf("batches of %d facts on all cores, tokens", batch), fmt.Sprintf("%.0f per second", float64(tokens)/spent.Seconds()))
	return nil
}
