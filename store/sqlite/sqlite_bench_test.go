package sqlite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/sqlite"
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
		id := pika.FactID(scope, job, 0, i)
		facts[i] = pika.Fact{
			ID: id, Text: words(random, 12), Subject: "user", Predicate: "likes", Category: "food", Language: "en",
			EffectiveAt: time.Unix(1_700_000_000, 0), ContentHash: id, SubjectKey: "user", ObjectKey: id, Extractor: "rules",
			Entities: []pika.Entity{{ID: pika.EntityID(scope, fmt.Sprint(i%500)), Name: fmt.Sprint("entity ", i%500), Type: "other"}},
			Sources:  []pika.Source{{ConversationID: "c1", MessageID: id}},
		}
	}
	return facts
}

func benchCommit(b *testing.B, db *sqlite.DB, scope pika.Scope, job string, facts []pika.Fact) {
	b.Helper()
	if _, err := db.Commit(b.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: time.Unix(1_700_000_000, 0)}); err != nil {
		b.Fatal(err)
	}
}

// filled opens a database in which one user has n facts; durable commits.
func filled(b *testing.B, n int) (*sqlite.DB, pika.Scope, []pika.Fact) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "pika.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	scope := pika.Scope{Tenant: "acme", User: "alice"}
	var all []pika.Fact
	for len(all) < n {
		job := fmt.Sprint("fill", len(all))
		facts := benchFacts(scope, job, min(1000, n-len(all)))
		benchCommit(b, db, scope, job, facts)
		all = append(all, facts...)
	}
	return db, scope, all
}

func BenchmarkSearchKeyword(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, scope, _ := filled(b, n)
			random := rand.New(rand.NewPCG(7, 7))
			for b.Loop() {
				if _, err := db.SearchKeyword(b.Context(), scope, pika.CorpusFacts, keyword.Query(words(random, 6)), 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSearchKeywordWorst asks for the six words that stand in most facts.
func BenchmarkSearchKeywordWorst(b *testing.B) {
	db, scope, _ := filled(b, 10_000)
	for b.Loop() {
		if _, err := db.SearchKeyword(b.Context(), scope, pika.CorpusFacts, keyword.Query("w0 w1 w2 w3 w4 w5"), 100); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearchKeywordTies searches 10,000 facts that all score alike.
func BenchmarkSearchKeywordTies(b *testing.B) {
	db, scope, _ := filled(b, 0)
	for i := range 10 {
		job := fmt.Sprint("same", i)
		facts := benchFacts(scope, job, 1000)
		for j := range facts {
			facts[j].Text = "the same words"
		}
		benchCommit(b, db, scope, job, facts)
	}
	for b.Loop() {
		if _, err := db.SearchKeyword(b.Context(), scope, pika.CorpusFacts, keyword.Query("words"), 100); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearchKeywordGroups asks for six words, each in forty ways.
func BenchmarkSearchKeywordGroups(b *testing.B) {
	db, scope, _ := filled(b, 10_000)
	random := rand.New(rand.NewPCG(7, 7))
	query := make(pika.KeywordQuery, 6)
	for i := range query {
		for _, word := range strings.Fields(words(random, 40)) {
			query[i] = append(query[i], pika.Alternative{Term: word, Weight: 1 - random.Float64()})
		}
	}
	for b.Loop() {
		if _, err := db.SearchKeyword(b.Context(), scope, pika.CorpusFacts, query, 100); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVocabulary(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, scope, _ := filled(b, n)
			for b.Loop() {
				terms, err := db.Vocabulary(b.Context(), scope, pika.CorpusFacts, pika.MaxVocabulary)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(terms)), "terms")
			}
		})
	}
}

func BenchmarkKeywordState(b *testing.B) {
	db, scope, _ := filled(b, 1000)
	for b.Loop() {
		if _, err := db.KeywordState(b.Context(), scope); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRebuild opens a file whose 10,000 facts are indexed by older terms.
func BenchmarkRebuild(b *testing.B) {
	path := filepath.Join(b.TempDir(), "pika.db")
	db := open(b, path, sqlite.Options{})
	scope := pika.Scope{Tenant: "acme", User: "alice"}
	for i := range 10 {
		job := fmt.Sprint("fill", i)
		benchCommit(b, db, scope, job, benchFacts(scope, job, 1000))
	}
	for {
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		edit(b, path, "UPDATE keyword_statistics SET version = 0")
		if !b.Loop() {
			return
		}
		db = open(b, path, sqlite.Options{})
	}
}

func BenchmarkGet100(b *testing.B) {
	db, scope, facts := filled(b, 10_000)
	random := rand.New(rand.NewPCG(3, 3))
	for b.Loop() {
		ids := make([]string, 100)
		for i := range ids {
			ids[i] = facts[random.IntN(len(facts))].ID
		}
		if _, err := db.Get(b.Context(), scope, ids); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList50(b *testing.B) {
	db, scope, _ := filled(b, 10_000)
	for b.Loop() {
		if _, err := db.List(b.Context(), scope, pika.ListFacts{}, pika.PageRequest{Limit: 50}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCommit commits facts of a user who has 10,000, each commit durable.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("%d facts", n), func(b *testing.B) {
			db, scope, _ := filled(b, 10_000)
			i := 0
			for b.Loop() {
				i++
				job := fmt.Sprint("job", i)
				benchCommit(b, db, scope, job, benchFacts(scope, job, n))
			}
		})
	}
}

// BenchmarkCommitConcurrent shows what sharing a transaction saves: 64 callers, one
// fact each, every commit durable.
func BenchmarkCommitConcurrent(b *testing.B) {
	db, _, _ := filled(b, 0)
	var next atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := next.Add(1)
			scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("u", i%50)}
			job := fmt.Sprint("job", i)
			_, err := db.Commit(context.Background(), scope, pika.Commit{JobID: job, Facts: benchFacts(scope, job, 1), At: time.Unix(1_700_000_000, 0)})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkDelete(b *testing.B) {
	db, scope, facts := filled(b, 10_000)
	i := 0
	for b.Loop() {
		if i == len(facts) {
			b.Fatal("no facts are left to delete")
		}
		if _, err := db.Delete(b.Context(), scope.Tenant, facts[i].ID, time.Unix(1_700_000_001, 0)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
