package milvus_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/milvus"
)

// memory is what a user stored.
type memory struct {
	scope pika.Scope
	rows  []pika.Vector
}

// fill stores random rows of several users.
func fill(t testing.TB, index *milvus.Index, users, each int) []memory {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]memory, users)
	for u := range data {
		data[u].scope = pika.Scope{Tenant: "acme", User: fmt.Sprint("user", u)}
		for i := range each {
			data[u].rows = append(data[u].rows, pika.Vector{ID: fmt.Sprint(i), Values: pikatest.RandomUnit(random, index.Model().Dimensions)})
		}
		for part := range slices.Chunk(data[u].rows, pika.MaxVectorBatch) {
			if err := index.Upsert(t.Context(), data[u].scope, pika.CorpusFacts, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	return data
}

// recall returns which part of the exact k nearest rows the index finds.
func recall(t testing.TB, index *milvus.Index, data []memory, queries, k int) float64 {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	found, wanted := 0, 0
	for i := range queries {
		m := data[i%len(data)]
		query := pikatest.RandomUnit(random, index.Model().Dimensions)
		hits, err := index.SearchVectors(t.Context(), m.scope, pika.CorpusFacts, query, k)
		if err != nil {
			t.Fatal(err)
		}
		exact := m.nearest(query, k)
		wanted += len(exact)
		for _, h := range hits {
			if slices.Contains(exact, h.ID) {
				found++
			}
		}
	}
	return float64(found) / float64(wanted)
}

// nearest returns the ids of the k rows nearest to a query.
func (m memory) nearest(query []float32, k int) []string {
	all := make([]pika.Scored, len(m.rows))
	for i, r := range m.rows {
		all[i].ID = r.ID
		for j, x := range r.Values {
			all[i].Score += float64(x) * float64(query[j])
		}
	}
	slices.SortFunc(all, func(a, b pika.Scored) int { return cmp.Compare(b.Score, a.Score) })
	ids := make([]string, min(k, len(all)))
	for i := range ids {
		ids[i] = all[i].ID
	}
	return ids
}
