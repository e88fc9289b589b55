package milvus_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/milvus"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]milvus.Config{
		"milvus://localhost": {Address: "localhost:19530", Index: milvus.IndexConfig{Kind: milvus.HNSW}},
		"milvus://[::1]":     {Address: "[::1]:19530", Index: milvus.IndexConfig{Kind: milvus.HNSW}},
		"milvus://u:p%40ss@db.internal:443/pika?tls=true": {
			Address: "db.internal:443", Username: "u", Password: "p@ss", Database: "pika", TLS: true, Index: milvus.IndexConfig{Kind: milvus.HNSW},
		},
		"milvus://h:1/?index=hnsw&m=16&ef_construction=100&ef=80&prefix=test&partitions=8&connections=2&search_timeout=300ms&write_timeout=2s&list_timeout=4s&setup_timeout=5m": {
			Address: "h:1", Prefix: "test", Partitions: 8, Connections: 2,
			SearchTimeout: 300 * time.Millisecond, WriteTimeout: 2 * time.Second, ListTimeout: 4 * time.Second, SetupTimeout: 5 * time.Minute,
			Index: milvus.IndexConfig{Kind: milvus.HNSW, Parameters: map[string]string{"m": "16", "ef_construction": "100", "ef": "80"}},
		},
		"milvus://h:1?index=ivf_pq&nlist=1024&nprobe=64&m=24&nbits=6": {
			Address: "h:1", Index: milvus.IndexConfig{Kind: milvus.IVFPQ, Parameters: map[string]string{"nlist": "1024", "nprobe": "64", "m": "24", "nbits": "6"}},
		},
	} {
		got, err := milvus.ParseURL(url)
		if err != nil {
			t.Errorf("ParseURL(%s) = %v", url, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseURL(%s) (-want +got):\n%s", url, diff)
		}
		store, err := milvus.Open(got)
		if err != nil {
			t.Errorf("Open of what ParseURL(%s) returned = %v", url, err)
			continue
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestParseURLRefuses: the error names the parameter and what is allowed, and never
// the password.
func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for query, says := range map[string]string{
		"index=diskann":                   "index: must be one of flat, gpu_brute_force",
		"index=HNSW":                      "index: must be one of",
		"index=":                          "index: is empty",
		"m=65":                            "m: must be 4–64",
		"m=032":                           "m: must be 4–64",
		"m=x":                             "m: must be 4–64",
		"m=":                              "m: must be 4–64",
		"ef_construction=7":               "ef_construction: must be 8–512",
		"ef=32769":                        "ef: must be 0–32768",
		"ef=-1":                           "ef: must be 0–32768",
		"nlist=128":                       "nlist: is no parameter; allowed are connections, index, list_timeout, partitions, prefix",
		"colour=blue":                     "for the index hnsw: m, ef_construction, ef",
		"index=flat&m=32":                 "for the index flat: none",
		"index=ivf_flat&nlist=0":          "nlist: must be 1–65536",
		"index=ivf_flat&nlist=65537":      "nlist: must be 1–65536",
		"index=ivf_flat&nprobe=129":       "nprobe: is 129; it must be at most nlist, which is 128",
		"index=ivf_pq&nbits=17":           "nbits: must be 1–16",
		"index=scann&with_raw_data=yes":   "with_raw_data: must be true, false",
		"index=scann&reorder_k=16385":     "reorder_k: must be 0–16384",
		"index=gpu_cagra&graph_degree=65": "graph_degree: is 65; it must be at most intermediate_graph_degree, which is 64",
		"index=gpu_cagra&build_algo=FAST": "build_algo: must be IVF_PQ, NN_DESCENT",
		"index=gpu_cagra&team_size=5":     "team_size: must be 0, 4, 8, 16, 32",
		"index=gpu_cagra&adapt_for_cpu=1": "adapt_for_cpu: must be true, false",
		"index=gpu_cagra&itopk_size=1025": "itopk_size: must be 0–1024",
		"index=gpu_cagra&min_iterations=9&max_iterations=8": "min_iterations: is 9; it must be at most max_iterations, which is 8",
		"partitions=0":                      "partitions: must be a whole number of at least 1",
		"partitions=1025":                   "partitions: is 1025; it must be 1–1024",
		"connections=5":                     "connections: is 5; it must be 1–4",
		"prefix=1a":                         "prefix: must begin with a letter",
		"prefix=a-b":                        "prefix: must begin with a letter",
		"prefix=" + strings.Repeat("a", 65): "prefix: must begin with a letter",
		"tls=yes":                           "tls: must be true or false",
		"search_timeout=5":                  "search_timeout: must be a duration above 0",
		"write_timeout=-1s":                 "write_timeout: must be a duration above 0",
		"setup_timeout=11m":                 "setup_timeout: is 11m0s; it must be more than 0s and at most 10m0s",
		"m=32&m=16":                         "m: is given 2 times",
		"a;b":                               "url: has parameters that are not of the form",
	} {
		_, err := milvus.ParseURL("milvus://user:hush@localhost:19530/db?" + query)
		if pika.CodeOf(err) != pika.Invalid || !strings.Contains(message(err), says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("ParseURL(…?%s) = %v; want invalid: %s", query, err, says)
		}
	}
	for _, url := range []string{
		"", "milvus", "milvus://", "postgres://localhost", "milvus://localhost:0", "milvus://localhost:70000", "milvus://localhost:19530/a/b",
		"milvus://localhost#x", "milvus://user@localhost", "milvus://:hush@localhost", "milvus:localhost", "milvus://user:hush@local host",
	} {
		if _, err := milvus.ParseURL(url); pika.CodeOf(err) != pika.Invalid || strings.Contains(err.Error(), "hush") {
			t.Errorf("ParseURL(%q) = %v; want invalid, without the password", url, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]milvus.Config{
		"no address":     {},
		"no port":        {Address: "localhost"},
		"two logins":     {Address: "localhost:1", APIKey: "k", Username: "u", Password: "p"},
		"no password":    {Address: "localhost:1", Username: "u"},
		"unknown index":  {Address: "localhost:1", Index: milvus.IndexConfig{Kind: "tree"}},
		"bad parameter":  {Address: "localhost:1", Index: milvus.IndexConfig{Parameters: map[string]string{"m": "1"}}},
		"no time at all": {Address: "localhost:1", SearchTimeout: -1},
	} {
		if _, err := milvus.Open(c); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("Open with %s = %v; want invalid", name, err)
		}
	}
}

// TestModelsRefused: a model that no collection can hold makes every call Invalid.
func TestModelsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		model pika.EmbeddingModel
		index milvus.IndexConfig
	}{
		"no id":            {pika.EmbeddingModel{Dimensions: 32}, milvus.IndexConfig{}},
		"no dimensions":    {pika.EmbeddingModel{ID: "m"}, milvus.IndexConfig{}},
		"too many":         {pika.EmbeddingModel{ID: "m", Dimensions: 32_769}, milvus.IndexConfig{}},
		"m does not fit":   {pika.EmbeddingModel{ID: "m", Dimensions: 32}, milvus.IndexConfig{Kind: milvus.IVFPQ, Parameters: map[string]string{"m": "5"}}},
		"an odd number of": {pika.EmbeddingModel{ID: "m", Dimensions: 33}, milvus.IndexConfig{Kind: milvus.SCANN}},
	} {
		store := open(t, milvus.Config{Address: "127.0.0.1:1", Index: tt.index})
		index := store.Index(tt.model)
		for _, err := range []error{
			store.Migrate(t.Context(), tt.model), store.SwitchAlias(t.Context(), tt.model), index.Ping(t.Context()), store.Ping(t.Context()),
			index.Upsert(t.Context(), alice, pika.CorpusFacts, nil), index.DeleteVectors(t.Context(), alice, pika.CorpusFacts, nil),
		} {
			if pika.CodeOf(err) != pika.Invalid {
				t.Errorf("%s: %v; want invalid", name, err)
			}
		}
	}
}
