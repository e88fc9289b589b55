package milvus_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

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
	config.Connections = 4
	pikatest.VectorRows(t, vectorRows(config))
}

// TestMetrics: requests are timed by method and result, by two stores together.
func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	server, _, index := ready(t, func(c *milvus.Config) { c.Registerer = registry })
	other := open(t, milvus.Config{Address: server.Address(), Prefix: "fake", Registerer: registry}).Index(model("m"))
	for _, x := range []*milvus.Index{index, other} {
		if _, err := x.SearchVectors(t.Context(), alice, pika.CorpusFacts, unit(1, 0), 1); err != nil {
			t.Fatal(err)
		}
	}
	server.Fail("Search", milvustest.Fault{Code: codes.Internal, Message: "no"})
	if _, err := index.SearchVectors(t.Context(), alice, pika.CorpusFacts, unit(1, 0), 1); err == nil {
		t.Fatal("SearchVectors = nil; want an error")
	}
	for result, want := range map[string]uint64{"ok": 2, "failed": 1} {
		if got := requests(t, registry, "Search", result); got != want {
			t.Errorf("%d searches are counted as %s; want %d", got, result, want)
		}
	}
}

// requests returns how many requests of a method the metrics count with a result.
func requests(t *testing.T, registry *prometheus.Registry, method, result string) uint64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["method"] == method && labels["result"] == result {
				return m.GetHistogram().GetSampleCount()
			}
		}
	}
	return 0
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
