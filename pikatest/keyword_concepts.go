package pikatest

import (
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// named asks for the documents that name a concept, in the order of their ids.
func named(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus, concept string) []string {
	t.Helper()
	ids := []string{}
	for _, h := range asked(t, truth, scope, corpus, pika.KeywordQuery{group(concept)}, 99) {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return ids
}

// conceptsOf returns the concepts that have postings.
func conceptsOf(t *testing.T, truth Truth, scope pika.Scope, corpus pika.Corpus) []pika.TermDocuments {
	t.Helper()
	return slices.DeleteFunc(vocabulary(t, truth, scope, corpus, pika.MaxVocabulary), func(term pika.TermDocuments) bool {
		return !strings.HasPrefix(term.Term, "~")
	})
}

func testKeywordStems(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j", "Linh camped by the lake", "two camps", "nothing of it", "Minh nghe nhạc")
	for query, want := range map[string][]string{
		"camping": ids[:2], "CAMPS": ids[:2], "lakes": ids[:1], "nothings": ids[2:3],
		"nghe": ids[3:], "nghes": nil, // a syllable of Vietnamese is a whole word
	} {
		got := search(t, truth, alice, pika.CorpusFacts, query)
		slices.Sort(got)
		wantSame(t, "search for "+query, got, slices.Sorted(slices.Values(want)))
	}
	m := said(alice, "m1", "we went hiking")
	put(t, truth, alice, m)
	wantSame(t, "search among messages", search(t, truth, alice, pika.CorpusMessages, "hikes"), []string{m.Key})
	remove(t, truth, ids[0])
	wantSame(t, "search after a deletion", search(t, truth, alice, pika.CorpusFacts, "camping"), ids[1:2])
}

// testConcepts checks that a question in one language finds what was said in the other,
// of one's own alone, and that nothing of it is left when the document is gone.
func testConcepts(t *testing.T, truth Truth) {
	questions := []string{"con cún", "chó", "a dog?"}
	for _, question := range questions {
		if !slices.Contains(keyword.Count(question).Terms, keyword.TermCount{Term: "~dog", Count: 1}) {
			t.Fatalf("%q does not name the concept of a dog", question)
		}
	}
	ids := corpus(t, truth, alice, "j", "I have a puppy", "con cún của tôi", "coffee", "blorp")
	m := said(alice, "m1", "cún ăn rồi")
	put(t, truth, alice, m)
	corpus(t, truth, bob, "j", "My dogs bark", "coffee")
	corpus(t, truth, mallory, "j", "chó")
	wantSame(t, "facts of a dog", named(t, truth, alice, pika.CorpusFacts, "~dog"), slices.Sorted(slices.Values(ids[:2])))
	wantSame(t, "messages of a dog", named(t, truth, alice, pika.CorpusMessages, "~dog"), []string{m.Key})
	wantSame(t, "another user's messages", named(t, truth, bob, pika.CorpusMessages, "~dog"), []string{})

	remove(t, truth, ids[0])
	wantSame(t, "facts after a deletion", named(t, truth, alice, pika.CorpusFacts, "~dog"), ids[1:2])
	remove(t, truth, ids[1])
	remove(t, truth, ids[2])
	wantSame(t, "concepts of facts after the last that named one", conceptsOf(t, truth, alice, pika.CorpusFacts), []pika.TermDocuments{})
	put(t, truth, alice, said(alice, "m1", "blorp"))
	wantSame(t, "concepts of messages after the last that named one", conceptsOf(t, truth, alice, pika.CorpusMessages), []pika.TermDocuments{})
	wantSame(t, "facts of another", len(named(t, truth, bob, pika.CorpusFacts, "~dog")), 1)
}

// testConceptsMakeNothingLonger compares scores of words in texts that name concepts with
// those in texts as long that name none.
func testConceptsMakeNothingLonger(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j", "blorp dog and coffee", "blorp blorp", "a cat", "blorp a phone, a house and a hospital")
	corpus(t, truth, bob, "j", "blorp xa and xb", "blorp blorp", "a xc", "blorp a xd, a xe and a xf")
	wantSame(t, "concepts of no words", conceptsOf(t, truth, bob, pika.CorpusFacts), []pika.TermDocuments{})
	for _, query := range []string{"blorp", "a", "blorp and"} {
		a, b := scored(t, truth, alice, pika.CorpusFacts, query, 9), scored(t, truth, bob, pika.CorpusFacts, query, 9)
		wantSame(t, "scores for "+query, sortedScores(a), sortedScores(b))
	}
}

// testForgedConcepts writes and asks texts that look like concepts: they are their words.
func testForgedConcepts(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j", "~dog", "~blorp", "～blorp ~~blorp _~blorp")
	wantSame(t, "terms", vocabulary(t, truth, alice, pika.CorpusFacts, 99), []pika.TermDocuments{
		{Term: "blorp", Documents: 2}, {Term: "dog", Documents: 1}, {Term: "~dog", Documents: 1},
	})
	wantSame(t, "documents of a forged concept", named(t, truth, alice, pika.CorpusFacts, "~blorp"), []string{})
	wantSame(t, "search for a word as if it were one", search(t, truth, alice, pika.CorpusFacts, "~dog"), ids[:1])
	other := corpus(t, truth, bob, "j", "con cún")
	wantSame(t, "a text that looks like a concept", search(t, truth, bob, pika.CorpusFacts, "~dog"), []string{})
	wantSame(t, "the concept", named(t, truth, bob, pika.CorpusFacts, "~dog"), other)
}
