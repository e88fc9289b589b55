package sqlite_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/sqlite"
)

// benchModel has the dimensions of the small multilingual models.
var benchModel = pika.EmbeddingModel{ID: "bench/1", Dimensions: 384}

var benchScope = pika.Scope{Tenant: "t", User: "u"}

// benchRows returns n rows with UUIDs and random directions. Their length is not 1:
// the index scales them, as it would a careless caller's.
func benchRows(n int) []pika.Vector {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]pika.Vector, n)
	for i := range rows {
		values := make([]float32, benchModel.Dimensions)
		for j := range values {
			values[j] = float32(random.NormFloat64())
		}
		var seed [8]byte
		binary.LittleEndian.PutUint64(seed[:], uint64(i))
		rows[i] = pika.Vector{ID: pika.DeriveID("bench", string(seed[:])), Values: values}
	}
	return rows
}

func fillVectors(b *testing.B, v *sqlite.Vectors, n int) {
	b.Helper()
	rows := benchRows(n)
	for len(rows) > 0 {
		batch := rows[:min(len(rows), pika.MaxVectorBatch)]
		if err := v.Upsert(b.Context(), benchScope, pika.CorpusFacts, batch); err != nil {
			b.Fatal(err)
		}
		rows = rows[len(batch):]
	}
}

func searchOnce(b *testing.B, v *sqlite.Vectors, query []float32) {
	b.Helper()
	if _, err := v.SearchVectors(b.Context(), benchScope, pika.CorpusFacts, query, 10); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkVectorsSearch finds the best 10 of n rows that are in memory.
func BenchmarkVectorsSearch(b *testing.B) {
	query := benchRows(1)[0].Values
	for _, n := range []int{100, 1_000, 10_000, 49_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			v, closeAll := openVectors(b, b.TempDir(), benchModel, sqlite.VectorOptions{})
			defer closeAll()
			fillVectors(b, v, n)
			searchOnce(b, v, query)
			for b.Loop() {
				searchOnce(b, v, query)
			}
			b.ReportMetric(float64(v.MemoryBytes())/float64(n), "B/row")
		})
	}
}

// BenchmarkVectorsCold finds the best 10 of n rows: "load" reads the arena from the
// file first, "stream" has no memory for it.
func BenchmarkVectorsCold(b *testing.B) {
	query := benchRows(1)[0].Values
	const n = 10_000
	dir := b.TempDir()
	v, closeAll := openVectors(b, dir, benchModel, sqlite.VectorOptions{})
	fillVectors(b, v, n)
	closeAll()
	file, err := os.Stat(filepath.Join(dir, "pika.db"))
	if err != nil {
		b.Fatal(err)
	}
	db := openVectorsDB(b, dir)
	defer db.Close()
	for name, memory := range map[string]int64{"load": 0, "stream": 1} {
		b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
			for b.Loop() {
				v, err := db.Vectors(b.Context(), benchModel, sqlite.VectorOptions{MemoryBytes: memory})
				if err != nil {
					b.Fatal(err)
				}
				searchOnce(b, v, query)
			}
			b.ReportMetric(float64(file.Size())/n, "file-B/row")
		})
	}
}

// BenchmarkVectorsUpsert writes batches of 1,000 rows, durably.
func BenchmarkVectorsUpsert(b *testing.B) {
	rows := benchRows(pika.MaxVectorBatch)
	for _, name := range []string{"unloaded", "loaded"} {
		b.Run(name, func(b *testing.B) {
			v, closeAll := openVectors(b, b.TempDir(), benchModel, sqlite.VectorOptions{})
			defer closeAll()
			if name == "loaded" {
				fillVectors(b, v, 1)
				searchOnce(b, v, rows[0].Values)
			}
			for i := 0; b.Loop(); i++ {
				for j := range rows {
					rows[j].ID = pika.DeriveID("bench", fmt.Sprint(i), fmt.Sprint(j))
				}
				if err := v.Upsert(b.Context(), benchScope, pika.CorpusFacts, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGraphExpand walks two hops in a graph of 100,000 facts of 100 users, each
// touching three of its user's 1,000 entities (about 300 facts for the user's own).
func BenchmarkGraphExpand(b *testing.B) {
	db := openVectorsDB(b, b.TempDir())
	defer db.Close()
	g := db.Graph()
	random := rand.New(rand.NewPCG(1, 2))
	for user := range 100 {
		links := make([]pika.Link, 1000)
		for i := range links {
			links[i] = pika.Link{FactID: pika.DeriveID(fmt.Sprint(user, i)), Predicate: "knows"}
			for range 3 {
				links[i].Entities = append(links[i].Entities, benchEntity(user, int(random.ExpFloat64()*150)))
			}
		}
		if err := g.LinkFacts(b.Context(), pika.Scope{Tenant: "t", User: fmt.Sprint(user)}, links); err != nil {
			b.Fatal(err)
		}
	}
	for depth := 1; depth <= 2; depth++ {
		b.Run(fmt.Sprint("depth", depth), func(b *testing.B) {
			hits := 0
			for i := 0; b.Loop(); i++ {
				user := i % 100
				found, err := g.Expand(b.Context(), pika.Scope{Tenant: "t", User: fmt.Sprint(user)}, []string{benchEntity(user, 20), benchEntity(user, 200)}, depth, 200)
				if err != nil {
					b.Fatal(err)
				}
				hits += len(found)
			}
			b.ReportMetric(float64(hits)/float64(b.N), "facts/op")
		})
	}
}

func benchEntity(user, i int) string { return pika.DeriveID("entity", fmt.Sprint(user), fmt.Sprint(i)) }
