package keyword_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

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
		got, length := keyword.Count(document)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Count(%q) (-want +got):\n%s", document, diff)
		}
		var sum uint32
		for _, c := range want {
			sum += c.Count
		}
		if length != sum {
			t.Errorf("Count(%q) has length %d; want %d", document, length, sum)
		}
	}
}

func TestQueryTerms(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"=phở", "cat", "pho"}, keyword.QueryTerms("Phở cat phở CAT pho")); diff != "" {
		t.Errorf("QueryTerms (-want +got):\n%s", diff)
	}
}

// rank indexes documents under the numbers 1, 2, 3, … and ranks them for a query.
func rank(t *testing.T, query string, k int, documents ...string) []keyword.Hit {
	t.Helper()
	postings := map[string][]keyword.Posting{}
	var s keyword.Statistics
	for i, d := range documents {
		terms, length := keyword.Count(d)
		s.Documents, s.TotalLength = s.Documents+1, s.TotalLength+int64(length)
		for _, c := range terms {
			postings[c.Term] = append(postings[c.Term], keyword.Posting{Document: uint32(i + 1), Count: c.Count, Length: length})
		}
	}
	r := keyword.NewRanking(s)
	for _, term := range keyword.QueryTerms(query) {
		blocks, err := keyword.Extend(nil, postings[term])
		if err != nil {
			t.Fatal(err)
		}
		var data [][]byte
		for _, b := range blocks {
			data = append(data, b.Data)
		}
		if err := r.Add(data); err != nil {
			t.Fatal(err)
		}
	}
	return r.Top(k)
}

// TestFormula compares with values computed by hand from the formula.
func TestFormula(t *testing.T) {
	t.Parallel()
	documents := []string{"cat dog", "cat cat bird fish", "horse"}
	average := 7.0 / 3
	weight := func(tf, length, n float64) float64 {
		return math.Log(1+(3-n+0.5)/(n+0.5)) * tf * 2.2 / (tf + 1.2*(0.25+0.75*length/average))
	}
	want := []keyword.Hit{
		{Document: 1, Score: weight(1, 2, 2) + weight(1, 2, 1)},
		{Document: 2, Score: weight(2, 4, 2)},
	}
	got := rank(t, "dog cat", 10, documents...)
	if len(got) != 2 || got[0].Document != 1 || got[1].Document != 2 {
		t.Fatalf("hits = %v; want documents 1 and 2", got)
	}
	for i := range want {
		if math.Abs(got[i].Score-want[i].Score) > 1e-12 {
			t.Errorf("score of document %d = %v; want %v", got[i].Document, got[i].Score, want[i].Score)
		}
	}
}

func TestScoresArePositive(t *testing.T) {
	t.Parallel()
	documents := slices.Repeat([]string{"the same"}, 2000)
	hits := rank(t, "the", 10, documents...)
	if len(hits) != len(documents) || hits[0].Score <= 0 {
		t.Errorf("%d hits, the first %v; want all, above zero", len(hits), hits[0])
	}
	// Statistics that lag behind the postings must not make a score negative or NaN.
	r := keyword.NewRanking(keyword.Statistics{})
	if err := r.Add([][]byte{keyword.AppendBlock(nil, sequence(1, 5))}); err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Top(5) {
		if !(h.Score > 0) {
			t.Errorf("score %v without statistics", h.Score)
		}
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	documents := make([]string, 3000)
	for i := range documents {
		documents[i] = fmt.Sprint("tea n", i)
	}
	documents[1500], documents[7] = "tea", "tea tea"
	for _, c := range []struct{ k, want int }{{1, 1}, {2, 2}, {3, 3000}, {5000, 3000}} {
		hits := rank(t, "tea", c.k, documents...)
		if len(hits) != c.want {
			t.Fatalf("Top(%d) has %d hits; want %d", c.k, len(hits), c.want)
		}
		if hits[0].Document != 8 {
			t.Errorf("Top(%d) begins with document %d; want 8", c.k, hits[0].Document)
		}
	}
	if hits := rank(t, "coffee", 3, documents...); len(hits) != 0 {
		t.Errorf("a word of no document finds %v", hits)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	hits := []pika.Scored{{ID: "c", Score: 1}, {ID: "b", Score: 2}, {ID: "a", Score: 1}, {ID: "d", Score: 2}}
	want := []pika.Scored{{ID: "b", Score: 2}, {ID: "d", Score: 2}, {ID: "a", Score: 1}}
	if diff := cmp.Diff(want, keyword.Cut(hits, 3)); diff != "" {
		t.Errorf("Cut (-want +got):\n%s", diff)
	}
}

func TestDamagedBlock(t *testing.T) {
	t.Parallel()
	if err := keyword.NewRanking(keyword.Statistics{}).Add([][]byte{{1, 2}}); err == nil {
		t.Error("Add of a damaged block succeeds")
	}
}

func BenchmarkRank(b *testing.B) {
	var blocks [][]byte
	for i := range 80 {
		blocks = append(blocks, keyword.AppendBlock(nil, sequence(uint32(1+i*keyword.BlockSize), keyword.BlockSize)))
	}
	for b.Loop() {
		r := keyword.NewRanking(keyword.Statistics{Documents: 10_240, TotalLength: 102_400})
		for range 6 {
			if err := r.Add(blocks); err != nil {
				b.Fatal(err)
			}
		}
		r.Top(100)
	}
}
