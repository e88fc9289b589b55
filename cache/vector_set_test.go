package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/cache"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/sqlite"
)

var testModel = pika.EmbeddingModel{ID: "test", Dimensions: pikatest.VectorDimensions}

// besideTruth is an index as the write path keeps it: the truth has every vector too, and
// notes what changed.
type besideTruth struct {
	pika.Vectors // with working sets before it
	index        *countedVectors
	db           *sqlite.DB
}

// countedVectors counts what reaches the index.
type countedVectors struct {
	pika.Vectors
	searches atomic.Int64
}

func (c *countedVectors) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	c.searches.Add(1)
	return c.Vectors.SearchVectors(ctx, scope, corpus, query, limit)
}

func (b *besideTruth) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	if err := b.Vectors.Upsert(ctx, scope, corpus, rows); err != nil || len(rows) == 0 {
		return err
	}
	return errors.Join(b.db.PutRawVectors(ctx, scope, corpus, testModel, rows), b.note(ctx, scope, corpus, rows))
}

func (b *besideTruth) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if err := b.Vectors.DeleteVectors(ctx, scope, corpus, ids); err != nil || len(ids) == 0 {
		return err
	}
	rows := make([]pika.Vector, len(ids))
	for i, id := range ids {
		rows[i].ID = id
	}
	return errors.Join(b.db.DeleteRawVectors(ctx, scope, corpus, ids), b.note(ctx, scope, corpus, rows))
}

func (b *besideTruth) note(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	var c pika.Change
	for _, r := range rows {
		if corpus == pika.CorpusMessages {
			c.Messages = append(c.Messages, r.ID)
		} else {
			c.Added = append(c.Added, r.ID)
		}
	}
	_, err := b.db.NoteChange(ctx, scope, c)
	return err
}

func openBeside(t *testing.T, dir string) (*besideTruth, *cache.WorkingSets, func()) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := db.Vectors(t.Context(), testModel, sqlite.VectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sets := cache.NewWorkingSets(cache.WorkingSetOptions{Raw: db, Changes: db})
	index := &countedVectors{Vectors: vectors}
	over := sets.Over(func() pika.Index {
		return pika.Index{Model: pika.ActiveModel{EmbeddingModel: testModel}, Vectors: index}
	})
	return &besideTruth{over().Vectors, index, db}, sets, func() {
		if err := errors.Join(sets.Close(), vectors.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestWorkingSetConformance(t *testing.T) {
	t.Parallel()
	pikatest.Vectors(t, pikatest.VectorsConfig{Open: func(t *testing.T, dir string) (pika.Vectors, func()) {
		v, _, closeIndex := openBeside(t, dir)
		return v, closeIndex
	}})
}

// A user who is searched often is answered without the index, exactly as by it, also
// after changes.
func TestWorkingSet(t *testing.T) {
	t.Parallel()
	v, sets, closeIndex := openBeside(t, t.TempDir())
	defer closeIndex()
	random := rand.New(rand.NewPCG(7, 8))
	write := func(n int) {
		rows := make([]pika.Vector, n)
		for i := range rows {
			rows[i] = pika.Vector{ID: fmt.Sprint("id", random.IntN(300)), Values: pikatest.RandomUnit(random, pikatest.VectorDimensions)}
		}
		if err := v.Upsert(t.Context(), linh, pika.CorpusFacts, rows); err != nil {
			t.Fatal(err)
		}
	}
	write(150)
	search := func() {
		t.Helper()
		query, limit := pikatest.RandomUnit(random, pikatest.VectorDimensions), 1+random.IntN(200)
		want, err1 := v.index.Vectors.SearchVectors(t.Context(), linh, pika.CorpusFacts, query, limit)
		got, err2 := v.SearchVectors(t.Context(), linh, pika.CorpusFacts, query, limit)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-6 })); diff != "" {
			t.Fatalf("index (-), working set (+):\n%s", diff)
		}
	}
	for range 3 {
		search()
	}
	_ = sets.Close() // until it is loaded
	before := v.index.searches.Load()
	for i := range 300 {
		search()
		switch {
		case i%10 == 3:
			write(1 + random.IntN(5))
		case i%10 == 7:
			if err := v.DeleteVectors(t.Context(), linh, pika.CorpusFacts, []string{fmt.Sprint("id", random.IntN(300))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := v.index.searches.Load() - before; n > 0 {
		t.Errorf("the index was asked %d times after the set was loaded", n)
	}
	if _, err := v.db.NoteChange(t.Context(), linh, pika.Change{Everything: true}); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the index answers, and the set is loaded anew
		search()
		_ = sets.Close()
	}
	if n := v.index.searches.Load() - before; n == 0 || n > 2 {
		t.Errorf("the index was asked %d times after everything changed", n)
	}
}

// A user with too much, and one whose changes cannot be read, are left to the index.
func TestWorkingSetLimits(t *testing.T) {
	t.Parallel()
	v, sets, closeIndex := openBeside(t, t.TempDir())
	defer closeIndex()
	random := rand.New(rand.NewPCG(9, 9))
	rows := make([]pika.Vector, 4097)
	for i := range rows {
		rows[i] = pika.Vector{ID: fmt.Sprint(i), Values: pikatest.RandomUnit(random, pikatest.VectorDimensions)}
	}
	for i := 0; i < len(rows); i += pika.MaxVectorBatch {
		if err := v.Upsert(t.Context(), linh, pika.CorpusFacts, rows[i:min(i+pika.MaxVectorBatch, len(rows))]); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		if hits, err := v.SearchVectors(t.Context(), linh, pika.CorpusFacts, pikatest.RandomUnit(random, pikatest.VectorDimensions), 7); err != nil || len(hits) != 7 {
			t.Errorf("%d hits, %v", len(hits), err)
		}
		_ = sets.Close()
	}
	if n := v.index.searches.Load(); n != 5 {
		t.Errorf("the index was asked %d times; want each", n)
	}
	_, err := v.SearchVectors(t.Context(), linh, pika.CorpusFacts, pikatest.RandomUnit(random, pikatest.VectorDimensions), 0)
	if pika.CodeOf(err) != pika.Invalid {
		t.Errorf("limit 0: %v", err)
	}
}
