package sqlite_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/similarity"
	"github.com/pikamem/pika/store/sqlite"
)

func randomValues(random *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	return values
}

// bestOf is the slow and plain way to what Nearest does.
func bestOf(rows map[string][]float32, query []float32, limit int) []pika.Scored {
	var all []pika.Scored
	for id, values := range rows {
		all = append(all, pika.Scored{ID: id, Score: float64(similarity.Cosine(values, query))})
	}
	slices.SortFunc(all, func(a, b pika.Scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(limit, len(all))]
}

// TestRowsAgainstAMap grows and shrinks a set over the borders of its blocks, with
// ids of both kinds and many equal scores.
func TestRowsAgainstAMap(t *testing.T) {
	t.Parallel()
	const dimensions, ids = 4, 4_000
	random := rand.New(rand.NewPCG(3, 4))
	rows, want := sqlite.NewRows(dimensions), map[string][]float32{}
	for round := range 12 {
		for range 2_500 {
			id := fmt.Sprint("plain ", random.IntN(ids))
			if random.IntN(2) == 0 {
				id = pika.DeriveID(id)
			}
			if random.IntN(10) < 3+3*(round%3) { // rounds that grow and rounds that shrink
				rows.Delete(id)
				delete(want, id)
				continue
			}
			values := []float32{float32(random.IntN(3)) / 3, float32(random.IntN(3)) / 3, 0, 0}
			rows.Set(id, values)
			want[id] = values
		}
		if round%4 == 3 {
			rows.Trim()
		}
		limit := 1 + random.IntN(2*ids)
		query := []float32{0.6, 0.8, 0, 0}
		got, err := rows.Nearest(t.Context(), query, limit)
		if err != nil {
			t.Fatal(err)
		}
		if rows.Len() != len(want) || !slices.Equal(got, bestOf(want, query, limit)) {
			t.Fatalf("round %d: %d rows, want %d; or the best %d differ", round, rows.Len(), len(want), limit)
		}
	}
	for id := range want {
		rows.Delete(id)
	}
	if rows.Len() != 0 || rows.Bytes() > 2_000 {
		t.Errorf("an emptied set has %d rows in %d bytes", rows.Len(), rows.Bytes())
	}
}

// TestLargeSetIsScannedInParallel has the same answer from all processors as from one.
func TestLargeSetIsScannedInParallel(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	rows, all := sqlite.NewRows(3), map[string][]float32{}
	for i := range 60_000 {
		id, values := pika.DeriveID(fmt.Sprint(i)), []float32{float32(random.IntN(200)) / 200, 0, 0}
		rows.Set(id, values)
		all[id] = values
	}
	query := []float32{1, 0, 0}
	for _, limit := range []int{1, 100, pika.MaxVectorLimit} {
		got, err := rows.Nearest(t.Context(), query, limit)
		if err != nil || !slices.Equal(got, bestOf(all, query, limit)) {
			t.Errorf("the best %d differ from those of a plain scan (%v)", limit, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rows.Nearest(ctx, query, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled scan = %v", err)
	}
}
