package keyword_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// index is documents under the numbers 1, 2, 3, … as a store would hold them.
type index struct {
	statistics keyword.Statistics
	blocks     map[string][][]byte
}

func newIndex(t *testing.T, texts ...string) index {
	t.Helper()
	documents := make([]keyword.Document, len(texts))
	for i, s := range texts {
		documents[i] = keyword.Count(s)
	}
	keyword.Number(documents, 1)
	x := index{blocks: map[string][][]byte{}}
	x.statistics.Add(documents...)
	for term, postings := range keyword.Postings(documents) {
		blocks, err := keyword.Extend(nil, postings)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			x.blocks[term] = append(x.blocks[term], b.Data)
		}
	}
	return x
}

func (x index) top(t *testing.T, query pika.KeywordQuery, k int) []keyword.Hit {
	t.Helper()
	r := keyword.NewRanking(x.statistics)
	if err := r.AddQuery(query, x.blocks); err != nil {
		t.Fatal(err)
	}
	return r.Top(k)
}

// rank ranks documents for the plain query of a text.
func rank(t *testing.T, query string, k int, documents ...string) []keyword.Hit {
	t.Helper()
	return newIndex(t, documents...).top(t, keyword.Query(query), k)
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

// TestGroups compares weighted alternatives with the formula written out, over plain
// scores of single terms.
func TestGroups(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	word := func() string { return fmt.Sprint("w", random.IntN(12)) }
	texts := make([]string, 300)
	for i := range texts {
		for range 1 + random.IntN(9) {
			texts[i] += word() + " "
		}
	}
	x := newIndex(t, texts...)
	for range 200 {
		query := make(pika.KeywordQuery, 1+random.IntN(4))
		for i := range query {
			for range random.IntN(5) {
				query[i] = append(query[i], pika.Alternative{Term: word(), Weight: random.Float64() * pika.MaxTermWeight})
			}
		}
		want := make([]float64, len(texts)+1)
		for _, group := range query {
			best := make([]float64, len(want))
			for _, a := range group {
				for _, h := range x.top(t, keyword.Query(a.Term), len(texts)) {
					best[h.Document] = max(best[h.Document], a.Weight*h.Score)
				}
			}
			for document, score := range best {
				want[document] += score
			}
		}
		got := make([]float64, len(want))
		for _, h := range x.top(t, query, len(texts)) {
			got[h.Document] = h.Score
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("scores of %v (-want +got):\n%s", query, diff)
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
	if err := r.AddQuery(keyword.Query("tea"), map[string][][]byte{"tea": {keyword.AppendBlock(nil, sequence(1, 5))}}); err != nil {
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
	for _, query := range []pika.KeywordQuery{{{{Term: "tea", Weight: 1}}}, {{{Term: "milk", Weight: 1}, {Term: "tea", Weight: 1}}}} {
		if err := keyword.NewRanking(keyword.Statistics{}).AddQuery(query, map[string][][]byte{"tea": {{1, 2}}}); err == nil {
			t.Errorf("AddQuery(%v) of a damaged block succeeds", query)
		}
	}
}

// BenchmarkRank counts in six terms that all of 10,240 documents hold: one by one, and
// as alternatives of two groups.
func BenchmarkRank(b *testing.B) {
	tea := pika.Alternative{Term: "tea", Weight: 1}
	b.Run("terms", func(b *testing.B) { benchmarkRank(b, slices.Repeat(pika.KeywordQuery{{tea}}, 6)) })
	b.Run("alternatives", func(b *testing.B) { benchmarkRank(b, pika.KeywordQuery{{tea, tea, tea}, {tea, tea, tea}}) })
}

func benchmarkRank(b *testing.B, query pika.KeywordQuery) {
	var blocks [][]byte
	for i := range 80 {
		blocks = append(blocks, keyword.AppendBlock(nil, sequence(uint32(1+i*keyword.BlockSize), keyword.BlockSize)))
	}
	for b.Loop() {
		r := keyword.NewRanking(keyword.Statistics{Documents: 10_240, TotalLength: 102_400})
		if err := r.AddQuery(query, map[string][][]byte{"tea": blocks}); err != nil {
			b.Fatal(err)
		}
		r.Top(100)
	}
}
