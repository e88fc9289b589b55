package keyword_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for document, want := range map[string][]keyword.TermCount{
		"":           nil,
		"?!":         nil,
		"b a B":      {{Term: "a", Count: 1}, {Term: "b", Count: 2}},
		"phở pho":    {{Term: "=phở", Count: 1}, {Term: "pho", Count: 2}},
		"Đà Nẵng đà": {{Term: "=nẵng", Count: 1}, {Term: "=đà", Count: 2}, {Term: "da", Count: 2}, {Term: "nang", Count: 1}},
		"東京都 is 東京":  {{Term: "is", Count: 1}, {Term: "京都", Count: 1}, {Term: "東京", Count: 2}},
	} {
		got := keyword.Count(document)
		if diff := cmp.Diff(want, got.Terms); diff != "" {
			t.Errorf("Count(%q) (-want +got):\n%s", document, diff)
		}
		var sum uint32
		for _, c := range want {
			sum += c.Count
		}
		if got.Length != sum {
			t.Errorf("Count(%q) has length %d; want %d", document, got.Length, sum)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	want := pika.KeywordQuery{{{Term: "=phở", Weight: 1}}, {{Term: "cat", Weight: 1}}, {{Term: "pho", Weight: 1}}}
	if diff := cmp.Diff(want, keyword.Query("Phở cat phở CAT pho")); diff != "" {
		t.Errorf("Query (-want +got):\n%s", diff)
	}
	if got := keyword.Query(" ?! "); len(got) != 0 {
		t.Errorf("the query of no words = %v", got)
	}
	var many strings.Builder
	for r := rune(0x4E00); r < 0x4E00+2000; r++ {
		many.WriteString(string(r) + " ")
	}
	if got := keyword.Query(many.String()); len(got) != pika.MaxKeywordGroups {
		t.Errorf("the query of 2,000 words has %d groups; want %d", len(got), pika.MaxKeywordGroups)
	}
}

func TestQueryTerms(t *testing.T) {
	t.Parallel()
	query := pika.KeywordQuery{{{Term: "tea"}, {Term: "cat"}}, nil, {{Term: "dog"}, {Term: "tea"}}}
	if diff := cmp.Diff([]string{"cat", "dog", "tea"}, keyword.QueryTerms(query)); diff != "" {
		t.Errorf("QueryTerms (-want +got):\n%s", diff)
	}
}

// TestLongWords: a word of any length is found by itself, and by no other that begins
// like it.
func TestLongWords(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, word := range map[string]string{
		"longest":        strings.Repeat("a", pika.MaxTermBytes),
		"longer":         strings.Repeat("a", pika.MaxTermBytes+1),
		"much longer":    strings.Repeat("a", 20_000),
		"another":        strings.Repeat("a", 20_000) + "b",
		"two bytes each": "x" + strings.Repeat("ж", 200),
		"with marks":     strings.Repeat("ế", 200),
	} {
		for _, group := range keyword.Query(word) {
			term := group[0].Term
			if len(term) > pika.MaxTermBytes || !utf8.ValidString(term) {
				t.Errorf("%s gives a term of %d bytes: %q", name, len(term), term)
			}
			if other, ok := seen[term]; ok {
				t.Errorf("%s and %s give the same term", name, other)
			}
			seen[term] = name
		}
		terms := keyword.Count(word).Terms
		if diff := cmp.Diff(keyword.Query(word)[0][0].Term, terms[0].Term); diff != "" {
			t.Errorf("%s: the query's term is not the document's:\n%s", name, diff)
		}
	}
}
