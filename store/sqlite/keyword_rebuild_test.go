package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/sqlite"
)

var bob = pika.Scope{Tenant: "acme", User: "bob"}

// fillLabelled gives a user n facts with labels, of which every fifth is deleted again.
func fillLabelled(t *testing.T, db *sqlite.DB, scope pika.Scope, n int) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	for first := 0; first < n; first += pika.MaxFactsPerCommit {
		job := fmt.Sprint("j", first)
		var facts []pika.Fact
		for i := range min(n-first, pika.MaxFactsPerCommit) {
			id := pika.FactID(scope, job, 0, i)
			facts = append(facts, pika.Fact{
				ID: id, Text: fmt.Sprintf("thích món phở số n%d %d", first+i, i%7), Predicate: "likes", Category: []string{"food", "drinks"}[i%2],
				ContentHash: id, EffectiveAt: now, Entities: []pika.Entity{{ID: pika.EntityID(scope, id), Name: "phở", Type: "dish"}},
			})
		}
		if _, err := db.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: now}); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(facts); i += 5 {
			if _, err := db.Delete(t.Context(), scope.Tenant, facts[i].ID, now); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// found is what is to be had of a user's keyword index.
type found struct {
	Plain, Labels []pika.Scored
	Vocabulary    []pika.TermDocuments
	State         string
}

func lookUp(t *testing.T, db *sqlite.DB, scope pika.Scope) (f found) {
	t.Helper()
	var errs [4]error
	byLabel := pika.KeywordQuery{{{Term: keyword.Label(keyword.LabelCategory, "food"), Weight: 1}}}
	f.Plain, errs[0] = db.SearchKeyword(t.Context(), scope, pika.CorpusFacts, keyword.Query("phở món 3 n17 n1003"), pika.MaxKeywordLimit)
	f.Labels, errs[1] = db.SearchKeyword(t.Context(), scope, pika.CorpusFacts, byLabel, pika.MaxKeywordLimit)
	f.Vocabulary, errs[2] = db.Vocabulary(t.Context(), scope, pika.CorpusFacts, pika.MaxVocabulary)
	f.State, errs[3] = db.KeywordState(t.Context(), scope, pika.CorpusFacts)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(f.Plain) == 0 || len(f.Labels) == 0 {
		t.Fatalf("%v finds %d facts by words and %d by labels: the test proves nothing", scope, len(f.Plain), len(f.Labels))
	}
	return f
}

// withoutLabels makes a file what it was before facts had labels.
func withoutLabels(t *testing.T, path string) {
	t.Helper()
	edit(t, path, `DELETE FROM postings WHERE term LIKE '#%'; DROP INDEX keyword_statistics_version;
		ALTER TABLE keyword_statistics DROP COLUMN version; DELETE FROM goose_db_version WHERE version_id > 2`)
}

// TestRebuild opens a file whose facts have no labels yet.
func TestRebuild(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	fillLabelled(t, db, linh, 2300)
	fillLabelled(t, db, bob, 10)
	want := map[pika.Scope]found{linh: lookUp(t, db, linh), bob: lookUp(t, db, bob)}
	for round := range 2 { // a file that is up to date is left as it is
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			withoutLabels(t, path)
		}
		db = open(t, path, sqlite.Options{})
		for scope, w := range want {
			if diff := cmp.Diff(w, lookUp(t, db, scope)); diff != "" {
				t.Errorf("after opening it again %v finds (-want +got):\n%s", scope, diff)
			}
		}
	}
	fillLabelled(t, db, pika.Scope{Tenant: "acme", User: "new"}, 10)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, version := range column(t, path, "SELECT version FROM keyword_statistics WHERE corpus = 1") {
		if version != fmt.Sprint(keyword.Version) {
			t.Errorf("a user's terms have the version %s; want %d", version, keyword.Version)
		}
	}
}

// TestRebuildGoesOn ends a rebuild between two users, as a crash would: the first one's
// index is whole, the second one's is as it was, and the next start does the rest.
func TestRebuildGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	fillLabelled(t, db, linh, 20)
	fillLabelled(t, db, bob, 1500)
	want := map[pika.Scope]found{linh: lookUp(t, db, linh), bob: lookUp(t, db, bob)}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	withoutLabels(t, path)
	const bobs = "SELECT hex(block) FROM postings WHERE scope = 2 ORDER BY term, first"
	before := column(t, path, bobs)
	edit(t, path, "UPDATE facts SET metadata = '{' WHERE scope = 2 AND document = 1499")
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
		t.Fatal("Open reads a fact that is damaged")
	}
	if diff := cmp.Diff([]string{"1", "0"}, column(t, path, "SELECT version FROM keyword_statistics ORDER BY scope")); diff != "" {
		t.Errorf("versions after the first start (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, column(t, path, bobs)); diff != "" {
		t.Errorf("postings that were to be rebuilt (-want +got):\n%s", diff)
	}
	edit(t, path, "UPDATE facts SET metadata = '' WHERE scope = 2")
	db = open(t, path, sqlite.Options{})
	defer db.Close()
	for scope, w := range want {
		if diff := cmp.Diff(w, lookUp(t, db, scope)); diff != "" {
			t.Errorf("after the second start %v finds (-want +got):\n%s", scope, diff)
		}
	}
}

// column reads a column of a file behind the store's back.
func column(t *testing.T, path, query string) (values []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
