package main

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// document is a text of one corpus.
type document struct{ id, text string }

// plain ranks a corpus as the usual baselines do: the cosine of the question's and the
// text's vector, and BM25 over folded, stemmed words. Nothing of the product's ranking.
type plain struct {
	documents  []document
	vectors    [][]float32
	terms      map[string][][]byte
	statistics keyword.Statistics
}

const embedAtOnce = 64

func newPlain(ctx context.Context, model pika.Embedder, documents []document) (*plain, error) {
	p := &plain{documents: documents, terms: map[string][][]byte{}}
	for batch := range slices.Chunk(documents, embedAtOnce) {
		texts := make([]string, len(batch))
		for i, d := range batch {
			texts[i] = d.text
		}
		vectors, err := model.Embed(ctx, pika.EmbedPassage, texts)
		if err != nil {
			return nil, err
		}
		p.vectors = append(p.vectors, vectors...)
	}
	for i, d := range documents {
		counted := keyword.Count(d.text)
		p.statistics.Add(counted)
		for _, t := range counted.Terms {
			block := keyword.AppendBlock(nil, []keyword.Posting{{Document: uint32(i), Count: t.Count, Length: counted.Length}})
			p.terms[t.Term] = append(p.terms[t.Term], block)
		}
	}
	return p, nil
}

func (p *plain) cosines(question []float32) []float64 {
	scores := make([]float64, len(p.documents))
	for i, v := range p.vectors {
		for j, x := range v {
			scores[i] += float64(x) * float64(question[j])
		}
	}
	return scores
}

func (p *plain) bm25(question string) ([]float64, error) {
	ranking := keyword.NewRanking(p.statistics)
	if err := ranking.AddQuery(keyword.Query(question), p.terms); err != nil {
		return nil, err
	}
	scores := make([]float64, len(p.documents))
	for _, h := range ranking.Top(len(p.documents)) {
		scores[h.Document] = h.Score
	}
	return scores, nil
}

// fusion puts the two scores of each document together.
type fusion func(cosines, bm25 []float64) []float64

func onlyCosines(cosines, _ []float64) []float64 { return cosines }
func onlyBM25(_, bm25 []float64) []float64       { return bm25 }

// weighted is the fixed fusion: standard deviations of the cosines, plus BM25 weighted.
func weighted(weight float64) fusion {
	return func(cosines, bm25 []float64) []float64 {
		z := standardised(cosines)
		for i := range z {
			z[i] += weight * bm25[i]
		}
		return z
	}
}

func standardised(scores []float64) []float64 {
	var sum, squares float64
	for _, s := range scores {
		sum += s
	}
	mean := sum / float64(len(scores))
	for _, s := range scores {
		squares += (s - mean) * (s - mean)
	}
	deviation := math.Sqrt(squares/float64(len(scores))) + 1e-9
	z := make([]float64, len(scores))
	for i, s := range scores {
		z[i] = (s - mean) / deviation
	}
	return z
}

// reciprocalRanks is reciprocal rank fusion with k = 60 and equal weights (Cormack,
// Clarke and Büttcher, SIGIR 2009).
func reciprocalRanks(cosines, bm25 []float64) []float64 {
	const k = 60
	sums := make([]float64, len(cosines))
	for _, scores := range [][]float64{cosines, bm25} {
		for rank, i := range byScore(scores) {
			if scores[i] > 0 {
				sums[i] += 1 / float64(k+rank+1)
			}
		}
	}
	return sums
}

func byScore(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order
}

// rank returns the best documents by a fusion.
func (p *plain) rank(question string, vector []float32, f fusion) ([]pika.Scored, error) {
	if len(p.documents) == 0 {
		return nil, nil
	}
	bm25, err := p.bm25(question)
	if err != nil {
		return nil, err
	}
	scores := f(p.cosines(vector), bm25)
	var hits []pika.Scored
	for _, i := range byScore(scores)[:min(depth, len(scores))] {
		hits = append(hits, pika.Scored{ID: p.documents[i].id, Score: scores[i]})
	}
	return hits, nil
}
