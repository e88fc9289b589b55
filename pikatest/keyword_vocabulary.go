package pikatest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
)

func vocabulary(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, limit int) []pika.TermDocuments {
	t.Helper()
	terms, err := truth.Vocabulary(t.Context(), scope, corpus, limit)
	if err != nil {
		t.Fatalf("Vocabulary(%s, %d) = %v", corpus, limit, err)
	}
	return terms
}

func testVocabulary(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j", "blorp blorp and dogs", "trà and blorp")
	corpus(t, truth, bob, "j", "blorp", "zebra")
	put(t, truth, alice, said(alice, "m1", "khuỵu and blorp"), said(alice, "m2", "blorp"))
	facts := []pika.TermDocuments{
		{Term: "=trà", Documents: 1},
		{Term: "and", Documents: 2},
		{Term: "blorp", Documents: 2},
		{Term: "dog", Documents: 1},
		{Term: "tra", Documents: 1},
		{Term: "~dog", Documents: 1},
		{Term: "~tea", Documents: 1},
	}
	wantSame(t, "the facts' terms", vocabulary(t, truth, alice, pika.CorpusFacts, pika.MaxVocabulary), facts)
	wantSame(t, "as many as there are", vocabulary(t, truth, alice, pika.CorpusFacts, len(facts)), facts)
	wantSame(t, "five", vocabulary(t, truth, alice, pika.CorpusFacts, 5), facts[:5])
	wantSame(t, "two", vocabulary(t, truth, alice, pika.CorpusFacts, 2), facts[1:3])
	wantSame(t, "one", vocabulary(t, truth, alice, pika.CorpusFacts, 1), facts[1:2])
	wantSame(t, "the messages' terms", vocabulary(t, truth, alice, pika.CorpusMessages, 99), []pika.TermDocuments{
		{Term: "=khuỵu", Documents: 1}, {Term: "and", Documents: 1}, {Term: "blorp", Documents: 2}, {Term: "khuyu", Documents: 1}, {Term: "linh", Documents: 2},
	})
	wantSame(t, "another user's", vocabulary(t, truth, bob, pika.CorpusFacts, 99), []pika.TermDocuments{{Term: "blorp", Documents: 1}, {Term: "zebra", Documents: 1}})
	wantSame(t, "another tenant's", vocabulary(t, truth, mallory, pika.CorpusFacts, 99), []pika.TermDocuments{})
	wantSame(t, "another user's messages", vocabulary(t, truth, bob, pika.CorpusMessages, 99), []pika.TermDocuments{})
}

// testVocabularyOfMany reads more terms than a store reads at once, some of them in more
// documents than one block holds.
func testVocabularyOfMany(t *testing.T, truth Truth) {
	const facts, each = 700, 8
	counts := map[string]int{}
	texts := make([]string, facts)
	for i := range texts {
		words := []string{"common", fmt.Sprint("third", i%3)}
		for j := range each {
			words = append(words, fmt.Sprintf("w%dn%d", i, j))
		}
		for _, w := range words {
			counts[w]++
		}
		texts[i] = strings.Join(words, " ")
	}
	corpus(t, truth, alice, "j1", texts[:400]...)
	corpus(t, truth, alice, "j2", texts[400:]...)
	want := make([]pika.TermDocuments, 0, len(counts))
	for term, n := range counts {
		want = append(want, pika.TermDocuments{Term: term, Documents: n})
	}
	byTerm := func(a, b pika.TermDocuments) int { return cmp.Compare(a.Term, b.Term) }
	slices.SortFunc(want, byTerm)
	wantSame(t, "all terms", vocabulary(t, truth, alice, pika.CorpusFacts, pika.MaxVocabulary), want)
	slices.SortStableFunc(want, func(a, b pika.TermDocuments) int { return cmp.Compare(b.Documents, a.Documents) })
	for _, limit := range []int{1, 3, 1000, len(want) - 1} {
		most := slices.Clone(want[:limit])
		slices.SortFunc(most, byTerm)
		wantSame(t, fmt.Sprintf("%d terms", limit), vocabulary(t, truth, alice, pika.CorpusFacts, limit), most)
	}
}

// testVocabularyAfterDeletes checks that a deletion leaves the vocabulary that a corpus
// would have had without the fact, and the last one nothing.
func testVocabularyAfterDeletes(t *testing.T, truth Truth) {
	var facts []pika.Fact
	for i := range 160 {
		facts = append(facts, claim(alice, "j", i, fmt.Sprintf("common n%d trà%d %s", i%7, i, []string{"dog", "con mèo"}[i%2])))
	}
	commit(t, truth, alice, "j", facts...)
	var kept []pika.Fact
	for i, f := range facts {
		if i%4 == 0 {
			f.ID = pika.FactID(bob, "j", 0, i)
			kept = append(kept, f)
			continue
		}
		remove(t, truth, f.ID)
	}
	commit(t, truth, bob, "j", kept...)
	wantSame(t, "the vocabulary beside a user who had only the facts kept",
		vocabulary(t, truth, alice, pika.CorpusFacts, 999), vocabulary(t, truth, bob, pika.CorpusFacts, 999))
	for i := 0; i < len(facts); i += 4 {
		remove(t, truth, facts[i].ID)
	}
	wantSame(t, "the vocabulary of no facts", vocabulary(t, truth, alice, pika.CorpusFacts, 999), []pika.TermDocuments{})
}

func testVocabularyLimits(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j", "tea")
	for _, limit := range []int{-1, 0, pika.MaxVocabulary + 1} {
		_, err := truth.Vocabulary(t.Context(), alice, pika.CorpusFacts, limit)
		wantCode(t, fmt.Sprintf("Vocabulary with limit %d", limit), err, pika.Invalid)
	}
	_, err := truth.Vocabulary(t.Context(), alice, "letters", 1)
	wantCode(t, "Vocabulary of an unknown corpus", err, pika.Invalid)
}
