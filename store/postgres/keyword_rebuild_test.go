package postgres_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/postgres"
)

const allTenants = "SELECT set_config('pika.all_tenants', 'on', false)"

// labelledFacts makes n facts of a job.
func labelledFacts(scope pika.Scope, job string, n int) []pika.Fact {
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = claim(scope, job, i, fmt.Sprintf("thích món phở số n%d %d", i, i%7))
		facts[i].Category = []string{"food", "drinks"}[i%2]
		facts[i].Entities[0].Type = "dish"
	}
	return facts
}

// fillLabelled gives a user n facts, of which every hundredth is deleted again.
func fillLabelled(t *testing.T, db *postgres.DB, scope pika.Scope, n int) {
	t.Helper()
	for first := 0; first < n; first += 1000 {
		job := fmt.Sprint("j", first)
		facts := labelledFacts(scope, job, min(1000, n-first))
		if _, err := db.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(facts); i += 100 {
			if _, err := db.Delete(t.Context(), scope.Tenant, facts[i].ID, noon); err != nil {
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

func lookUp(t *testing.T, db *postgres.DB, scope pika.Scope) (f found) {
	t.Helper()
	var errs [4]error
	byLabel := pika.KeywordQuery{{{Term: keyword.Label(keyword.LabelCategory, "food"), Weight: 1}}}
	f.Plain, errs[0] = db.SearchKeyword(t.Context(), scope, pika.CorpusFacts, keyword.Query("phở món 3 n17 n903"), pika.MaxKeywordLimit)
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

func wantFound(t *testing.T, db *postgres.DB, want map[pika.Scope]found) {
	t.Helper()
	for scope, w := range want {
		if diff := cmp.Diff(w, lookUp(t, db, scope)); diff != "" {
			t.Errorf("%v finds (-want +got):\n%s", scope, diff)
		}
	}
}

// withoutLabels makes a database what it was before facts had labels.
func withoutLabels(t *testing.T, url string) {
	t.Helper()
	run(t, url, allTenants, "DELETE FROM postings WHERE term LIKE '#%'",
		"INSERT INTO postings (scope, corpus, term, first, tenant, block) VALUES ('"+alice.ID()+"', 2, repeat('x', 300), 1, 'acme', '\\x010000')",
		"DROP INDEX keyword_statistics_version", "ALTER TABLE keyword_statistics DROP COLUMN version", "DELETE FROM goose_db_version WHERE version_id > 2")
}

// TestRebuild migrates a database whose facts have no labels yet.
func TestRebuild(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	fillLabelled(t, db, alice, 2300)
	fillLabelled(t, db, mallory, 10)
	want := map[pika.Scope]found{alice: lookUp(t, db, alice), mallory: lookUp(t, db, mallory)}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	withoutLabels(t, url)
	for _, before := range []int64{2, 3} { // the second time there is nothing to do
		if from, to, err := postgres.Migrate(t.Context(), url); from != before || to != 3 || err != nil {
			t.Fatalf("Migrate = %d, %d, %v; want from %d to 3", from, to, err, before)
		}
	}
	db = open(t, url)
	defer db.Close()
	wantFound(t, db, want)
	conn := connect(t, url)
	transact(t, conn, "SELECT set_config('pika.all_tenants', 'on', true)", func(tx pgx.Tx) {
		if n := count(t, tx, "keyword_statistics WHERE corpus = 1 AND version <> "+fmt.Sprint(keyword.Version)); n != 0 {
			t.Errorf("%d users have terms of another version", n)
		}
		if n := count(t, tx, "postings WHERE length(term) > 256"); n != 0 {
			t.Errorf("%d postings have terms that are too long", n)
		}
	})
}

// TestRebuildGoesOn ends a rebuild at one user, as a crash would: that user's index is as
// it was, and the next run does the rest.
func TestRebuildGoesOn(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	defer db.Close()
	fillLabelled(t, db, alice, 1200)
	fillLabelled(t, db, mallory, 10)
	want := map[pika.Scope]found{alice: lookUp(t, db, alice), mallory: lookUp(t, db, mallory)}
	run(t, url, allTenants, "DELETE FROM postings WHERE term LIKE '#%'", "UPDATE keyword_statistics SET version = 0",
		"UPDATE facts SET metadata = '{' WHERE tenant = 'acme' AND document = 1199")
	ofAlice := func() []pika.TermDocuments {
		terms, err := db.Vocabulary(t.Context(), alice, pika.CorpusFacts, pika.MaxVocabulary)
		if err != nil {
			t.Fatal(err)
		}
		return terms
	}
	before := ofAlice()
	if _, _, err := postgres.Migrate(t.Context(), url); err == nil || !strings.Contains(err.Error(), alice.ID()) {
		t.Fatalf("Migrate over a damaged fact = %v; want it to name the scope", err)
	}
	if diff := cmp.Diff(before, ofAlice()); diff != "" {
		t.Errorf("terms that were to be rebuilt (-want +got):\n%s", diff)
	}
	run(t, url, allTenants, "UPDATE facts SET metadata = '' WHERE tenant = 'acme'")
	if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	wantFound(t, db, want)
}

// TestRebuildUnderLoad rebuilds twice at once while the users search and write.
func TestRebuildUnderLoad(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	defer db.Close()
	fillLabelled(t, db, alice, 1500)
	fillLabelled(t, db, mallory, 1500)
	want := lookUp(t, db, mallory).Plain
	run(t, url, allTenants, "DELETE FROM postings WHERE term LIKE '#%'", "UPDATE keyword_statistics SET version = 0")
	var migrations, users sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		migrations.Go(func() {
			if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
				t.Errorf("Migrate = %v", err)
			}
		})
	}
	until := func(f func(i int)) func() {
		return func() {
			for i := 0; ; i++ {
				f(i)
				select {
				case <-done:
					return
				default:
				}
			}
		}
	}
	users.Go(until(func(int) {
		got, err := db.SearchKeyword(t.Context(), mallory, pika.CorpusFacts, keyword.Query("phở món 3 n17 n903"), pika.MaxKeywordLimit)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("a search during the rebuild: %v (-want +got):\n%s", err, diff)
		}
	}))
	users.Go(until(func(i int) {
		job := fmt.Sprint("late", i)
		facts := labelledFacts(alice, job, 3)
		if _, err := db.Commit(t.Context(), alice, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
			t.Errorf("Commit during the rebuild = %v", err)
		}
		if _, err := db.Delete(t.Context(), alice.Tenant, facts[1].ID, noon); err != nil {
			t.Errorf("Delete during the rebuild = %v", err)
		}
	}))
	migrations.Wait()
	close(done)
	users.Wait()
	for _, scope := range []pika.Scope{alice, mallory} {
		if diff := cmp.Diff(vocabularyOf(t, db, scope), lookUp(t, db, scope).Vocabulary); diff != "" {
			t.Errorf("the vocabulary of %v (-its facts' +its index'):\n%s", scope, diff)
		}
	}
}

// vocabularyOf counts the terms of all facts of a user.
func vocabularyOf(t *testing.T, db *postgres.DB, scope pika.Scope) []pika.TermDocuments {
	t.Helper()
	counts := map[string]int{}
	request := pika.PageRequest{Limit: pika.MaxPageLimit}
	for {
		page, err := db.List(t.Context(), scope, pika.ListFacts{IncludeSuperseded: true}, request)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Items {
			for _, term := range keyword.CountFact(&page.Items[i]).Terms {
				counts[term.Term]++
			}
		}
		if request.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	var terms []pika.TermDocuments
	for _, term := range slices.Sorted(maps.Keys(counts)) {
		terms = append(terms, pika.TermDocuments{Term: term, Documents: counts[term]})
	}
	return terms
}
