package postgres_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/postgres"
	"github.com/pikamem/pika/store/postgres/postgrestest"
)

const urlVariable = "PIKA_TEST_POSTGRES_URL"

var server = postgrestest.New(os.Getenv(urlVariable))

// database returns the URL of a migrated database of the test's own; without a server
// the test is skipped, or fails where it must not be.
func database(t testing.TB, key string) string {
	t.Helper()
	pikatest.Server(t, urlVariable)
	return server.Database(t, key)
}

// own returns the URL of a migrated database whose schema the test may change.
func own(t testing.TB) string {
	t.Helper()
	pikatest.Server(t, urlVariable)
	return server.Own(t)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "drop the tests' databases:", err)
		code = 1
	}
	os.Exit(code)
}

// open opens a database that must open. Machines that run tests are slow at times, so
// its searches may take longer than a service's.
func open(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: url, SearchTimeout: 5 * time.Second, LockTimeout: 10 * time.Second, CallTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var config = pikatest.TruthConfig{
	Open: func(t *testing.T, dir string) pikatest.Truth { return open(t, database(t, dir)) },
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
