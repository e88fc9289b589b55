package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/postgres"
)

// words draws a text of n words, some frequent and most rare, as in real language.
func words(random *rand.Rand, n int) string {
	zipf := rand.NewZipf(random, 1.1, 4, 20_000)
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("w%d", zipf.Uint64())
	}
	return strings.Join(all, " ")
}

// benchFacts makes n facts of a job, no two alike.
func benchFacts(scope pika.Scope, job string, n int) []pika.Fact {
	random := rand.New(rand.NewPCG(1, uint64(len(job)+n)))
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = claim(scope, job, i, words(random, 12))
		facts[i].Entities = []pika.Entity{{ID: pika.EntityID(scope, fmt.Sprint(i%500)), Name: fmt.Sprint("entity ", i%500), Type: "other"}}
	}
	return facts
}

func benchCommit(b *testing.B, db *postgres.DB, scope pika.Scope, job string, facts []pika.Fact) {
	b.Helper()
	if _, err := db.Commit(b.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
		b.Fatal(err)
	}
}

// filled opens a database in which one user has n facts.
func filled(b *testing.B, n int) (*postgres.DB, []pika.Fact) {
	b.Helper()
	db := open(b, database(b, b.TempDir()))
	b.Cleanup(func() { _ = db.Close() })
	var all []pika.Fact
	for len(all) < n {
		job := fmt.Sprint("fill", len(all))
		facts := benchFacts(alice, job, min(1000, n-len(all)))
		benchCommit(b, db, alice, job, facts)
		all = append(all, facts...)
	}
	return db, all
}

// report adds the percentiles of single calls to a benchmark's mean.
func report(b *testing.B, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	for name, part := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95} {
		b.ReportMetric(float64(took[int(part*float64(len(took)-1))].Microseconds())/1000, name)
	}
}

// timed runs f once per round and reports how long each took.
func timed(b *testing.B, f func() error) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	report(b, took)
}

func BenchmarkSearchKeyword(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, _ := filled(b, n)
			random := rand.New(rand.NewPCG(7, 7))
			timed(b, func() error {
				_, err := db.SearchKeyword(b.Context(), alice, pika.CorpusFacts, keyword.Query(words(random, 6)), 100)
				return err
			})
		})
	}
}

// BenchmarkSearchKeywordWorst asks for the six words that stand in most facts.
func BenchmarkSearchKeywordWorst(b *testing.B) {
	db, _ := filled(b, 10_000)
	timed(b, func() error {
		_, err := db.SearchKeyword(b.Context(), alice, pika.CorpusFacts, keyword.Query("w0 w1 w2 w3 w4 w5"), 100)
		return err
	})
}

// BenchmarkSearchKeywordTies searches 10,000 facts that all score alike.
func BenchmarkSearchKeywordTies(b *testing.B) {
	db, _ := filled(b, 0)
	for i := range 10 {
		job := fmt.Sprint("same", i)
		facts := benchFacts(alice, job, 1000)
		for j := range facts {
			facts[j].Text = "the same words"
		}
		benchCommit(b, db, alice, job, facts)
	}
	timed(b, func() error {
		_, err := db.SearchKeyword(b.Context(), alice, pika.CorpusFacts, keyword.Query("words"), 100)
		return err
	})
}

func BenchmarkVocabulary(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, _ := filled(b, n)
			timed(b, func() error {
				_, err := db.Vocabulary(b.Context(), alice, pika.CorpusFacts, pika.MaxVocabulary)
				return err
			})
		})
	}
}

func BenchmarkKeywordState(b *testing.B) {
	db, _ := filled(b, 1000)
	timed(b, func() error {
		_, err := db.KeywordState(b.Context(), alice)
		return err
	})
}

func BenchmarkGet100(b *testing.B) {
	db, facts := filled(b, 10_000)
	random := rand.New(rand.NewPCG(3, 3))
	timed(b, func() error {
		ids := make([]string, 100)
		for i := range ids {
			ids[i] = facts[random.IntN(len(facts))].ID
		}
		_, err := db.Get(b.Context(), alice, ids)
		return err
	})
}

func BenchmarkList50(b *testing.B) {
	db, _ := filled(b, 10_000)
	timed(b, func() error {
		_, err := db.List(b.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 50})
		return err
	})
}

// BenchmarkCommit commits facts of a user who has 10,000.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 50, 1000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, _ := filled(b, 10_000)
			i := 0
			timed(b, func() error {
				i++
				job := fmt.Sprint("job", i)
				_, err := db.Commit(b.Context(), alice, pika.Commit{JobID: job, Facts: benchFacts(alice, job, n), At: noon})
				return err
			})
		})
	}
}

func BenchmarkPutMessages20(b *testing.B) {
	db, _ := filled(b, 0)
	random := rand.New(rand.NewPCG(5, 5))
	i := 0
	timed(b, func() error {
		messages := make([]pika.StoredMessage, 20)
		for j := range messages {
			i++
			messages[j] = pika.StoredMessage{Key: fmt.Sprint("k", i), Content: words(random, 30), ContentHash: fmt.Sprint(i), At: noon}
		}
		return db.PutMessages(b.Context(), alice, messages)
	})
}

func BenchmarkDelete(b *testing.B) {
	db, facts := filled(b, 10_000)
	i := 0
	timed(b, func() error {
		i++
		_, err := db.Delete(b.Context(), alice.Tenant, facts[i%len(facts)].ID, noon)
		if pika.CodeOf(err) == pika.NotFound {
			return fmt.Errorf("no facts are left to delete: %w", err)
		}
		return err
	})
}

// BenchmarkCensus lists what the vector index and the graph should hold of 20,000 facts
// with their vectors, in pages.
func BenchmarkCensus(b *testing.B) {
	db, facts := filled(b, 20_000)
	model := pika.EmbeddingModel{ID: "m", Dimensions: 384}
	random := rand.New(rand.NewPCG(9, 9))
	for part := range slices.Chunk(facts, pika.MaxVectorBatch) {
		rows := make([]pika.Vector, len(part))
		for i := range rows {
			rows[i] = pika.Vector{ID: part[i].ID, Values: make([]float32, model.Dimensions)}
			rows[i].Values[random.IntN(model.Dimensions)] = 1
		}
		if err := db.PutRawVectors(b.Context(), alice, pika.CorpusFacts, model, rows); err != nil {
			b.Fatal(err)
		}
	}
	for _, store := range []pika.Store{pika.StoreVectors, pika.StoreGraph} {
		b.Run(string(store), func(b *testing.B) {
			timed(b, func() error { return walk(b.Context(), db, store, model, len(facts)) })
		})
	}
}

func walk(ctx context.Context, db *postgres.DB, store pika.Store, model pika.EmbeddingModel, want int) error {
	r := pika.RowRange{Limit: pika.MaxPageLimit}
	for n := 0; ; {
		rows, err := db.WantedRows(ctx, store, pika.CorpusFacts, model, r)
		if err != nil {
			return err
		}
		if n += len(rows); len(rows) < r.Limit {
			if n != want {
				return fmt.Errorf("%d rows; want %d", n, want)
			}
			return nil
		}
		r.After = rows[len(rows)-1].RowKey
	}
}

// BenchmarkUnsettled reads the vectors that an index may not show yet, of a user whose
// 10,000 vectors have settled, save ten.
func BenchmarkUnsettled(b *testing.B) {
	db, _ := filled(b, 0)
	model := pika.EmbeddingModel{ID: "m", Dimensions: 384}
	put := func(first, n int) (items []pika.OutboxItem) {
		rows := make([]pika.Vector, n)
		for i := range rows {
			rows[i] = pika.Vector{ID: fmt.Sprint("v", first+i), Values: make([]float32, model.Dimensions)}
			rows[i].Values[i%model.Dimensions] = 1
			items = append(items, pika.OutboxItem{Scope: alice, Corpus: pika.CorpusFacts, ID: rows[i].ID, Store: pika.StoreVectors})
		}
		if err := db.PutRawVectors(b.Context(), alice, pika.CorpusFacts, model, rows); err != nil {
			b.Fatal(err)
		}
		return items
	}
	for i := range 10 {
		if err := db.Acknowledge(b.Context(), put(i*1000, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	put(10_000, 10)
	since := time.Now()
	timed(b, func() error {
		got, err := db.UnsettledVectors(b.Context(), alice, pika.CorpusFacts, model, since, 1000)
		if err == nil && len(got) != 10 {
			err = fmt.Errorf("%d vectors; want 10", len(got))
		}
		return err
	})
}

// BenchmarkAcknowledge acknowledges 500 vectors of a user with 10,000 that are not.
func BenchmarkAcknowledge(b *testing.B) {
	db, facts := filled(b, 10_000)
	model := pika.EmbeddingModel{ID: "bench", Dimensions: 4}
	items := make([]pika.OutboxItem, len(facts))
	for i, f := range facts {
		items[i] = pika.OutboxItem{Scope: alice, Corpus: pika.CorpusFacts, ID: f.ID, Store: pika.StoreVectors}
	}
	timed(b, func() error {
		b.StopTimer()
		for part := range slices.Chunk(facts, pika.MaxVectorBatch) {
			rows := make([]pika.Vector, len(part))
			for i, f := range part {
				rows[i] = pika.Vector{ID: f.ID, Values: []float32{1, 0, 0, 0}}
			}
			if err := db.PutRawVectors(b.Context(), alice, pika.CorpusFacts, model, rows); err != nil {
				return err
			}
		}
		b.StartTimer()
		return db.Acknowledge(b.Context(), items[:500])
	})
}

// BenchmarkMatching narrows 10,000 facts by what few of them have, and by what all have.
func BenchmarkMatching(b *testing.B) {
	db, facts := filled(b, 10_000)
	for name, f := range map[string]pika.Filters{
		"few by category":     {Categories: []string{"nothing"}},
		"few by entity":       {Entities: []string{"nothing"}},
		"few by conversation": {ConversationID: "nothing"},
		"all":                 {ConversationID: facts[0].Sources[0].ConversationID, MinConfidence: 0.1},
	} {
		b.Run(name, func(b *testing.B) {
			timed(b, func() error {
				_, _, err := db.Matching(b.Context(), alice, f, pika.MaxPageLimit)
				return err
			})
		})
	}
}
