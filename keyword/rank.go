package keyword

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"github.com/pikamem/pika"
)

// Parameters of BM25: k1 bounds what repeats of a term can add, b is how much long
// documents are held back. The values are the usual ones: Robertson and Zaragoza, "The
// Probabilistic Relevance Framework: BM25 and Beyond", Foundations and Trends in
// Information Retrieval 3(4), 2009, sections 3.4 and 3.5.
const (
	K1 = 1.2
	B  = 0.75
)

// Statistics are what the formula needs to know of a whole corpus.
type Statistics struct {
	Documents   int64 // live documents
	TotalLength int64 // their lengths together
}

// Hit is a document with its score.
type Hit struct {
	Document uint32
	Score    float64
}

// Ranking adds up the scores of one query's documents:
//
//	score(d)   = Σ over groups  max over alternatives (t, w) that d holds of  w · BM25(t, d)
//	BM25(t, d) = idf(t) · tf·(k1+1) / (tf + k1·(1 − b + b·|d|/avg))
//	idf(t)     = ln(1 + (N − n(t) + 0.5) / (n(t) + 0.5))
//
// where tf counts t in d, |d| is d's length, avg the mean length, N the documents and
// n(t) those with t. The 1 inside the logarithm keeps the weight of a term that most
// documents have above zero.
type Ranking struct {
	statistics Statistics
	total      sums
	decoded    []Posting

	best    sums     // the highest of the present group; zero for every document between groups
	touched []uint32 // the documents in best, some of them more than once
}

// NewRanking starts the ranking of one query in a corpus.
func NewRanking(s Statistics) *Ranking { return &Ranking{statistics: s} }

// AddQuery counts the groups of a query in, in their order. blocks are all blocks of
// each of its terms, in any order.
func (r *Ranking) AddQuery(query pika.KeywordQuery, blocks map[string][][]byte) error {
	return r.add(query, func(term string) ([]Posting, error) {
		r.decoded = r.decoded[:0]
		for _, b := range blocks[term] {
			var err error
			if r.decoded, err = DecodeBlock(r.decoded, b); err != nil {
				return nil, err
			}
		}
		return r.decoded, nil
	})
}

// AddPostings is AddQuery for postings that are not in blocks: all of each term, in any order.
func (r *Ranking) AddPostings(query pika.KeywordQuery, postings map[string][]Posting) {
	_ = r.add(query, func(term string) ([]Posting, error) { return postings[term], nil }) // which never fails
}

// add counts a query in; postings returns all of a term, until it is called again.
func (r *Ranking) add(query pika.KeywordQuery, postings func(term string) ([]Posting, error)) error {
	for _, group := range query {
		if err := r.addGroup(group, postings); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ranking) addGroup(group []pika.Alternative, postings func(string) ([]Posting, error)) error {
	for _, a := range group {
		of, err := postings(a.Term)
		switch {
		case err != nil:
			return err
		case len(group) == 1: // nothing to compare
			r.score(a.Weight, of, func(document uint32, score float64) { *r.total.of(document) += score })
			return nil
		}
		r.score(a.Weight, of, func(document uint32, score float64) {
			best := r.best.of(document)
			if *best == 0 {
				r.touched = append(r.touched, document)
			}
			*best = max(*best, score)
		})
	}
	for _, document := range r.touched {
		best := r.best.of(document)
		*r.total.of(document) += *best
		*best = 0
	}
	r.touched = r.touched[:0]
	return nil
}

// score calls add with what a term gives each of its documents.
func (r *Ranking) score(weight float64, postings []Posting, add func(document uint32, score float64)) {
	idf := r.idf(int64(len(postings)))
	average := float64(r.statistics.TotalLength) / float64(max(r.statistics.Documents, 1))
	for _, p := range postings {
		tf, length := float64(p.Count), float64(p.Length)
		bm25 := idf * tf * (K1 + 1) / (tf + K1*(1-B+B*length/max(average, 1)))
		add(p.Document, float64(weight*bm25)) // rounded here, lest a machine fuse it with the addition
	}
}

func (r *Ranking) idf(documents int64) float64 {
	n := float64(documents)
	total := float64(max(r.statistics.Documents, documents))
	return math.Log(1 + (total-n+0.5)/(n+0.5))
}

// sums holds a number for each document; pages in which none was asked for are nil.
type sums []*page

// page holds the numbers of 1,024 neighbouring documents.
type page [1 << pageBits]float64

const pageBits = 10

// of returns the number of a document, 0 at first.
func (s *sums) of(document uint32) *float64 {
	i := int(document >> pageBits)
	if i >= len(*s) {
		*s = append(*s, make([]*page, i+1-len(*s))...)
	}
	if (*s)[i] == nil {
		(*s)[i] = new(page)
	}
	return &(*s)[i][document&(1<<pageBits-1)]
}

// Top returns the k documents with the highest scores and all others whose score
// equals the k-th, highest first, then by number. The store turns numbers into ids
// and lets Cut choose among equals: ids, not numbers, break ties.
func (r *Ranking) Top(k int) []Hit {
	threshold := r.threshold(k)
	var hits []Hit
	r.each(func(h Hit) {
		if h.Score >= threshold {
			hits = append(hits, h)
		}
	})
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits
}

// threshold returns the k-th highest score, or the lowest there is.
func (r *Ranking) threshold(k int) float64 {
	var best scores
	r.each(func(h Hit) {
		switch {
		case len(best) < k:
			heap.Push(&best, h.Score)
		case len(best) > 0 && h.Score > best[0]:
			best[0] = h.Score
			heap.Fix(&best, 0)
		}
	})
	if len(best) == 0 {
		return math.Inf(1)
	}
	return best[0]
}

// each visits the documents with a score, by number.
func (r *Ranking) each(visit func(Hit)) {
	for i, p := range r.total {
		if p == nil {
			continue
		}
		for j, score := range p {
			if score > 0 {
				visit(Hit{Document: uint32(i<<pageBits | j), Score: score})
			}
		}
	}
}

// scores is a heap with the lowest score on top.
type scores []float64

func (s scores) Len() int           { return len(s) }
func (s scores) Less(i, j int) bool { return s[i] < s[j] }
func (s scores) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *scores) Push(x any)        { *s = append(*s, x.(float64)) }
func (s *scores) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// Cut orders hits by the rule of pika.Scored, highest score first, equal scores by
// ID, and returns the first limit of them.
func Cut(hits []pika.Scored, limit int) []pika.Scored {
	slices.SortFunc(hits, func(a, b pika.Scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return hits[:min(limit, len(hits))]
}
