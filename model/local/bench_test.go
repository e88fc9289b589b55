package local_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/local"
)

// Sixteen pieces with the prefix and the two marks at the ends.
const shortQuery = "con mèo của tôi tên là gì vậy bạn"

// BenchmarkEmbedQuery measures a search's embedding on one core, per instruction set.
func BenchmarkEmbedQuery(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, kernels := range local.Variants() {
		b.Run("16-tokens/"+kernels, func(b *testing.B) { latency(b, kernels, shortQuery) })
		b.Run("128-tokens/"+kernels, func(b *testing.B) { latency(b, kernels, strings.Repeat(shortQuery+" ", 10)) })
	}
}

func latency(b *testing.B, kernels, text string) {
	measureLatency(b, openModel(b, local.Options{Kernels: kernels, Threads: 1}), text)
}

func measureLatency(b *testing.B, e *local.Embedder, text string) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := e.Embed(context.Background(), pika.EmbedQuery, []string{text}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(e.Tokens(pika.EmbedQuery, text)), "tokens")
}

// BenchmarkEmbedBatch measures the throughput of a full batch of fact-like
// passages on all cores.
func BenchmarkEmbedBatch(b *testing.B) {
	for _, kernels := range local.Variants() {
		b.Run(kernels, func(b *testing.B) {
			e := openModel(b, local.Options{Kernels: kernels})
			texts := make([]string, pika.MaxEmbedBatch)
			tokens := 0
			for i := range texts {
				texts[i] = facts[i%len(facts)].text
				tokens += e.Tokens(pika.EmbedPassage, texts[i])
			}
			for b.Loop() {
				if _, err := e.Embed(context.Background(), pika.EmbedPassage, texts); err != nil {
					b.Fatal(err)
				}
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(float64(len(texts))/seconds, "texts/s")
			b.ReportMetric(float64(tokens)/seconds, "tokens/s")
		})
	}
}

// BenchmarkEmbedQueryDuringIngest measures a search's embedding while full batches
// of passages keep all cores busy.
func BenchmarkEmbedQueryDuringIngest(b *testing.B) {
	e := openModel(b, local.Options{})
	texts := make([]string, pika.MaxEmbedBatch)
	for i := range texts {
		texts[i] = facts[i%len(facts)].text
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = e.Embed(ctx, pika.EmbedPassage, texts)
		}
	}()
	measureLatency(b, e, shortQuery)
	cancel()
	<-ended
}

// BenchmarkOpen measures checking and laying out the model file.
func BenchmarkOpen(b *testing.B) {
	path := modelPath(b)
	for b.Loop() {
		e, err := local.Open(path, local.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
