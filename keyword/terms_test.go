package keyword_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for document, want := range map[string][]keyword.TermCount{
		"":                 nil,
		"?!":               nil,
		"b a B":            {{Term: "a", Count: 1}, {Term: "b", Count: 2}},
		"khuyu khuỵu":      {{Term: "=khuỵu", Count: 1}, {Term: "khuyu", Count: 2}},
		"naïve naivete":    {{Term: "=naïve", Count: 1}, {Term: "naiv", Count: 1}, {Term: "naivet", Count: 1}},
		"camped Camping":   {{Term: "camp", Count: 2}, {Term: "~camping", Count: 1}},
		"my dogs, a puppy": {{Term: "a", Count: 1}, {Term: "dog", Count: 1}, {Term: "my", Count: 1}, {Term: "puppi", Count: 1}, {Term: "~dog", Count: 1}},
		"東京都 is 東京":        {{Term: "is", Count: 1}, {Term: "京都", Count: 1}, {Term: "東京", Count: 2}},
	} {
		got := keyword.Count(document)
		if diff := cmp.Diff(want, got.Terms); diff != "" {
			t.Errorf("Count(%q) (-want +got):\n%s", document, diff)
		}
		if words := uint32(len(text.Terms(document))); got.Length != words {
			t.Errorf("Count(%q) has length %d; want %d", document, got.Length, words)
		}
	}
}

// concepts returns the terms of a text that begin as concepts do.
func concepts(s string) (found []string) {
	for _, c := range keyword.Count(s).Terms {
		if strings.HasPrefix(c.Term, "~") {
			found = append(found, c.Term)
		}
	}
	return found
}

// TestConceptsOfAllLetters checks of every character, alone and within a word, that it
// forges no concept.
func TestConceptsOfAllLetters(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, term := range text.Terms(string(r) + " ~" + string(r) + "q") {
			if strings.HasPrefix(keyword.Term(term), "~") {
				t.Errorf("U+%04X gives the term %q", r, keyword.Term(term))
			}
		}
	}
}

// FuzzCount checks that no text gives a term like a concept but by naming it, and that the
// query of a text has the document's terms and no others.
func FuzzCount(f *testing.F) {
	f.Add("~dog ～cat ˜tea con ~dog cua toi o nha")
	f.Add("I have a puppy, tôi có một con cún")
	f.Fuzz(func(t *testing.T, s string) {
		if diff := cmp.Diff(lexicon.Concepts(s), concepts(s)); diff != "" {
			t.Errorf("concepts of %q (-want +got):\n%s", s, diff)
		}
		d, query := keyword.Count(s), keyword.QueryTerms(keyword.Query(s))
		var words []string
		var length uint32
		for i, c := range d.Terms {
			if i > 0 && d.Terms[i-1].Term >= c.Term {
				t.Errorf("%q: %q stands after %q", s, c.Term, d.Terms[i-1].Term)
			}
			if c.Term == "" || len(c.Term) > pika.MaxTermBytes || strings.ContainsAny(c.Term, " \n") {
				t.Errorf("%q gives the term %q", s, c.Term)
			}
			if !strings.HasPrefix(c.Term, "~") {
				words, length = append(words, c.Term), length+c.Count
			}
		}
		if length != d.Length {
			t.Errorf("%q has %d words and the length %d", s, length, d.Length)
		}
		if diff := cmp.Diff(words, query); diff != "" && len(words) <= pika.MaxKeywordGroups {
			t.Errorf("terms of the query of %q (-document's +query's):\n%s", s, diff)
		}
	})
}

func TestQuery(t *testing.T) {
	t.Parallel()
	want := pika.KeywordQuery{{{Term: "=phở", Weight: 1}}, {{Term: "cat", Weight: 1}}, {{Term: "pho", Weight: 1}}}
	if diff := cmp.Diff(want, keyword.Query("Phở cat phở CATS pho")); diff != "" {
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

// BenchmarkCount counts a fact of usual length.
func BenchmarkCount(b *testing.B) {
	for name, s := range map[string]string{
		"english":    "Linh's younger daughter takes an antihistamine for her pollen allergy every morning in spring",
		"vietnamese": "Con gái út của Linh uống thuốc dị ứng phấn hoa vào mỗi buổi sáng mùa xuân",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				keyword.Count(s)
			}
		})
	}
}
