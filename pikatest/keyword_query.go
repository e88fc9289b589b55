package pikatest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
)

// group makes a group of alternatives of descending weights: 1, 1/2, 1/3, ….
func group(terms ...string) []pika.Alternative {
	alternatives := make([]pika.Alternative, len(terms))
	for i, term := range terms {
		alternatives[i] = pika.Alternative{Term: term, Weight: 1 / float64(i+1)}
	}
	return alternatives
}

// testKeywordGroups compares weighted groups, to the last bit, with the rule applied to
// the scores of single terms.
func testKeywordGroups(t *testing.T, truth Truth) {
	corpus(t, truth, alice, "j",
		"cat", "dog", "cat dog", "a cat and a cat and a kitten", "kitten", "kitten kitten", "the dog likes the pup", "pup",
		"con mèo", "mèo con và chó con", "nothing of it", "cat", "cat",
	)
	heavy := []pika.Alternative{{Term: "cat", Weight: pika.MaxTermWeight}, {Term: "cat", Weight: 0.001}, {Term: "dog", Weight: 0.3}}
	for name, query := range map[string]pika.KeywordQuery{
		"one term":                 {group("cat")},
		"one group":                {group("cat", "kitten", "meo")},
		"two groups":               {group("cat", "kitten", "meo"), group("pup", "dog")},
		"a term in two groups":     {group("cat", "dog"), group("dog", "cat"), group("cat")},
		"weights up to the limit":  {heavy, group("kitten")},
		"exact and folded":         {group("=mèo", "meo"), group("=chó", "cho")},
		"words and concepts":       {group("cat", "~cat"), group("~dog"), group("~cat", "cho", "~dog")},
		"unknown terms":            {group("zebra", "cat"), group("zebra"), group("gnu", "zebra")},
		"nothing but unknown ones": {group("zebra", "gnu")},
		"an empty group":           {nil, group("cat"), {}},
		"nothing":                  nil,
		"not what a text gives":    {group("cat dog", "CAT", "\xff", "cat\x00", "'; --")},
	} {
		want := byRule(t, truth, query)
		for _, limit := range []int{1, 3, pika.MaxKeywordLimit} {
			got := asked(t, truth, alice, pika.CorpusFacts, query, limit)
			wantSame(t, fmt.Sprintf("%s, %d hits", name, limit), got, want[:min(limit, len(want))])
		}
	}
}

// byRule works a query out from the hits of its terms alone.
func byRule(t *testing.T, truth Truth, query pika.KeywordQuery) []pika.Scored {
	t.Helper()
	total := map[string]float64{}
	for _, group := range query {
		best := map[string]float64{}
		for _, a := range group {
			alone := pika.KeywordQuery{{{Term: a.Term, Weight: 1}}}
			for _, h := range asked(t, truth, alice, pika.CorpusFacts, alone, pika.MaxKeywordLimit) {
				best[h.ID] = max(best[h.ID], a.Weight*h.Score)
			}
		}
		for id, score := range best {
			total[id] += score
		}
	}
	hits := make([]pika.Scored, 0, len(total))
	for id, score := range total {
		hits = append(hits, pika.Scored{ID: id, Score: score})
	}
	slices.SortFunc(hits, func(a, b pika.Scored) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return hits
}

func testKeywordQueryLimits(t *testing.T, truth Truth) {
	ids := corpus(t, truth, alice, "j", "tea")
	many := func(groups, alternatives int) pika.KeywordQuery {
		query := make(pika.KeywordQuery, groups)
		for i := range query {
			for j := range alternatives {
				query[i] = append(query[i], pika.Alternative{Term: fmt.Sprintf("t%dn%d", i, j), Weight: 1})
			}
		}
		query[0][0].Term = "tea"
		return query
	}
	longest := strings.Repeat("é", pika.MaxTermBytes/2)
	for name, query := range map[string]pika.KeywordQuery{
		"most groups and terms": many(pika.MaxKeywordGroups, pika.MaxKeywordTerms/pika.MaxKeywordGroups),
		"most terms of a group": many(1, pika.MaxKeywordTerms),
		"the longest term":      {group("tea", longest)},
		"the highest weight":    {{{Term: "tea", Weight: pika.MaxTermWeight}}},
	} {
		if hits := asked(t, truth, alice, pika.CorpusFacts, query, 9); len(hits) != 1 || hits[0].ID != ids[0] {
			t.Errorf("%s: hits %v", name, hits)
		}
	}
	for name, query := range map[string]pika.KeywordQuery{
		"too many groups": many(pika.MaxKeywordGroups+1, 1),
		"too many terms":  many(2, pika.MaxKeywordTerms/2+1),
		"a term too long": {group("tea", longest+"e")},
		"an empty term":   {group("tea"), group("")},
		"weight 0":        {{{Term: "tea"}}},
		"a weight below":  {{{Term: "tea", Weight: -1}}},
		"a weight above":  {{{Term: "tea", Weight: math.Nextafter(pika.MaxTermWeight, 9)}}},
		"no number":       {{{Term: "tea", Weight: math.NaN()}}},
	} {
		for _, scope := range []pika.Scope{alice, bob} { // one who has facts, one who has none
			_, err := truth.SearchKeyword(t.Context(), scope, pika.CorpusFacts, query, 9)
			wantCode(t, name, err, pika.Invalid)
		}
	}
}

// testKeywordLongWords writes what is one word of thousands of letters: it is kept, found
// by itself alone, and leaves nothing behind.
func testKeywordLongWords(t *testing.T, truth Truth) {
	long := func(n int) string {
		digits := make([]byte, n)
		for i, state := 0, uint32(n); i < n; i++ {
			state = state*1664525 + 1013904223
			digits[i] = "0123456789abcdef"[state>>28]
		}
		return string(digits)
	}
	for _, n := range []int{pika.MaxTermBytes, pika.MaxTermBytes + 1, 3000, 20_000} {
		m := said(alice, fmt.Sprint("m", n), "dump "+long(n))
		put(t, truth, alice, m)
		if n < pika.MaxQueryBytes {
			wantSame(t, fmt.Sprintf("search for a word of %d letters", n), search(t, truth, alice, pika.CorpusMessages, long(n)), []string{m.Key})
		}
	}
	wantSame(t, "search for a part", search(t, truth, alice, pika.CorpusMessages, long(3000)[:pika.MaxTermBytes]), []string{})
	for _, term := range vocabulary(t, truth, alice, pika.CorpusMessages, 99) {
		if len(term.Term) > pika.MaxTermBytes {
			t.Errorf("the vocabulary has a term of %d bytes", len(term.Term))
		}
	}
	for _, n := range []int{pika.MaxTermBytes, pika.MaxTermBytes + 1, 3000, 20_000} {
		put(t, truth, alice, said(alice, fmt.Sprint("m", n), "gone"))
	}
	wantSame(t, "terms that have postings", vocabulary(t, truth, alice, pika.CorpusMessages, 99),
		[]pika.TermDocuments{{Term: "gone", Documents: 4}, {Term: "linh", Documents: 4}})
}

// testKeywordState checks that a state changes with the documents of either corpus, and
// with nothing else, and that none comes back.
func testKeywordState(t *testing.T, truth Truth) {
	empty := keywordState(t, truth, alice)
	if empty == "" || empty != keywordState(t, truth, bob) {
		t.Errorf("the state of a user without documents = %q and %q", empty, keywordState(t, truth, bob))
	}
	seen := map[string]string{}
	changed := func(what string) {
		t.Helper()
		s := keywordState(t, truth, alice)
		if before, ok := seen[s]; ok {
			t.Errorf("the state after %s is that after %s", what, before)
		}
		seen[s] = what
		for range 2 {
			if again := keywordState(t, truth, alice); again != s {
				t.Errorf("the state after %s is %q and then %q", what, s, again)
			}
		}
	}
	changed("nothing")
	first := corpus(t, truth, alice, "j1", "one two")
	changed("a fact")
	second := corpus(t, truth, alice, "j2", "two three")
	changed("another of the same length")
	same := keywordState(t, truth, alice)
	commit(t, truth, alice, "j3", claim(alice, "j3", 0, "two three"))
	corpus(t, truth, bob, "j", "four")
	put(t, truth, bob, said(bob, "m1", "five"))
	if got := keywordState(t, truth, alice); got != same {
		t.Errorf("the state after a repetition and another's texts = %q; want %q", got, same)
	}
	remove(t, truth, second[0])
	changed("a deletion")
	third := corpus(t, truth, alice, "j4", "three two")
	changed("a fact in its place")
	remove(t, truth, first[0])
	changed("a second deletion")

	put(t, truth, alice, said(alice, "m1", "five"))
	changed("a message")
	put(t, truth, alice, said(alice, "m1", "nine"))
	changed("a message replaced by one as long")
	remove(t, truth, third[0])
	changed("the last fact's deletion")
	kept := said(alice, "m1", "")
	kept.ContentHash = "not kept"
	put(t, truth, alice, kept)
	if got := keywordState(t, truth, alice); got != empty {
		t.Errorf("the state after the last document = %q; want %q", got, empty)
	}
}

func keywordState(t *testing.T, truth Truth, scope pika.Scope) string {
	t.Helper()
	state, err := truth.KeywordState(t.Context(), scope)
	if err != nil {
		t.Fatalf("KeywordState = %v", err)
	}
	return state.Token
}

// remove deletes a fact of alice's that must be there.
func remove(t *testing.T, truth Truth, id string) {
	t.Helper()
	if _, err := truth.Delete(t.Context(), alice.Tenant, id, day(21)); err != nil {
		t.Fatalf("Delete(%s) = %v", id, err)
	}
}
