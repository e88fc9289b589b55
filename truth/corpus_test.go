package truth_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

func TestCheckSearch(t *testing.T) {
	t.Parallel()
	one := func(term string, weight float64) pika.KeywordQuery {
		return pika.KeywordQuery{{{Term: term, Weight: weight}}}
	}
	groups := func(n, alternatives int) pika.KeywordQuery {
		return slices.Repeat(pika.KeywordQuery{slices.Repeat([]pika.Alternative{{Term: "tea", Weight: 1}}, alternatives)}, n)
	}
	longest := strings.Repeat("a", pika.MaxTermBytes)
	for name, query := range map[string]pika.KeywordQuery{
		"none": nil, "an empty group": {{}}, "the longest term": one(longest, 1), "the highest weight": one("tea", pika.MaxTermWeight),
		"a low weight": one("tea", math.SmallestNonzeroFloat64), "most groups": groups(pika.MaxKeywordGroups, 4), "most terms": groups(1, pika.MaxKeywordTerms),
	} {
		if key, err := truth.CheckSearch(pika.CorpusMessages, query, 1); err != nil || truth.CorpusOf(key) != pika.CorpusMessages {
			t.Errorf("CheckSearch of %s = %d, %v", name, key, err)
		}
	}
	for name, query := range map[string]pika.KeywordQuery{
		"an empty term": one("", 1), "a long term": one(longest+"a", 1), "no weight": one("tea", 0), "a negative weight": one("tea", -1),
		"a high weight": one("tea", math.Nextafter(pika.MaxTermWeight, 9)), "no number": one("tea", math.NaN()), "infinity": one("tea", math.Inf(1)),
		"many groups": groups(pika.MaxKeywordGroups+1, 0), "many terms": groups(2, pika.MaxKeywordTerms/2+1),
	} {
		if _, err := truth.CheckSearch(pika.CorpusFacts, query, 1); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("CheckSearch of %s = %v; want invalid", name, err)
		}
	}
	for _, c := range []struct {
		corpus pika.Corpus
		limit  int
	}{{"letters", 1}, {pika.CorpusFacts, 0}, {pika.CorpusFacts, pika.MaxKeywordLimit + 1}} {
		if _, err := truth.CheckSearch(c.corpus, one("tea", 1), c.limit); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("CheckSearch(%s, %d) = %v; want invalid", c.corpus, c.limit, err)
		}
	}
}

func TestCheckVocabulary(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, pika.MaxVocabulary} {
		if key, err := truth.CheckVocabulary(pika.CorpusFacts, limit); err != nil || key != truth.FactsKey {
			t.Errorf("CheckVocabulary(%d) = %d, %v", limit, key, err)
		}
	}
	for _, limit := range []int{-1, 0, pika.MaxVocabulary + 1} {
		if _, err := truth.CheckVocabulary(pika.CorpusFacts, limit); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("CheckVocabulary(%d) = %v; want invalid", limit, err)
		}
	}
	if _, err := truth.CheckVocabulary("letters", 1); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("CheckVocabulary of an unknown corpus = %v; want invalid", err)
	}
}
