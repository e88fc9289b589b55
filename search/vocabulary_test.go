package search_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/search"
)

func someWords() *search.Vocabulary {
	return search.NewVocabulary(
		[]pika.TermDocuments{{Term: "=mướp", Documents: 2}, {Term: "camp", Documents: 1}, {Term: "muop", Documents: 2}, {Term: "pressur", Documents: 1}, {Term: "~cat", Documents: 9}},
		[]pika.TermDocuments{{Term: "=mượp", Documents: 1}, {Term: "=mướp", Documents: 5}, {Term: "muop", Documents: 6}, {Term: "43d1", Documents: 1}, {Term: "=nhà", Documents: 1}, {Term: "nha", Documents: 1}},
	)
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	v := someWords()
	if diff := cmp.Diff([]lexicon.Spelling{{Word: "mướp", Texts: 7}, {Word: "mượp", Texts: 1}}, v.Spellings("muop")); diff != "" {
		t.Errorf("spellings (-want +got):\n%s", diff)
	}
	for word, want := range map[string][]string{
		"cmap": {"camp"}, "caamp": {"camp"}, "cam": nil, "camq": {"camp"}, "presur": {"pressur"}, "43d2": nil, "cat": nil, "dog": nil, "": nil,
	} {
		if diff := cmp.Diff(want, v.Near(word)); diff != "" {
			t.Errorf("Near(%q) (-want +got):\n%s", word, diff)
		}
	}
	var none *search.Vocabulary
	if none.Holds("camp") || none.Near("cmap") != nil || none.Spellings("muop") != nil {
		t.Error("a nil vocabulary knows something")
	}
}

func TestKeywordQuery(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, question string
		want           pika.KeywordQuery
	}{
		{"a word counts, what holds the sentence together hardly", "the zebra", pika.KeywordQuery{{{Term: "the", Weight: 0.05}}, {{Term: "zebra", Weight: 1}}}},
		{"stems", "camping", pika.KeywordQuery{{{Term: "camp", Weight: 1}}}},
		{"a slip", "presure zebra", pika.KeywordQuery{{{Term: "presur", Weight: 1}, {Term: "pressur", Weight: 0.6}}, {{Term: "zebra", Weight: 1}}}},
		{"said twice", "zebra zebra", pika.KeywordQuery{{{Term: "zebra", Weight: 1}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := search.NewPlan(question(tt.question), someWords, epoch)
			p.Language, p.Weights.Concept = "en", 0
			if diff := cmp.Diff(tt.want, p.KeywordQuery(p.Text, someWords())); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

// A word with diacritics is asked as it stands first; the same letters otherwise count less.
func TestKeywordQueryOfVietnamese(t *testing.T) {
	t.Parallel()
	p := search.NewPlan(question("con mèo Mướp của tôi"), someWords, epoch)
	query := p.KeywordQuery(p.Text, someWords())
	weights := map[string]float64{}
	for _, group := range query {
		for _, a := range group {
			weights[a.Term] = a.Weight
		}
	}
	if weights["=mướp"] != 1 || weights["muop"] != 0.4 || weights["=của"] != 0.05 || weights["~cat"] != 1 {
		t.Errorf("weights %v", weights)
	}
}

// What the Telex keys would have written is found where the user's texts hold it.
func TestKeywordQueryOfTelex(t *testing.T) {
	t.Parallel()
	p := search.NewPlan(question("xe ở nhaf màu gì"), someWords, epoch)
	for _, group := range p.KeywordQuery(p.Text, someWords()) {
		if group[0].Term == "nhaf" {
			if len(group) < 2 || group[1].Term != "=nhà" {
				t.Errorf("group %v", group)
			}
			return
		}
	}
	t.Error("nhaf is not asked")
}

// A word longer than an index keeps is asked as it is indexed, not refused.
func TestKeywordQueryOfLongWords(t *testing.T) {
	t.Parallel()
	for _, word := range []string{strings.Repeat("x1", 300), strings.Repeat("ở", 300)} {
		p := search.NewPlan(question(word), nil, epoch)
		for _, group := range p.KeywordQuery(p.Text, nil) {
			for _, a := range group {
				if len(a.Term) > pika.MaxTermBytes {
					t.Errorf("a term of %d bytes is asked", len(a.Term))
				}
			}
		}
	}
}
