package keyword_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

func TestPostings(t *testing.T) {
	t.Parallel()
	documents := []keyword.Document{keyword.Count("tea"), keyword.Count("tea cup tea"), {Terms: []keyword.TermCount{{Term: "~x", Count: 1}}}}
	keyword.Number(documents, 7)
	want := map[string][]keyword.Posting{
		"tea":  {{Document: 7, Count: 1, Length: 1}, {Document: 8, Count: 2, Length: 3}},
		"cup":  {{Document: 8, Count: 1, Length: 3}},
		"~tea": {{Document: 7, Count: 1, Length: 1}, {Document: 8, Count: 1, Length: 3}},
		"~x":   {{Document: 9, Count: 1, Length: 1}},
	}
	if diff := cmp.Diff(want, keyword.Postings(documents)); diff != "" {
		t.Errorf("postings (-want +got):\n%s", diff)
	}
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	before := keyword.Statistics{Documents: 3, TotalLength: 30}
	s, tea, more := before, keyword.Count("tea"), keyword.Count("tea milk tea")
	s.Add(tea, more)
	if want := (keyword.Statistics{Documents: 5, TotalLength: 34}); s != want {
		t.Errorf("statistics = %+v; want %+v", s, want)
	}
	if s.Remove(more, tea); s != before {
		t.Errorf("statistics after the removal = %+v; want %+v", s, before)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	token := func(corpora ...keyword.CorpusState) string { return keyword.State(corpora).Token }
	state := func(documents int64, next uint32, version int) string {
		return token(keyword.CorpusState{Statistics: keyword.Statistics{Documents: documents, TotalLength: 4}, Next: next, Version: version})
	}
	if a, b := token(), state(0, 9, keyword.Version); a != b || a == "" {
		t.Errorf("users without documents have the states %q and %q", a, b)
	}
	one := keyword.CorpusState{Statistics: keyword.Statistics{Documents: 1, TotalLength: 4}, Next: 2, Version: 1}
	other := one
	other.Corpus = pika.CorpusFacts
	seen := map[string]bool{}
	for _, s := range []string{
		token(), state(1, 2, 1), state(1, 3, 1), state(1, 2, 2), state(2, 3, 1),
		token(other), token(one, other),
	} {
		if seen[s] {
			t.Errorf("two states are %q", s)
		}
		seen[s] = true
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
