package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/store/sqlite"
)

var bob = pika.Scope{Tenant: "acme", User: "bob"}

// fill gives a user n facts, of which every fifth is deleted again, and messages.
func fill(t *testing.T, db *sqlite.DB, scope pika.Scope, n int) {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	for first := 0; first < n; first += pika.MaxFactsPerCommit {
		job := fmt.Sprint("j", first)
		var facts []pika.Fact
		for i := range min(n-first, pika.MaxFactsPerCommit) {
			id := pika.FactID(scope, job, 0, i)
			facts = append(facts, pika.Fact{
				ID: id, Text: fmt.Sprintf("%s phở món số n%d %d", []string{"likes", "a dog likes"}[i%2], first+i, i%7), ContentHash: id, EffectiveAt: now,
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
	for first := 0; first < n/3; first += pika.MaxConversationLen {
		ids := min(n/3-first, pika.MaxConversationLen)
		say(t, db, scope, first, ids, "first", now)
		say(t, db, scope, first, ids/4, "edited", now)
	}
}

// say puts n messages with the ids from first on, of which every third is not kept.
func say(t *testing.T, db *sqlite.DB, scope pika.Scope, first, n int, word string, now time.Time) {
	t.Helper()
	messages := make([]pika.StoredMessage, n)
	for i := range messages {
		id := fmt.Sprint("m", first+i)
		messages[i] = pika.StoredMessage{
			Key: pika.MessageKey(scope, "c", id), ConversationID: "c", MessageID: id, Role: pika.RoleUser, ContentHash: word, At: now,
		}
		if i%3 != 2 {
			messages[i].Name, messages[i].Content = "Linh", fmt.Sprintf("%s likes phở món n%d, con cún", word, first+i)
		}
	}
	if err := db.PutMessages(t.Context(), scope, messages); err != nil {
		t.Fatal(err)
	}
}

// found is what is to be had of a user's keyword index of one corpus.
type found struct {
	Words, Concepts []pika.Scored
	Vocabulary      []pika.TermDocuments
	State           pika.KeywordState
}

// lookUp asks for all of it, and of every user.
func lookUp(t *testing.T, db *sqlite.DB, scopes ...pika.Scope) map[pika.Scope]map[pika.Corpus]found {
	t.Helper()
	all := map[pika.Scope]map[pika.Corpus]found{}
	for _, scope := range scopes {
		all[scope] = map[pika.Corpus]found{}
		for _, corpus := range []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages} {
			all[scope][corpus] = lookUpIn(t, db, scope, corpus)
		}
	}
	return all
}

func lookUpIn(t *testing.T, db *sqlite.DB, scope pika.Scope, corpus pika.Corpus) (f found) {
	t.Helper()
	var errs [4]error
	dog := pika.KeywordQuery{{{Term: "~dog", Weight: 1}}}
	f.Words, errs[0] = db.SearchKeyword(t.Context(), scope, corpus, keyword.Query("phở liked 3 n17 n1003"), pika.MaxKeywordLimit)
	f.Concepts, errs[1] = db.SearchKeyword(t.Context(), scope, corpus, dog, pika.MaxKeywordLimit)
	f.Vocabulary, errs[2] = db.Vocabulary(t.Context(), scope, corpus, pika.MaxVocabulary)
	f.State, errs[3] = db.KeywordState(t.Context(), scope)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(f.Words) == 0 || len(f.Concepts) == 0 {
		t.Fatalf("%v finds %d %s by words and %d by a concept: the test proves nothing", scope, len(f.Words), corpus, len(f.Concepts))
	}
	return f
}

// asBefore makes a file what it was when terms were words as they are written, of any
// length.
func asBefore(t *testing.T, path string) {
	t.Helper()
	edit(t, path, `DELETE FROM postings WHERE term LIKE '~%'; UPDATE postings SET term = 'likes' WHERE term = 'like';
		INSERT INTO postings (scope, corpus, term, first, block) VALUES (1, 2, replace(hex(zeroblob(150)), '0', 'x'), 1, x'010000');
		DROP TABLE query_cache; DROP TABLE popular_searches; DROP TABLE answer_ttls;
		DROP INDEX scopes_asked; DROP INDEX scopes_tenant_asked; ALTER TABLE scopes DROP COLUMN asked_at;
		DROP TABLE changes; DROP INDEX keyword_statistics_version;
		ALTER TABLE keyword_statistics DROP COLUMN version; DELETE FROM goose_db_version WHERE version_id > 2`)
}

// TestRebuild opens a file whose facts and messages are indexed by older terms.
func TestRebuild(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	fill(t, db, linh, 2300)
	fill(t, db, bob, 10)
	want := lookUp(t, db, linh, bob)
	for round := range 2 { // a file that is up to date is left as it is
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			asBefore(t, path)
		}
		db = open(t, path, sqlite.Options{})
		if diff := cmp.Diff(want, lookUp(t, db, linh, bob)); diff != "" {
			t.Errorf("after opening it again is found (-want +got):\n%s", diff)
		}
	}
	fill(t, db, pika.Scope{Tenant: "acme", User: "new"}, 10)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	versions := column(t, path, "SELECT version FROM keyword_statistics")
	if current := fmt.Sprint(keyword.Version); !slices.Equal(versions, slices.Repeat([]string{current}, 6)) {
		t.Errorf("versions of the terms of three users: %v; want %s twice each", versions, current)
	}
}

// TestRebuildGoesOn ends a rebuild between two users, as a crash would: the first one's
// indexes are whole, the second one's are as they were, and the next start does the rest.
func TestRebuildGoesOn(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"facts", "messages"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			testRebuildGoesOn(t, table)
		})
	}
}

func testRebuildGoesOn(t *testing.T, table string) {
	path := filepath.Join(t.TempDir(), "pika.db")
	db := open(t, path, sqlite.Options{})
	fill(t, db, linh, 20)
	fill(t, db, bob, 1500)
	want := lookUp(t, db, linh, bob)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	asBefore(t, path)
	damaged := map[string]string{"facts": "1", "messages": "2"}[table]
	bobs := "SELECT hex(block) FROM postings WHERE scope = 2 AND corpus = " + damaged + " ORDER BY term, first"
	before := column(t, path, bobs)
	// The last one: some of the index is rebuilt when it is read.
	edit(t, path, "UPDATE "+table+" SET document = document || 'x' WHERE scope = 2 AND document = (SELECT max(document) FROM "+table+" WHERE scope = 2)")
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
		t.Fatal("Open reads a document that is damaged")
	}
	wantVersions := map[string][]string{"facts": {"1", "1", "0", "0"}, "messages": {"1", "1", "1", "0"}}[table]
	if diff := cmp.Diff(wantVersions, column(t, path, "SELECT version FROM keyword_statistics ORDER BY scope, corpus")); diff != "" {
		t.Errorf("versions after the first start (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, column(t, path, bobs)); diff != "" {
		t.Errorf("postings that were to be rebuilt (-want +got):\n%s", diff)
	}
	edit(t, path, "UPDATE "+table+" SET document = CAST(document AS INTEGER) WHERE scope = 2 AND typeof(document) = 'text'")
	db = open(t, path, sqlite.Options{})
	defer db.Close()
	if diff := cmp.Diff(want, lookUp(t, db, linh, bob)); diff != "" {
		t.Errorf("after the second start is found (-want +got):\n%s", diff)
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
