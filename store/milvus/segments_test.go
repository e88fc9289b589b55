package milvus_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
)

// TestSegments: rows that were replaced and deleted across several sealed segments and
// one that grows are listed once, in order, page by page, and searched exactly so.
func TestSegments(t *testing.T) {
	t.Parallel()
	store := open(t, realServer(t))
	migrate(t, store, model("segments"))
	index := store.Index(model("segments"))
	random := rand.New(rand.NewPCG(9, 10))
	scopes := []pika.Scope{alice, {Tenant: "acme", User: "bob"}, {Tenant: "evil", User: "alice"}}
	truth := map[pika.RowKey]int64{}
	data := map[string]map[string][]float32{}
	for round := range 4 {
		for _, scope := range scopes {
			var rows []pika.Vector
			for _, n := range random.Perm(900)[:500] {
				rows = append(rows, pika.Vector{ID: fmt.Sprintf("%03d", n), Values: pikatest.RandomUnit(random, pikatest.VectorDimensions)})
			}
			must(t, index.Upsert(t.Context(), scope, pika.CorpusFacts, rows))
			for _, r := range rows {
				truth[pika.RowKey{ScopeID: scope.ID(), ID: r.ID}] = pika.VectorDigest(r.Values)
				if data[scope.ID()] == nil {
					data[scope.ID()] = map[string][]float32{}
				}
				data[scope.ID()][r.ID] = r.Values
			}
			var gone []string
			for _, n := range random.Perm(900)[:100] {
				gone = append(gone, fmt.Sprintf("%03d", n))
				delete(truth, pika.RowKey{ScopeID: scope.ID(), ID: gone[len(gone)-1]})
				delete(data[scope.ID()], gone[len(gone)-1])
			}
			must(t, index.DeleteVectors(t.Context(), scope, pika.CorpusFacts, gone))
		}
		if round < 3 {
			must(t, store.Flush(t.Context(), model("segments"), 0))
		}
	}
	want := slices.SortedFunc(maps.Keys(truth), func(a, b pika.RowKey) int {
		return strings.Compare(a.ScopeID+a.ID, b.ScopeID+b.ID)
	})
	for _, limit := range []int{211, pika.MaxPageLimit} {
		got := map[pika.RowKey]int64{}
		var order []pika.RowKey
		for r := (pika.RowRange{Limit: limit}); ; r.After = order[len(order)-1] {
			page, err := index.ListRows(t.Context(), pika.CorpusFacts, r)
			must(t, err)
			for _, row := range page {
				got[row.RowKey] = row.Digest
				order = append(order, row.RowKey)
			}
			if len(page) < limit {
				break
			}
		}
		if !slices.Equal(order, want) || !maps.Equal(got, truth) {
			t.Errorf("in pages of %d, %d rows were listed; want %d, each once, in order, with its last digest", limit, len(order), len(want))
		}
	}
	for _, scope := range scopes {
		m := memory{scope: scope}
		for id, values := range data[scope.ID()] {
			m.rows = append(m.rows, pika.Vector{ID: id, Values: values})
		}
		if got := recall(t, index, []memory{m}, 30, 10); got < 0.99 {
			t.Errorf("recall@10 = %.3f; want at least 0.99", got)
		}
	}
}
