package milvus_test

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/milvus/milvustest"
)

// fakeServer returns a server in the process and a configuration for it.
func fakeServer(t testing.TB) (*milvustest.Server, milvus.Config) {
	t.Helper()
	server := milvustest.Start(t)
	return server, milvus.Config{
		Address: server.Address(), Prefix: "fake",
		SearchTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second, SetupTimeout: 5 * time.Second,
	}
}

// The fake holds to the suites as the real server does: what the fault tests show of
// the store is not the fake's doing.
func TestFakeVectors(t *testing.T) {
	t.Parallel()
	_, config := fakeServer(t)
	pikatest.Vectors(t, vectors(t, config, 0))
}

func TestFakeVectorRows(t *testing.T) {
	t.Parallel()
	_, config := fakeServer(t)
	pikatest.VectorRows(t, vectorRows(config))
}

// ready returns a fake server with migrated collections, a store and an index.
func ready(t *testing.T, change func(*milvus.Config)) (*milvustest.Server, *milvus.Store, *milvus.Index) {
	t.Helper()
	server, config := fakeServer(t)
	if change != nil {
		change(&config)
	}
	store := open(t, config)
	if err := store.Migrate(t.Context(), model("m")); err != nil {
		t.Fatalf("Migrate = %v", err)
	}
	return server, store, store.Index(model("m"))
}

var alice = pika.Scope{Tenant: "acme", User: "alice"}

func unit(first, second float32) []float32 {
	v := make([]float32, pikatest.VectorDimensions)
	v[0], v[1] = first, second
	return v
}
