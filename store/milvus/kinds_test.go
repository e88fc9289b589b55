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
// never builds; either way the migration ends in time with a sentence.
func TestGPUIndexIsRefused(t *testing.T) {
	t.Parallel()
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
