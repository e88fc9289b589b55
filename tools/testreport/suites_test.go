package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// sources is a small repository: two suites, and stores whose tests run them directly,
// through a function of their own, both in one test, or not at all.
var sources = fstest.MapFS{
	"pikatest/facts.go": {Data: []byte(`package pikatest
func Facts(t *testing.T, config TruthConfig) {}
func Server(t testing.TB, variable string) string { return "" }
func NewEmbedder(dims int) pika.Embedder { return nil }`)},
	"pikatest/jobs.go": {Data: []byte(`package pikatest
func Jobs(t *testing.T, config TruthConfig) {}`)},
	"store/sqlite/a_test.go": {Data: []byte(`package sqlite_test
func TestFacts(t *testing.T) { pikatest.Facts(t, config) }
func TestFactsOfOurOwn(t *testing.T) {}
func TestConformance(t *testing.T) { everyJob(t) }
func everyJob(t *testing.T) { again(t); pikatest.Jobs(t, config) }
func again(t *testing.T) { everyJob(t) }`)},
	"store/postgres/a_test.go": {Data: []byte(`package postgres_test
func TestSuites(t *testing.T) {
	t.Run("facts", func(t *testing.T) { pikatest.Facts(t, config) })
	t.Run("jobs", func(t *testing.T) { pikatest.Jobs(t, config) })
}`)},
}

func TestSuiteNames(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"Facts", "Jobs"}, suiteNames(sources)); diff != "" {
		t.Error(diff)
	}
}

func TestSuitesByTest(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]map[string][]string{
		"store/sqlite":   {"TestFacts": {"Facts"}, "TestConformance": {"Jobs"}},
		"store/postgres": {"TestSuites": {"Facts", "Jobs"}},
		"store/absent":   {},
	} {
		if diff := cmp.Diff(want, suitesByTest(sources, folder, suiteNames(sources))); diff != "" {
			t.Errorf("%s: %s", folder, diff)
		}
	}
}

// run makes the events of one test: it starts, and ends so.
func run(store, test, action string) string {
	const line = `{"Action":%q,"Package":"github.com/pikamem/pika/store/%s","Test":%q}` + "\n"
	return fmt.Sprintf(line, "run", store, test) + fmt.Sprintf(line, action, store, test)
}

// under makes the events of a test around those of its subtests.
func under(store, test, action string, subtests ...string) string {
	whole := run(store, test, action)
	cut := strings.IndexByte(whole, '\n') + 1
	return whole[:cut] + strings.Join(subtests, "") + whole[cut:]
}

func TestTable(t *testing.T) {
	t.Parallel()
	stream := under("sqlite", "TestFacts", "fail",
		run("sqlite", "TestFacts/insert", "pass"),
		under("sqlite", "TestFacts/delete", "fail",
			run("sqlite", "TestFacts/delete/one", "pass"), run("sqlite", "TestFacts/delete/all", "fail"))) +
		run("sqlite", "TestFactsOfOurOwn", "pass") +
		under("sqlite", "TestConformance", "pass", run("sqlite", "TestConformance/create", "pass")) +
		under("postgres", "TestSuites", "pass",
			under("postgres", "TestSuites/facts", "pass", run("postgres", "TestSuites/facts/insert", "pass")),
			run("postgres", "TestSuites/jobs", "skip"))
	var out strings.Builder
	r := newReport(&out, sources)
	if err := r.read(strings.NewReader(stream)); err != nil {
		t.Fatal(err)
	}
	if code := r.finish(); code != 1 {
		t.Errorf("exit code %d after a failure", code)
	}
	want := `
SUITE  sqlite              memory  postgres   milvus  neo4j  redis
Facts  1 FAILED, 2 passed  –       1 passed   –       –      –
Jobs   1 passed            –       1 skipped  –       –      –

failed: github.com/pikamem/pika/store/sqlite TestFacts/delete/all
failed: github.com/pikamem/pika/store/sqlite TestFacts/delete
failed: github.com/pikamem/pika/store/sqlite TestFacts
8 passed, 3 failed, 1 skipped
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestEverySuiteOfTheRepositoryIsSeen holds the reading of sources to the real ones.
func TestEverySuiteOfTheRepositoryIsSeen(t *testing.T) {
	t.Parallel()
	repository := os.DirFS("../..")
	names := suiteNames(repository)
	for test, want := range map[string]string{"TestFacts": "Facts", "TestJobs": "Jobs"} {
		if diff := cmp.Diff([]string{want}, suitesByTest(repository, "store/sqlite", names)[test]); diff != "" {
			t.Errorf("store/sqlite %s: %s", test, diff)
		}
	}
}
