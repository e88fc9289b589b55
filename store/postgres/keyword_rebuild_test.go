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

// someFacts makes n facts of a job.
func someFacts(scope pika.Scope, job string, n int) []pika.Fact {
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = claim(scope, job, i, fmt.Sprintf("%s phở món số n%d %d", []string{"likes", "a dog likes"}[i%2], i, i%7))
	}
	return facts
}

// someMessages makes n messages with the ids from first on, of which every third is not
// kept.
func someMessages(scope pika.Scope, first, n int, word string) []pika.StoredMessage {
	messages := make([]pika.StoredMessage, n)
	for i := range messages {
		id := fmt.Sprint("m", first+i)
		messages[i] = pika.StoredMessage{
			Key: pika.MessageKey(scope, "c", id), ConversationID: "c", MessageID: id, Role: pika.RoleUser, ContentHash: word, At: noon,
		}
		if i%3 != 2 {
			messages[i].Name, messages[i].Content = "Linh", fmt.Sprintf("%s likes phở món n%d, con cún", word, first+i)
		}
	}
	return messages
}

// fillIndexes gives a user n facts, of which every hundredth is deleted again, and messages, of
// which some are replaced.
func fillIndexes(t *testing.T, db *postgres.DB, scope pika.Scope, n int) {
	t.Helper()
	for first := 0; first < n; first += 1000 {
		job := fmt.Sprint("j", first)
		facts := someFacts(scope, job, min(1000, n-first))
		if _, err := db.Commit(t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(facts); i += 100 {
			if _, err := db.Delete(t.Context(), scope.Tenant, facts[i].ID, noon); err != nil {
				t.Fatal(err)
			}
		}
	}
	for first := 0; first < n/3; first += pika.MaxConversationLen {
		ids := min(n/3-first, pika.MaxConversationLen)
		for _, messages := range [][]pika.StoredMessage{someMessages(scope, first, ids, "first"), someMessages(scope, first, ids/4, "edited")} {
			if err := db.PutMessages(t.Context(), scope, messages); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// found is what is to be had of a user's keyword index of one corpus.
type found struct {
	Words, Concepts []pika.Scored
	Vocabulary      []pika.TermDocuments
	State           pika.KeywordState
}

var corpora = []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages}

// lookUp asks for all of it, and of every user.
func lookUp(t *testing.T, db *postgres.DB, scopes ...pika.Scope) map[pika.Scope]map[pika.Corpus]found {
	t.Helper()
	all := map[pika.Scope]map[pika.Corpus]found{}
	for _, scope := range scopes {
		all[scope] = map[pika.Corpus]found{}
		for _, corpus := range corpora {
			all[scope][corpus] = lookUpIn(t, db, scope, corpus)
		}
	}
	return all
}

var likedDish = keyword.Query("phở liked 3 n17 n903")

func lookUpIn(t *testing.T, db *postgres.DB, scope pika.Scope, corpus pika.Corpus) (f found) {
	t.Helper()
	var errs [4]error
	dog := pika.KeywordQuery{{{Term: "~dog", Weight: 1}}}
	f.Words, errs[0] = db.SearchKeyword(t.Context(), scope, corpus, likedDish, pika.MaxKeywordLimit)
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

// olderTerms are statements that leave the postings of a time when terms were words as
// they are written.
var olderTerms = []string{allTenants, "DELETE FROM postings WHERE term LIKE '~%'", "UPDATE postings SET term = 'likes' WHERE term = 'like'"}

// outdated are statements that leave what an older program wrote.
var outdated = append(slices.Clone(olderTerms), "UPDATE keyword_statistics SET version = 0")

// TestRebuild migrates a database whose facts and messages are indexed by older terms, of
// any length.
func TestRebuild(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	fillIndexes(t, db, alice, 2300)
	fillIndexes(t, db, mallory, 10)
	want := lookUp(t, db, alice, mallory)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, url, olderTerms...)
	run(t, url, allTenants,
		"INSERT INTO postings (scope, corpus, term, first, tenant, block) VALUES ('"+alice.ID()+"', 2, repeat('x', 300), 1, 'acme', '\\x010000')",
		"DROP MATERIALIZED VIEW popular_searches", "DROP FUNCTION refresh_popular_searches(bigint), decayed(double precision, bigint)",
		"DROP TABLE query_cache, answer_ttls", "ALTER TABLE scopes DROP COLUMN asked_at",
		"DROP TABLE changes", "DROP INDEX keyword_statistics_version", "ALTER TABLE keyword_statistics DROP COLUMN version", "DELETE FROM goose_db_version WHERE version_id > 2")
	for _, before := range []int64{2, 5} { // the second time there is nothing to do
		if from, to, err := postgres.Migrate(t.Context(), url); from != before || to != 5 || err != nil {
			t.Fatalf("Migrate = %d, %d, %v; want from %d to 5", from, to, err, before)
		}
	}
	db = open(t, url)
	defer db.Close()
	if diff := cmp.Diff(want, lookUp(t, db, alice, mallory)); diff != "" {
		t.Errorf("after the migration is found (-want +got):\n%s", diff)
	}
	conn := connect(t, url)
	transact(t, conn, allTenants, func(tx pgx.Tx) {
		if n := count(t, tx, "keyword_statistics WHERE version <> "+fmt.Sprint(keyword.Version)); n != 0 {
			t.Errorf("%d indexes have terms of another version", n)
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
	for _, corpus := range corpora {
		t.Run(string(corpus), func(t *testing.T) {
			t.Parallel()
			testRebuildGoesOn(t, corpus)
		})
	}
}

func testRebuildGoesOn(t *testing.T, corpus pika.Corpus) {
	url := own(t)
	db := open(t, url)
	defer db.Close()
	fillIndexes(t, db, alice, 1200)
	fillIndexes(t, db, mallory, 10)
	want := lookUp(t, db, alice, mallory)
	run(t, url, outdated...)
	const most = 5_000_000_000 // of no document
	damage := fmt.Sprintf("UPDATE %[1]s SET document = document + %[2]d WHERE tenant = 'acme' AND document = (SELECT max(document) FROM %[1]s WHERE tenant = 'acme')",
		corpus, most)
	run(t, url, allTenants, damage)
	ofAlice := func() []pika.TermDocuments {
		terms, err := db.Vocabulary(t.Context(), alice, corpus, pika.MaxVocabulary)
		if err != nil {
			t.Fatal(err)
		}
		return terms
	}
	before := ofAlice()
	if _, _, err := postgres.Migrate(t.Context(), url); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%s of the scope %s", corpus, alice.ID())) {
		t.Fatalf("Migrate over a damaged document = %v; want it to name the scope and the corpus", err)
	}
	if diff := cmp.Diff(before, ofAlice()); diff != "" {
		t.Errorf("terms that were to be rebuilt (-want +got):\n%s", diff)
	}
	run(t, url, allTenants, fmt.Sprintf("UPDATE %s SET document = document - %d WHERE document > %[2]d", corpus, most))
	if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lookUp(t, db, alice, mallory)); diff != "" {
		t.Errorf("after the second run is found (-want +got):\n%s", diff)
	}
}

// TestRebuildUnderLoad rebuilds twice at once while the users search and write. A search
// sees an index whole, the former one or the new one.
func TestRebuildUnderLoad(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	defer db.Close()
	fillIndexes(t, db, alice, 1500)
	fillIndexes(t, db, mallory, 1500)
	search := func() (hits []pika.Scored) {
		hits, err := db.SearchKeyword(t.Context(), mallory, pika.CorpusFacts, likedDish, pika.MaxKeywordLimit)
		if err != nil {
			t.Errorf("a search during the rebuild = %v", err)
		}
		return hits
	}
	after := search()
	run(t, url, outdated...)
	before := search()
	if cmp.Equal(before, after) {
		t.Fatal("older terms find the same: the test proves nothing")
	}
	rebuildUnderLoad(t, url, func(int) {
		if got := search(); !cmp.Equal(got, before) && !cmp.Equal(got, after) {
			t.Errorf("a search during the rebuild finds neither what the former index holds nor the new one (-new +got):\n%s", cmp.Diff(after, got))
		}
	}, func(i int) { writeSome(t, db, i) })
	for _, scope := range []pika.Scope{alice, mallory} {
		wantVocabularies(t, db, scope)
	}
}

// writeSome writes, deletes and replaces as alice.
func writeSome(t *testing.T, db *postgres.DB, i int) {
	job := fmt.Sprint("late", i)
	facts := someFacts(alice, job, 3)
	if _, err := db.Commit(t.Context(), alice, pika.Commit{JobID: job, Facts: facts, At: noon}); err != nil {
		t.Errorf("Commit during the rebuild = %v", err)
	}
	if _, err := db.Delete(t.Context(), alice.Tenant, facts[1].ID, noon); err != nil {
		t.Errorf("Delete during the rebuild = %v", err)
	}
	if err := db.PutMessages(t.Context(), alice, someMessages(alice, 10*i%500, 3, job)); err != nil {
		t.Errorf("PutMessages during the rebuild = %v", err)
	}
}

// rebuildUnderLoad migrates twice at once, and does the others again and again meanwhile.
func rebuildUnderLoad(t *testing.T, url string, others ...func(i int)) {
	t.Helper()
	var migrations, users sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		migrations.Go(func() {
			if _, _, err := postgres.Migrate(t.Context(), url); err != nil {
				t.Errorf("Migrate = %v", err)
			}
		})
	}
	for _, f := range others {
		users.Go(func() {
			for i := 0; ; i++ {
				f(i)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	migrations.Wait()
	close(done)
	users.Wait()
}

// wantVocabularies compares a user's indexes with the terms of the texts they are made of.
func wantVocabularies(t *testing.T, db *postgres.DB, scope pika.Scope) {
	t.Helper()
	for corpus, texts := range map[pika.Corpus][]string{pika.CorpusFacts: factTexts(t, db, scope), pika.CorpusMessages: messageTexts(t, db, scope)} {
		counts := map[string]int{}
		for _, s := range texts {
			for _, term := range keyword.Count(s).Terms {
				counts[term.Term]++
			}
		}
		var want []pika.TermDocuments
		for _, term := range slices.Sorted(maps.Keys(counts)) {
			want = append(want, pika.TermDocuments{Term: term, Documents: counts[term]})
		}
		if diff := cmp.Diff(want, lookUpIn(t, db, scope, corpus).Vocabulary); diff != "" {
			t.Errorf("the vocabulary of the %s of %v (-their texts' +their index'):\n%s", corpus, scope, diff)
		}
	}
}

func factTexts(t *testing.T, db *postgres.DB, scope pika.Scope) (texts []string) {
	t.Helper()
	request := pika.PageRequest{Limit: pika.MaxPageLimit}
	for {
		page, err := db.List(t.Context(), scope, pika.ListFacts{IncludeSuperseded: true}, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Items {
			texts = append(texts, f.Text)
		}
		if request.Cursor = page.Next; page.Next == "" {
			return texts
		}
	}
}

// messageTexts returns the texts of the messages that someMessages makes.
func messageTexts(t *testing.T, db *postgres.DB, scope pika.Scope) (texts []string) {
	t.Helper()
	var keys []string
	for _, m := range someMessages(scope, 0, pika.MaxPageLimit, "") {
		keys = append(keys, m.Key)
	}
	messages, err := db.GetMessages(t.Context(), scope, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		texts = append(texts, m.SearchText())
	}
	return texts
}
