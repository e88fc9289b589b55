package keyword_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

func TestVocabulary(t *testing.T) {
	t.Parallel()
	var all []pika.TermDocuments
	for i := range 500 {
		all = append(all, pika.TermDocuments{Term: fmt.Sprintf("t%03d", i), Documents: 1 + i*7%11})
	}
	for _, limit := range []int{1, 2, 40, 249, 250, 251, 499, 500, 501, 9000} {
		v := keyword.NewVocabulary(limit)
		for _, want := range all {
			for n := want.Documents; n > 0; n -= 4 { // in blocks of four and fewer
				v.Add(want.Term, keyword.AppendBlock(nil, sequence(1, min(n, 4))))
			}
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b pika.TermDocuments) int { return b.Documents - a.Documents })
		want = want[:min(limit, len(want))]
		slices.SortFunc(want, func(a, b pika.TermDocuments) int { return strings.Compare(a.Term, b.Term) })
		if diff := cmp.Diff(want, v.Terms()); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
}

// TestVocabularyOfLargeNumbers: numbers of several bytes are counted as one each.
func TestVocabularyOfLargeNumbers(t *testing.T) {
	t.Parallel()
	v := keyword.NewVocabulary(1)
	v.Add("tea", keyword.AppendBlock(nil, []keyword.Posting{
		{Document: 1, Count: 1, Length: 1},
		{Document: 300, Count: 200, Length: 70_000},
		{Document: math.MaxUint32, Count: math.MaxUint32, Length: math.MaxUint32},
	}))
	if diff := cmp.Diff([]pika.TermDocuments{{Term: "tea", Documents: 3}}, v.Terms()); diff != "" {
		t.Errorf("vocabulary (-want +got):\n%s", diff)
	}
}
