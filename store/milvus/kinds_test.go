package milvus_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/milvus"
)

// TestIndexKinds holds every kind that a server without a graphics card can build to
// what matters most of the suite.
func TestIndexKinds(t *testing.T) {
	t.Parallel()
	for kind, tolerance := range map[milvus.IndexKind]float64{
		milvus.Flat: 0, milvus.IVFFlat: 0, milvus.IVFSQ8: 0.02, milvus.SCANN: 0,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			config := realServer(t)
			config.Index = milvus.IndexConfig{Kind: kind}
			suite := vectors(t, config, tolerance)
			pikatest.VectorsCases(t, suite, "order and scores", "isolation", "delete", "ties go by id", "upsert replaces")
		})
	}
}

// TestGPUIndexIsRefused: a server without a graphics card says so, or says nothing and
// never builds; either way the migration ends in time with a sentence. It runs alone:
// a build that never ends may hold up those of other tests.
func TestGPUIndexIsRefused(t *testing.T) {
	for _, kind := range []milvus.IndexKind{milvus.GPUCagra, milvus.GPUBruteForce, milvus.GPUIVFFlat, milvus.GPUIVFPQ} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			config := realServer(t)
			config.Index = milvus.IndexConfig{Kind: kind}
			config.SetupTimeout = 15 * time.Second
			store := open(t, config)
			t.Cleanup(func() { dropEverything(t, store, model("gpu")) })
			begun := time.Now()
			err := store.Migrate(t.Context(), model("gpu"))
			if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "index") {
				t.Errorf("Migrate = %v; want unavailable, with a sentence about the index", err)
			}
			if took := time.Since(begun); took > 40*time.Second {
				t.Errorf("Migrate took %s", took)
			}
			t.Logf("after %s: %v", time.Since(begun), err)
		})
	}
}

// TestIndexedRows: what is said of the kinds holds for rows that the index was built
// of, too; those that were just written are compared one by one whatever the kind.
func TestIndexedRows(t *testing.T) {
	t.Parallel()
	const users, each = 3, 1500
	for kind, least := range map[milvus.IndexKind]float64{
		milvus.HNSW: 0.97, milvus.IVFFlat: 1, milvus.IVFSQ8: 0.8, milvus.SCANN: 0.9, milvus.IVFPQ: 0.15,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			if testing.Short() && (kind == milvus.IVFPQ || kind == milvus.SCANN) {
				t.Skip("the build takes half a minute")
			}
			config := realServer(t)
			config.Index = milvus.IndexConfig{Kind: kind}
			store := open(t, config)
			migrate(t, store, model("indexed"))
			data := fill(t, store.Index(model("indexed")), users, each)
			if err := store.Flush(t.Context(), model("indexed"), users*each); err != nil {
				t.Fatal(err)
			}
			got := recall(t, store.Index(model("indexed")), data, 60, 10)
			t.Logf("recall@10 of %s = %.3f", kind, got)
			if got < least {
				t.Errorf("recall@10 of %s = %.3f; want at least %v", kind, got, least)
			}
		})
	}
}
