package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/sqlite"
	"github.com/pikamem/pika/text"
)

// vocabulary mixes scripts, words that differ in their marks alone, and words in two
// Unicode forms.
var vocabulary = strings.Fields(`tôi thích phở bún chả sống ở Hà Nội Đà Nẵng Huế mèo tên Mướp con chó làm việc tại công ty
	toi thich pho song o Ha Noi Da Nang meo mua mưa mùa múa
	to` + "\u0302" + `i pho` + "\u031b\u0309" + ` the cat lives in Paris with Linh and likes coffee tea straße München naïve resume résumé
	東京に住んでいます 猫が好き 寿司を食べる 北京 上海 我喜欢喝茶 ฉันอยู่กรุงเทพ ชอบกินข้าว แมว 서울에 살아요 Пушкин любит кошек שלום 😀 x-ray 3.14 user@example.com C++`)

// phrase draws words, few of them often and most of them seldom; every other phrase has
// its marks stripped, as people type.
func phrase(random *rand.Rand, n int) string {
	zipf := rand.NewZipf(random, 1.2, 3, uint64(len(vocabulary)-1))
	words := make([]string, n)
	for i := range words {
		words[i] = vocabulary[zipf.Uint64()]
	}
	s := strings.Join(words, " ")
	if random.IntN(4) == 0 {
		s = text.Fold(s)
	}
	return s
}

// TestRankingOfSQLite writes the same corpus to PostgreSQL and to SQLite, with deletions and replaced messages, and compares every hit of many searches, plain ones and
// weighted groups: ids, order, and scores to the last bit. It compares the vocabularies
// and the states of the corpora too.
func TestRankingOfSQLite(t *testing.T) {
	t.Parallel()
	real := open(t, database(t, t.TempDir()))
	defer real.Close()
	embedded, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pika.db"), sqlite.Options{Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	random := rand.New(rand.NewPCG(2026, 11))
	w := corpusWriter{t: t, random: random, stores: []pikatest.Truth{real, embedded}}
	bob := pika.Scope{Tenant: "acme", User: "bob"}
	for round := range 12 {
		w.commit(alice, fmt.Sprint("j", round), 60)
		w.commit(bob, fmt.Sprint("j", round), 5)
		w.put(alice, 40)
		w.delete(alice, 12)
		w.compare(alice, pika.CorpusFacts, 25)
		w.compare(alice, pika.CorpusMessages, 25)
	}
	w.compare(bob, pika.CorpusFacts, 10)
	if w.hits < 5000 {
		t.Errorf("only %d hits were compared: the test proves little", w.hits)
	}
	t.Logf("%d searches with %d hits are equal", w.searches, w.hits)
}

// corpusWriter does the same to several stores.
type corpusWriter struct {
	t      *testing.T
	random *rand.Rand
	stores []pikatest.Truth

	facts          map[pika.Scope][]string // ids of live facts
	searches, hits int
}

func (w *corpusWriter) each(f func(pikatest.Truth) error) {
	w.t.Helper()
	for _, s := range w.stores {
		if err := f(s); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *corpusWriter) commit(scope pika.Scope, job string, n int) {
	w.t.Helper()
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = claim(scope, job, i, phrase(w.random, 1+w.random.IntN(20)))
		facts[i].ContentHash = facts[i].Text // some repeat, and are no documents of their own
	}
	var all [][]pika.FactOutcome
	w.each(func(s pikatest.Truth) error {
		outcomes, err := s.Commit(w.t.Context(), scope, pika.Commit{JobID: job, Facts: facts, At: noon})
		all = append(all, outcomes)
		return err
	})
	if diff := cmp.Diff(all[1], all[0]); diff != "" {
		w.t.Fatalf("outcomes differ (-sqlite +postgres):\n%s", diff)
	}
	if w.facts == nil {
		w.facts = map[pika.Scope][]string{}
	}
	for _, o := range all[0] {
		if o.Outcome == pika.Stored {
			w.facts[scope] = append(w.facts[scope], o.FactID)
		}
	}
}

// put writes messages, of which some replace ones that are there.
func (w *corpusWriter) put(scope pika.Scope, n int) {
	w.t.Helper()
	messages := make([]pika.StoredMessage, n)
	for i := range messages {
		id := fmt.Sprint("m", w.random.IntN(200))
		content := phrase(w.random, w.random.IntN(30))
		messages[i] = pika.StoredMessage{
			Key: pika.MessageKey(scope, "c", id), ConversationID: "c", MessageID: id, Role: pika.RoleUser,
			Name: []string{"", "Linh", "Đức"}[w.random.IntN(3)], Content: content, ContentHash: content, At: noon,
		}
	}
	w.each(func(s pikatest.Truth) error { return s.PutMessages(w.t.Context(), scope, messages) })
}

func (w *corpusWriter) delete(scope pika.Scope, n int) {
	w.t.Helper()
	for range n {
		ids := w.facts[scope]
		i := w.random.IntN(len(ids))
		w.each(func(s pikatest.Truth) error {
			_, err := s.Delete(w.t.Context(), scope.Tenant, ids[i], noon)
			return err
		})
		w.facts[scope] = slices.Delete(ids, i, i+1)
	}
}

func (w *corpusWriter) compare(scope pika.Scope, corpus pika.Corpus, n int) {
	w.t.Helper()
	for range n {
		words, limit := phrase(w.random, 1+w.random.IntN(6)), []int{1, 10, 50, pika.MaxKeywordLimit}[w.random.IntN(4)]
		for _, query := range []pika.KeywordQuery{keyword.Query(words), w.groups(words)} {
			hits := same(w, fmt.Sprintf("SearchKeyword(%s, %v, %d)", corpus, query, limit), func(s pikatest.Truth) ([]pika.Scored, error) {
				return s.SearchKeyword(w.t.Context(), scope, corpus, query, limit)
			})
			w.searches++
			w.hits += len(hits)
		}
	}
	for _, limit := range []int{1, 20, 100, pika.MaxVocabulary} {
		same(w, fmt.Sprintf("Vocabulary(%s, %d)", corpus, limit), func(s pikatest.Truth) ([]pika.TermDocuments, error) {
			return s.Vocabulary(w.t.Context(), scope, corpus, limit)
		})
	}
	same(w, "KeywordState", func(s pikatest.Truth) (pika.KeywordState, error) { return s.KeywordState(w.t.Context(), scope) })
}

// groups makes a group of each word: the word itself, other words and concepts, with
// weights up to the limit.
func (w *corpusWriter) groups(words string) pika.KeywordQuery {
	concepts := []string{"~cat", "~dog", "~coffee", "~da_nang", "~beef_noodle_soup", "~nothing"}
	var query pika.KeywordQuery
	for _, word := range strings.Fields(words) {
		terms := keyword.QueryTerms(keyword.Query(word + " " + phrase(w.random, w.random.IntN(5))))
		if w.random.IntN(2) == 0 {
			terms = append(terms, concepts[w.random.IntN(len(concepts))])
		}
		var group []pika.Alternative
		for _, term := range terms {
			group = append(group, pika.Alternative{Term: term, Weight: (1 - w.random.Float64()) * pika.MaxTermWeight})
		}
		query = append(query, group)
	}
	return query
}

// same asks every store and reports an answer that differs from PostgreSQL's.
func same[T any](w *corpusWriter, what string, ask func(pikatest.Truth) (T, error)) T {
	w.t.Helper()
	var all []T
	w.each(func(s pikatest.Truth) error {
		answer, err := ask(s)
		all = append(all, answer)
		return err
	})
	if diff := cmp.Diff(all[1], all[0]); diff != "" {
		w.t.Fatalf("%s differs (-sqlite +postgres):\n%s", what, diff)
	}
	return all[0]
}
