package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/sqlite"
)

var config = pikatest.TruthConfig{
	Open: func(t *testing.T, dir string) pikatest.Truth {
		return open(t, filepath.Join(dir, "pika.db"), sqlite.Options{})
	},
}

// open opens a database that must open. Its durability is tested elsewhere, so it
// does not wait for the disk.
func open(t testing.TB, path string, o sqlite.Options) *sqlite.DB {
	t.Helper()
	o.Relaxed = true
	db, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestFacts(t *testing.T) {
	t.Parallel()
	pikatest.Facts(t, config)
}

func TestJobs(t *testing.T) {
	t.Parallel()
	pikatest.Jobs(t, config)
}

func TestRawVectors(t *testing.T) {
	t.Parallel()
	pikatest.RawVectors(t, config)
}

func TestCensus(t *testing.T) {
	t.Parallel()
	pikatest.Census(t, config)
}

func TestModels(t *testing.T) {
	t.Parallel()
	pikatest.Models(t, config)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	pikatest.APIKeys(t, config)
}

func TestQueryCache(t *testing.T) {
	t.Parallel()
	pikatest.QueryCache(t, config)
}

func TestAnswerTTLs(t *testing.T) {
	t.Parallel()
	pikatest.AnswerTTLs(t, config)
}
