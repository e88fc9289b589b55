package milvus_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
)

// What a benchmark stores: users × rows of the local embedder's dimensions.
const (
	benchUsers      = 20
	benchRows       = 600
	benchDimensions = 384
)

// BenchmarkSearch reports the time of a search of one user's rows among 12,000 under
// the default index (HNSW), and its recall@10 against an exact comparison.
func BenchmarkSearch(b *testing.B) {
	store := open(b, realServer(b))
	bench := pika.EmbeddingModel{ID: "bench", Dimensions: benchDimensions}
	migrate(b, store, bench)
	index := store.Index(bench)
	data := fill(b, index, benchUsers, benchRows)
	if err := store.Flush(b.Context(), bench, benchUsers*benchRows); err != nil {
		b.Fatal(err)
	}
	got := recall(b, index, data, 200, 10)
	for _, goroutines := range []int{1, 4} {
		b.Run(fmt.Sprint("goroutines=", goroutines), func(b *testing.B) {
			var times latencies
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for g := range goroutines {
				all.Go(func() {
					random := rand.New(rand.NewPCG(11, uint64(g)))
					for next.Add(1) <= int64(b.N) {
						query, m := pikatest.RandomUnit(random, benchDimensions), data[random.IntN(len(data))]
						begun := time.Now()
						if _, err := index.SearchVectors(b.Context(), m.scope, pika.CorpusFacts, query, 50); err != nil {
							b.Error(err)
						}
						times.add(time.Since(begun))
					}
				})
			}
			all.Wait()
			times.report(b)
			b.ReportMetric(got, "recall@10")
		})
	}
}

// BenchmarkUpsert reports the time of one upsert of 50 rows.
func BenchmarkUpsert(b *testing.B) {
	store := open(b, realServer(b))
	bench := pika.EmbeddingModel{ID: "bench", Dimensions: benchDimensions}
	migrate(b, store, bench)
	index := store.Index(bench)
	random := rand.New(rand.NewPCG(12, 13))
	var times latencies
	for n := 0; b.Loop(); n++ {
		rows := make([]pika.Vector, 50)
		for i := range rows {
			rows[i] = pika.Vector{ID: fmt.Sprint(n, "-", i), Values: pikatest.RandomUnit(random, benchDimensions)}
		}
		begun := time.Now()
		if err := index.Upsert(b.Context(), alice, pika.CorpusFacts, rows); err != nil {
			b.Fatal(err)
		}
		times.add(time.Since(begun))
	}
	times.report(b)
}

// latencies collects times of single calls.
type latencies struct {
	mutex sync.Mutex
	all   []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.all = append(l.all, d)
}

func (l *latencies) report(b *testing.B) {
	slices.Sort(l.all)
	for _, percentile := range []int{50, 95, 99} {
		at := l.all[min(len(l.all)*percentile/100, len(l.all)-1)]
		b.ReportMetric(float64(at.Microseconds())/1000, fmt.Sprintf("p%d-ms", percentile))
	}
}
