package milvus_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/milvus"
)

// settle are the pauses after which the real server must show what was written.
var settle = []time.Duration{
	50 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond,
	300 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
}

// realServer returns a configuration for the server of the environment, without the
// check of partitions, and patient, as many tests run at once.
func realServer(t testing.TB) milvus.Config {
	t.Helper()
	return milvus.Config{
		Address: pikatest.Server(t, "PIKA_TEST_MILVUS_ADDR"), Prefix: prefix(t), Partitions: 1,
		SearchTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second, SetupTimeout: 2 * time.Minute,
	}
}

// prefix returns a prefix for the collections of one run of a test.
func prefix(t testing.TB) string { return "pikatest_" + digest(t.Name()+time.Now().String()) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

func open(t testing.TB, config milvus.Config) *milvus.Store {
	t.Helper()
	store, err := milvus.Open(config)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return store
}

// migrate makes a model's collections and drops them after the test.
func migrate(t testing.TB, store *milvus.Store, model pika.EmbeddingModel) {
	t.Helper()
	if err := store.Migrate(t.Context(), model); err != nil {
		t.Fatalf("Migrate = %v", err)
	}
	t.Cleanup(func() { dropEverything(t, store, model) })
}

func dropEverything(t testing.TB, store *milvus.Store, model pika.EmbeddingModel) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := store.DropEverything(ctx, model); err != nil {
		t.Errorf("drop the collections of the test: %v", err)
	}
}

// message returns what a caller sees of an error.
func message(err error) string {
	var e *pika.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Message
}

// model returns a model of the suites' dimensions.
func model(id string) pika.EmbeddingModel {
	return pika.EmbeddingModel{ID: id, Dimensions: pikatest.VectorDimensions}
}

// tenants lets the cases of a suite share collections: each dir has tenants of its own.
type tenants struct {
	*milvus.Index
	dir string
}

func (v tenants) scope(s pika.Scope) pika.Scope {
	return pika.Scope{Tenant: digest(v.dir) + s.Tenant, User: s.User}
}

func (v tenants) Upsert(ctx context.Context, s pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	return v.Index.Upsert(ctx, v.scope(s), corpus, rows)
}

func (v tenants) DeleteVectors(ctx context.Context, s pika.Scope, corpus pika.Corpus, ids []string) error {
	return v.Index.DeleteVectors(ctx, v.scope(s), corpus, ids)
}

func (v tenants) SearchVectors(ctx context.Context, s pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	return v.Index.SearchVectors(ctx, v.scope(s), corpus, query, limit)
}

// vectors returns how the Vectors suite reaches an index of a kind.
func vectors(t *testing.T, config milvus.Config, tolerance float64) pikatest.VectorsConfig {
	migrate(t, open(t, config), model("suite"))
	return pikatest.VectorsConfig{
		Settle: settle, Tolerance: cmp.Or(tolerance, 1e-5),
		Open: func(t *testing.T, dir string) (pika.Vectors, func()) {
			store, err := milvus.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			return tenants{store.Index(model("suite")), dir}, func() { _ = store.Close() }
		},
	}
}

// vectorRows returns how the VectorRows suite reaches an index: its cases list the
// rows of all users, so that each has collections of its own.
func vectorRows(config milvus.Config) pikatest.VectorsConfig {
	return pikatest.VectorsConfig{
		Settle: settle,
		Open: func(t *testing.T, dir string) (pika.Vectors, func()) {
			store := open(t, config)
			migrate(t, store, model(dir))
			return store.Index(model(dir)), func() {}
		},
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	pikatest.Vectors(t, vectors(t, realServer(t), 0))
}

func TestVectorRows(t *testing.T) {
	t.Parallel()
	pikatest.VectorRows(t, vectorRows(realServer(t)))
}
