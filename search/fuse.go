package search

import (
	"cmp"
	"math"
	"slices"

	"github.com/pikamem/pika"
)

// Evidence is what one leg found.
type Evidence struct {
	Leg    pika.Leg
	Weight float64
	Scale  Scale
	Hits   []pika.Scored // best first
}

// Scale turns a leg's own scores into a unit that legs share: strength = (score −
// Origin) · Factor. A document the leg did not return has the strength of the leg's
// last hit, if Background is set (it scored less, not zero), else none.
type Scale struct {
	Origin, Factor float64
	Background     bool
}

// CosineScale measures cosines in standard deviations from the mean of the hits.
// Cosines of one model crowd in a narrow band that differs from model to model and
// language to language, so only the distance from the user's other facts says
// anything. Hits that all score alike say nothing: strength 0.
func CosineScale(hits []pika.Scored) Scale {
	n := float64(len(hits))
	if n == 0 {
		return Scale{}
	}
	var sum, squares float64
	for _, h := range hits {
		sum += h.Score
	}
	mean := sum / n
	for _, h := range hits {
		squares += (h.Score - mean) * (h.Score - mean)
	}
	deviation := math.Sqrt(squares / n)
	if deviation < 1e-6 {
		return Scale{Origin: mean, Background: true}
	}
	return Scale{Origin: mean, Factor: 1 / deviation, Background: true}
}

// mostBM25 is where BM25 scores of one question are scaled down so that the best is
// mostBM25: a long question matches many common words, and their sum would drown the
// meaning. Half of LoCoMo's questions have a best score below it.
const mostBM25 = 12

// BM25Scale keeps BM25 scores as they are, down-scaled for long questions. 0 is the
// score of a document without any term.
func BM25Scale(hits []pika.Scored) Scale {
	if len(hits) == 0 {
		return Scale{}
	}
	return Scale{Factor: min(1, mostBM25/hits[0].Score)}
}

// Candidate is a document that some leg found. Legs holds its place in each Evidence,
// in the order they were given; nil: not found there.
type Candidate struct {
	ID    string
	Score float64 // 0–1, grows with Strength
	// Strength is the weighted sum before it is bent into 0–1; it orders candidates.
	Strength float64
	Legs     []*pika.LegScore
}

// Fuse adds up the evidence and returns the candidates best first, equal ones by ID:
//
//	strength(d) = Σ over legs  weight · (score(d) − origin) · factor
//	score(d)    = 1 / (1 + exp(middle − strength(d)))
//
// It is a weighted sum of calibrated scores (Fox and Shaw's CombSUM, TREC-2, 1994, with
// the weights of the plan), not a fusion of ranks: ranks forget how far apart hits are,
// and a leg that knows nothing votes as loudly as one that does. The logistic curve
// only makes the sum readable: one half is where a document stands two standard
// deviations above the user's other documents.
func Fuse(evidence []Evidence) []Candidate {
	ranked, background := union(evidence)
	for i := range ranked {
		c := &ranked[i]
		c.Strength += background
		c.Score = 1 / (1 + math.Exp(middle-c.Strength))
	}
	slices.SortFunc(ranked, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Strength, a.Strength), cmp.Compare(a.ID, b.ID))
	})
	return ranked
}

// union returns every document of the evidence once, with its strength above the
// background, and the background.
func union(evidence []Evidence) (candidates []Candidate, background float64) {
	most := 0
	for _, e := range evidence {
		most += len(e.Hits)
	}
	candidates = make([]Candidate, 0, most)
	index := make(map[string]int, most)
	places := make([]*pika.LegScore, most*len(evidence)) // one block for all candidates
	for i, e := range evidence {
		missing := e.background()
		background += missing
		scores := make([]pika.LegScore, len(e.Hits))
		for rank, h := range e.Hits {
			at, known := index[h.ID]
			if !known {
				at = len(candidates)
				index[h.ID] = at
				candidates = append(candidates, Candidate{ID: h.ID, Legs: places[at*len(evidence) : (at+1)*len(evidence)]})
			}
			c := &candidates[at]
			if c.Legs[i] != nil {
				continue // a leg that names a document twice is heard once
			}
			scores[rank] = pika.LegScore{Rank: rank + 1, Score: h.Score}
			c.Legs[i] = &scores[rank]
			c.Strength += e.strength(h.Score) - missing
		}
	}
	return candidates, background
}

// middle is the strength whose score is one half.
const middle = 2

func (e Evidence) strength(score float64) float64 {
	return e.Weight * (score - e.Scale.Origin) * e.Scale.Factor
}

func (e Evidence) background() float64 {
	if !e.Scale.Background || len(e.Hits) == 0 {
		return 0
	}
	return e.strength(e.Hits[len(e.Hits)-1].Score)
}
