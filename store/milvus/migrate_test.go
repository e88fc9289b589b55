package milvus_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/milvus/milvustest"
)

// TestMigrate runs on the fake and on the real server.
func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("fake", func(t *testing.T) {
		t.Parallel()
		_, config := fakeServer(t)
		testMigrate(t, config)
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		testMigrate(t, realServer(t))
	})
}

func testMigrate(t *testing.T, config milvus.Config) {
	first, second := model("first"), model("second")
	store := open(t, config)
	t.Cleanup(func() {
		dropEverything(t, store, first)
		dropEverything(t, store, second)
	})
	index := store.Index(first)
	if err := store.Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "pika migrate") {
		t.Errorf("Ping before migrating = %v; want unavailable: run `pika migrate`", err)
	}
	if err := index.Upsert(t.Context(), alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: unit(1, 0)}}); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "pika migrate") {
		t.Errorf("Upsert before migrating = %v; want unavailable: run `pika migrate`", err)
	}
	atOnce(t, 3, func() error { return store.Migrate(t.Context(), first) })
	must(t, store.Ping(t.Context()))
	must(t, index.Upsert(t.Context(), alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: unit(1, 0)}}))
	must(t, store.Migrate(t.Context(), first))
	must(t, store.Migrate(t.Context(), second))
	if n := rowCount(t, index); n != 1 {
		t.Errorf("%d rows after migrating again; want the 1 that was there", n)
	}
	if err := store.DropModel(t.Context(), first); pika.CodeOf(err) != pika.Conflict {
		t.Errorf("DropModel of the model the aliases name = %v; want conflict", err)
	}
	must(t, store.SwitchAlias(t.Context(), second))
	for range 2 {
		must(t, store.DropModel(t.Context(), first))
	}
	if err := index.Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Ping of a dropped model = %v; want unavailable", err)
	}
	must(t, store.Index(second).Ping(t.Context()))
	must(t, store.Migrate(t.Context(), first))
	if n := rowCount(t, index); n != 0 {
		t.Errorf("%d rows of a model that was dropped and made again; want none", n)
	}
}

// atOnce runs f in several goroutines.
func atOnce(t *testing.T, n int, f func() error) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func rowCount(t *testing.T, index *milvus.Index) int {
	t.Helper()
	rows, err := index.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{Limit: pika.MaxPageLimit})
	must(t, err)
	return len(rows)
}

// TestIndexIsChanged: another configuration is noticed, and Migrate applies it without
// losing rows, on the fake and on the real server.
func TestIndexIsChanged(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(*testing.T) milvus.Config{
		"fake": func(t *testing.T) milvus.Config { _, c := fakeServer(t); return c },
		"real": func(t *testing.T) milvus.Config { return realServer(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config(t)
			store := open(t, config)
			migrate(t, store, model("m"))
			must(t, store.Index(model("m")).Upsert(t.Context(), alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: unit(1, 0)}}))
			config.Index = milvus.IndexConfig{Kind: milvus.IVFSQ8, Parameters: map[string]string{"nlist": "64"}}
			other := open(t, config)
			if err := other.Index(model("m")).Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "IVF_SQ8") {
				t.Errorf("Ping with another index configured = %v; want unavailable with both named", err)
			}
			must(t, other.Migrate(t.Context(), model("m")))
			must(t, other.Index(model("m")).Ping(t.Context()))
			if n := rowCount(t, other.Index(model("m"))); n != 1 {
				t.Errorf("%d rows under the new index; want 1", n)
			}
		})
	}
}

// TestDatabase: a database that is missing is named by Ping and made by Migrate, on the
// fake and on the real server.
func TestDatabase(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(*testing.T) milvus.Config{
		"fake": func(t *testing.T) milvus.Config { _, c := fakeServer(t); return c },
		"real": func(t *testing.T) milvus.Config { return realServer(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config(t)
			config.Database = prefix(t)
			store := open(t, config)
			t.Cleanup(func() {
				dropEverything(t, store, model("m"))
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				if err := store.DropDatabase(ctx); err != nil {
					t.Errorf("drop the database of the test: %v", err)
				}
			})
			if err := store.Ping(t.Context()); name == "fake" && (pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "no database "+config.Database)) {
				t.Errorf("Ping = %v; want unavailable: no database", err)
			}
			atOnce(t, 2, func() error { return store.Migrate(t.Context(), model("m")) })
			must(t, store.Ping(t.Context()))
			must(t, store.Index(model("m")).Ping(t.Context()))
			config.Database = "other"
			err := open(t, config).Index(model("m")).Ping(t.Context())
			if name == "real" && (pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "no database other")) {
				t.Errorf("Ping of another database = %v; want unavailable: no database", err)
			}
		})
	}
}

// TestWrongSchema: a collection of our name that is not ours is refused by Migrate and
// named by Ping.
func TestWrongSchema(t *testing.T) {
	t.Parallel()
	server, store, index := ready(t, nil)
	server.Fail("DescribeCollection", milvustest.Fault{Change: func(answer any) {
		schema := answer.(*milvuspb.DescribeCollectionResponse).GetSchema()
		schema.Fields[2].Name = "price"
	}})
	if err := index.Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "schema") {
		t.Errorf("Ping = %v; want unavailable with the schema named", err)
	}
	if err := store.Migrate(t.Context(), model("m")); pika.CodeOf(err) != pika.Conflict {
		t.Errorf("Migrate = %v; want conflict", err)
	}
}

// TestNeverBuilt: an index that stays under construction ends the migration in time.
func TestNeverBuilt(t *testing.T) {
	t.Parallel()
	server, config := fakeServer(t)
	impatient(&config)
	server.NeverBuild("HNSW")
	begun := time.Now()
	err := open(t, config).Migrate(t.Context(), model("m"))
	if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "not built it in time") {
		t.Errorf("Migrate = %v; want unavailable: not built in time", err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("Migrate took %s", took)
	}
}

// TestLoading: Ping tells a collection that is being loaded from one nobody loads.
func TestLoading(t *testing.T) {
	t.Parallel()
	for says, loading := range map[string]bool{"is loading": true, "run `pika migrate`": false} {
		server, store, index := ready(t, impatient)
		server.Unload(loading)
		if err := index.Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), says) {
			t.Errorf("Ping = %v; want unavailable: %s", err, says)
		}
		err := store.Migrate(t.Context(), model("m"))
		if loading && (pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "not loaded")) {
			t.Errorf("Migrate = %v; want unavailable: not loaded in time", err)
		}
		if !loading {
			must(t, err)
			must(t, index.Ping(t.Context()))
		}
	}
}

// TestGPUParameters: what a server with a graphics card would be sent.
func TestGPUParameters(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		query  string
		build  map[string]string
		search map[string]any
	}{
		"cagra": {
			"index=gpu_cagra&cache_dataset_on_device=true&itopk_size=96&team_size=8",
			map[string]string{"index_type": "GPU_CAGRA", "metric_type": "IP", "intermediate_graph_degree": "64", "graph_degree": "32", "build_algo": "IVF_PQ", "cache_dataset_on_device": "true", "adapt_for_cpu": "false"},
			map[string]any{"itopk_size": 96.0, "search_width": 4.0, "min_iterations": 0.0, "max_iterations": 0.0, "team_size": 8.0},
		},
		"cagra with few places": {
			"index=gpu_cagra&build_algo=NN_DESCENT&intermediate_graph_degree=128&graph_degree=64&search_width=1",
			map[string]string{"index_type": "GPU_CAGRA", "metric_type": "IP", "intermediate_graph_degree": "128", "graph_degree": "64", "build_algo": "NN_DESCENT", "cache_dataset_on_device": "false", "adapt_for_cpu": "false"},
			map[string]any{"itopk_size": 64.0, "search_width": 1.0, "min_iterations": 0.0, "max_iterations": 0.0, "team_size": 0.0},
		},
		"cagra for CPUs": {
			"index=gpu_cagra&adapt_for_cpu=true",
			map[string]string{"index_type": "GPU_CAGRA", "metric_type": "IP", "intermediate_graph_degree": "64", "graph_degree": "32", "build_algo": "IVF_PQ", "cache_dataset_on_device": "false", "adapt_for_cpu": "true"},
			map[string]any{"ef": 192.0},
		},
		"ivf_flat": {
			"index=gpu_ivf_flat&nlist=256&nprobe=32",
			map[string]string{"index_type": "GPU_IVF_FLAT", "metric_type": "IP", "nlist": "256", "cache_dataset_on_device": "false"},
			map[string]any{"nprobe": 32.0},
		},
		"ivf_pq": {
			"index=gpu_ivf_pq&m=8&nbits=6",
			map[string]string{"index_type": "GPU_IVF_PQ", "metric_type": "IP", "nlist": "128", "m": "8", "nbits": "6", "cache_dataset_on_device": "false"},
			map[string]any{"nprobe": 128.0},
		},
		"brute force": {
			"index=gpu_brute_force",
			map[string]string{"index_type": "GPU_BRUTE_FORCE", "metric_type": "IP"},
			map[string]any{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, config := fakeServer(t)
			parsed, err := milvus.ParseURL("milvus://" + config.Address + "/?" + tt.query)
			must(t, err)
			config.Index = parsed.Index
			store := open(t, config)
			must(t, store.Migrate(t.Context(), model("gpu")))
			for _, request := range server.Requests("CreateIndex") {
				if strings.Contains(request.(*milvuspb.CreateIndexRequest).GetCollectionName(), "_check_") {
					continue
				}
				if diff := cmp.Diff(tt.build, parameters(t, request.(*milvuspb.CreateIndexRequest).GetExtraParams())); diff != "" {
					t.Errorf("the index is made with (-want +got):\n%s", diff)
				}
			}
			index := store.Index(model("gpu"))
			must(t, index.Upsert(t.Context(), alice, pika.CorpusFacts, []pika.Vector{{ID: "a", Values: unit(3, 4)}}))
			hits, err := index.SearchVectors(t.Context(), alice, pika.CorpusFacts, unit(2, 0), 40)
			must(t, err)
			if len(hits) != 1 || hits[0].Score < 0.6-1e-6 || hits[0].Score > 0.6+1e-6 {
				t.Errorf("hits = %v; want one of score 0.6: vectors are sent with unit length, as the inner product needs", hits)
			}
			sent := server.Requests("Search")[0].(*milvuspb.SearchRequest).GetSearchParams()
			var got map[string]any
			must(t, json.Unmarshal([]byte(pair(sent, "params")), &got))
			delete(got, "for_tuning")
			if diff := cmp.Diff(tt.search, got); diff != "" || pair(sent, "metric_type") != "IP" {
				t.Errorf("searched by %s with (-want +got):\n%s", pair(sent, "metric_type"), diff)
			}
			if _, err := index.SearchVectors(t.Context(), alice, pika.CorpusFacts, unit(2, 0), pika.MaxVectorLimit); err != nil {
				t.Errorf("SearchVectors at the port's limit = %v; want what the index can return", err)
			}
			requests := server.Requests("Search")
			if most := pair(requests[len(requests)-1].(*milvuspb.SearchRequest).GetSearchParams(), "topk"); most != "1024" && most != "4096" {
				t.Errorf("a search asked for %s hits; want no more than the index can", most)
			}
		})
	}
}

// parameters returns the parameters of an index, the nested ones beside the others.
func parameters(t *testing.T, pairs []*commonpb.KeyValuePair) map[string]string {
	t.Helper()
	all := map[string]string{"index_type": pair(pairs, "index_type"), "metric_type": pair(pairs, "metric_type")}
	var nested map[string]string
	must(t, json.Unmarshal([]byte(pair(pairs, "params")), &nested))
	maps.Copy(all, nested)
	return all
}

func pair(pairs []*commonpb.KeyValuePair, key string) string {
	for _, p := range pairs {
		if p.GetKey() == key {
			return p.GetValue()
		}
	}
	return ""
}
