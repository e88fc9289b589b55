package keyword_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika/keyword"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	added, s := keyword.Documents([]string{"tea", "tea milk tea"}, 7, keyword.Statistics{Documents: 3, TotalLength: 30})
	want := map[string][]keyword.Posting{
		"tea":  {{Document: 7, Count: 1, Length: 1}, {Document: 8, Count: 2, Length: 3}},
		"milk": {{Document: 8, Count: 1, Length: 3}},
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("postings (-want +got):\n%s", diff)
	}
	if want := (keyword.Statistics{Documents: 5, TotalLength: 34}); s != want {
		t.Errorf("statistics = %+v; want %+v", s, want)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	hits := []keyword.Hit{{Document: 1, Score: 3}, {Document: 5, Score: 2}, {Document: 2, Score: 1}, {Document: 3, Score: 1}}
	for k, sure := range map[int]int{1: 1, 2: 2, 3: 2, 4: 4, 9: 4} {
		top := hits
		if k < 3 {
			top = hits[:k] // Top returns no more when the k-th stands alone
		}
		gotSure, gotTied := keyword.Split(top, k)
		if len(gotSure) != sure || len(gotTied) != len(top)-sure {
			t.Errorf("Split(%v, %d) = %v and %v; want %d sure", top, k, gotSure, gotTied, sure)
		}
	}
}
