package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/sqlite"
)

var smallModel = pika.EmbeddingModel{ID: "small/1", Dimensions: 8}

func smallRows(random *rand.Rand, ids ...string) []pika.Vector {
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i] = pika.Vector{ID: id, Values: randomValues(random, smallModel.Dimensions)}
	}
	return rows
}

func numbered(prefix string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(prefix, i)
	}
	return ids
}

func userScope(n int) pika.Scope { return pika.Scope{Tenant: "t", User: fmt.Sprint(n)} }

func upsertRows(t *testing.T, v pika.Vectors, scope pika.Scope, rows []pika.Vector) {
	t.Helper()
	for batch := range slices.Chunk(rows, pika.MaxVectorBatch) {
		if err := v.Upsert(t.Context(), scope, pika.CorpusFacts, batch); err != nil {
			t.Error(err)
		}
	}
}

func searchRows(t *testing.T, v pika.Vectors, scope pika.Scope, query []float32, limit int) []pika.Scored {
	t.Helper()
	hits, err := v.SearchVectors(t.Context(), scope, pika.CorpusFacts, query, limit)
	if err != nil {
		t.Error(err)
	}
	return hits
}

// TestArenasStayWithinTheirBudget searches many users' vectors with room for some.
func TestArenasStayWithinTheirBudget(t *testing.T) {
	t.Parallel()
	const users, budget = 30, 100_000 // an arena of 200 rows takes some 20,000 bytes
	v, closeAll := openVectors(t, t.TempDir(), smallModel, sqlite.VectorOptions{MemoryBytes: budget})
	t.Cleanup(closeAll)
	random := rand.New(rand.NewPCG(1, 2))
	for u := range users {
		upsertRows(t, v, userScope(u), smallRows(random, numbered("id", 200)...))
	}
	if n := v.MemoryBytes(); n != 0 {
		t.Errorf("%d bytes are in use before anyone searched", n)
	}
	most := int64(0)
	for range 3 {
		for u := range users {
			if n := len(searchRows(t, v, userScope(u), randomValues(random, smallModel.Dimensions), 1000)); n != 200 {
				t.Fatalf("found %d rows of user %d; want 200", n, u)
			}
			most = max(most, v.MemoryBytes())
			if n := v.MemoryBytes(); n > budget {
				t.Fatalf("%d bytes are in use; the budget is %d", n, budget)
			}
		}
	}
	if most < budget/2 {
		t.Errorf("at most %d of %d bytes were used: arenas are given up too early", most, budget)
	}
}

// TestArenaLargerThanTheBudget is searched all the same, and loaded once it fits.
func TestArenaLargerThanTheBudget(t *testing.T) {
	t.Parallel()
	const budget = 150_000 // 3,000 rows of 8 dimensions take some 290,000 bytes, 1,000 some 97,000
	v, closeAll := openVectors(t, t.TempDir(), smallModel, sqlite.VectorOptions{MemoryBytes: budget})
	t.Cleanup(closeAll)
	random := rand.New(rand.NewPCG(1, 2))
	ids := numbered("id", 3_000)
	upsertRows(t, v, benchScope, smallRows(random, ids...))
	query := randomValues(random, smallModel.Dimensions)
	search := func(want int) {
		t.Helper()
		for range 2 {
			if n := len(searchRows(t, v, benchScope, query, pika.MaxVectorLimit)); n != want {
				t.Fatalf("found %d rows; want %d", n, want)
			}
		}
	}
	search(3_000)
	if n := v.MemoryBytes(); n > budget/10 {
		t.Errorf("an arena that does not fit occupies %d bytes", n)
	}
	for batch := range slices.Chunk(ids[1_000:], pika.MaxVectorBatch) {
		if err := v.DeleteVectors(t.Context(), benchScope, pika.CorpusFacts, batch); err != nil {
			t.Fatal(err)
		}
	}
	search(1_000)
	if n := v.MemoryBytes(); n < 1_000*8*4 {
		t.Errorf("an arena that fits now occupies %d bytes: it is not in memory", n)
	}
}

// TestLoadsLoseNoWrite lets searches load arenas that push each other out while the
// same rows are written and deleted. In the end every arena must say what the file
// says, for which a second index over the file is asked.
func TestLoadsLoseNoWrite(t *testing.T) {
	t.Parallel()
	db := openVectorsDB(t, t.TempDir())
	t.Cleanup(func() { db.Close() })
	open := func(bytes int64) *sqlite.Vectors {
		v, err := db.Vectors(t.Context(), smallModel, sqlite.VectorOptions{MemoryBytes: bytes})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const users = 3
	v := open(50_000) // one arena, at times two
	random := rand.New(rand.NewPCG(1, 2))
	for u := range users {
		upsertRows(t, v, userScope(u), smallRows(random, numbered("id", 300)...))
	}
	query := randomValues(random, smallModel.Dimensions)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() { churn(t, v, users, uint64(g)) })
		all.Go(func() {
			for i := range 60 {
				searchRows(t, v, userScope((g+i)%users), query, 10)
			}
		})
	}
	all.Wait()
	truth := open(0)
	for u := range users {
		got, want := searchRows(t, v, userScope(u), query, 1000), searchRows(t, truth, userScope(u), query, 1000)
		if !slices.Equal(got, want) {
			t.Errorf("user %d: the arena has %d rows, the file %d, or their order differs", u, len(got), len(want))
		}
	}
}

// churn replaces and deletes rows of all users.
func churn(t *testing.T, v *sqlite.Vectors, users int, seed uint64) {
	random := rand.New(rand.NewPCG(7, seed))
	for i := range 60 {
		scope := userScope(i % users)
		var ids []string
		for range 20 {
			ids = append(ids, fmt.Sprint("id", random.IntN(320)))
		}
		if err := v.Upsert(t.Context(), scope, pika.CorpusFacts, smallRows(random, ids...)); err != nil {
			t.Error(err)
		}
		if err := v.DeleteVectors(t.Context(), scope, pika.CorpusFacts, ids[:5]); err != nil {
			t.Error(err)
		}
	}
}

// TestLoadTakesUpWritesMadeMeanwhile writes through an index while it loads a large arena.
func TestLoadTakesUpWritesMadeMeanwhile(t *testing.T) {
	t.Parallel()
	db := openVectorsDB(t, t.TempDir())
	t.Cleanup(func() { db.Close() })
	open := func() *sqlite.Vectors {
		v, err := db.Vectors(t.Context(), smallModel, sqlite.VectorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	random := rand.New(rand.NewPCG(1, 2))
	upsertRows(t, open(), benchScope, smallRows(random, numbered("id", 15_000)...))
	query := randomValues(random, smallModel.Dimensions)
	for round := range 5 {
		v := open()
		loaded := make(chan struct{})
		go func() {
			defer close(loaded)
			searchRows(t, v, benchScope, query, 1)
		}()
		for i, loading := 0, true; loading; i++ {
			select {
			case <-loaded:
				loading = false
			default:
				upsertRows(t, v, benchScope, smallRows(random, fmt.Sprintf("new-%d-%d", round, i), fmt.Sprint("id", i)))
				if err := v.DeleteVectors(t.Context(), benchScope, pika.CorpusFacts, []string{fmt.Sprint("id", 14_000-i)}); err != nil {
					t.Error(err)
				}
			}
		}
		got := searchRows(t, v, benchScope, query, pika.MaxVectorLimit)
		want := searchRows(t, open(), benchScope, query, pika.MaxVectorLimit)
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: the arena has %d rows, the file %d, or their order differs", round, len(got), len(want))
		}
	}
}

// TestSearchSeesAcknowledgedWrites searches right after each write, while searches in
// other scopes push the arena out.
func TestSearchSeesAcknowledgedWrites(t *testing.T) {
	t.Parallel()
	v, closeAll := openVectors(t, t.TempDir(), smallModel, sqlite.VectorOptions{MemoryBytes: 30_000})
	t.Cleanup(closeAll)
	for g := range 4 {
		upsertRows(t, v, userScope(g), smallRows(rand.New(rand.NewPCG(9, 9)), numbered("id", 200)...))
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(8, uint64(g)))
			for i := range 40 {
				row := smallRows(random, fmt.Sprintf("own-%d-%d", g, i))
				upsertRows(t, v, benchScope, row)
				if hits := searchRows(t, v, benchScope, row[0].Values, 1); len(hits) != 1 || hits[0].ID != row[0].ID {
					t.Errorf("right after writing %s the search for it found %v", row[0].ID, hits)
				}
				searchRows(t, v, userScope(g), row[0].Values, 1)
			}
		})
	}
	all.Wait()
}

// TestSearchDoesNotWaitForALoad: a caller whose time is up gets away, and the load it
// began serves the next one.
func TestSearchDoesNotWaitForALoad(t *testing.T) {
	t.Parallel()
	v, closeAll := openVectors(t, t.TempDir(), smallModel, sqlite.VectorOptions{})
	t.Cleanup(closeAll)
	random := rand.New(rand.NewPCG(1, 2))
	upsertRows(t, v, benchScope, smallRows(random, numbered("id", 5_000)...))
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	query := randomValues(random, smallModel.Dimensions)
	if _, err := v.SearchVectors(ctx, benchScope, pika.CorpusFacts, query, 1); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a search with a millisecond = %v; want that its deadline passed", err)
	}
	if hits := searchRows(t, v, benchScope, query, pika.MaxVectorLimit); len(hits) != 5_000 {
		t.Errorf("found %d rows; want 5,000", len(hits))
	}
}
