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
	if len(hits) == 0 {
		return Scale{}
	}
	var sum, squares float64
	for _, h := range hits {
		sum += h.Score
		squares += h.Score * h.Score
	}
	return scaleOf(sum, squares, len(hits))
}

// scaleOf is the scale of n cosines with a sum and a sum of squares.
func scaleOf(sum, squares float64, n int) Scale {
	if n <= 0 {
		return Scale{}
	}
	mean := sum / float64(n)
	deviation := math.Sqrt(max(squares/float64(n)-mean*mean, 0))
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
	ID string
	// Strength is the weighted sum; it orders candidates. ScoreOf bends it into 0–1.
	Strength float64
	// Parts is what the strength has from the parts of a question that asks several
	// things; the rest is the whole question's.
	Parts float64
	Legs  []*pika.LegScore
}

// ScoreOf bends a strength into 0–1. It only makes the sum readable: one half is where a
// document stands two standard deviations above the user's other documents.
func ScoreOf(strength float64) float64 { return 1 / (1 + math.Exp(middle-strength)) }

// Fuse adds up the evidence and returns the candidates best first, equal ones by ID:
//
//	strength(d) = Σ over legs  weight · (score(d) − origin) · factor
//
// It is a weighted sum of calibrated scores (Fox and Shaw's CombSUM, TREC-2, 1994, with
// the weights of the plan), not a fusion of ranks: ranks forget how far apart hits are,
// and a leg that knows nothing votes as loudly as one that does.
//
// parts are what was found for each part of a question that asks several things. With
// them
//
//	strength(d) = (1 − share) · strength of the whole(d) + share · max over parts strength(d)
//
// so that what answers one part well stands beside what answers the others.
func Fuse(whole []Evidence, parts ...[]Evidence) []Candidate {
	ranked, background := union(whole)
	for i := range ranked {
		ranked[i].Strength += background
	}
	if len(parts) > 0 {
		ranked = addParts(ranked, background, len(whole), parts)
	}
	slices.SortFunc(ranked, func(a, b Candidate) int {
		return cmp.Or(compareStrengths(b.Strength, a.Strength), cmp.Compare(a.ID, b.ID))
	})
	return ranked
}

// partShare is how much of a strength the best part gives. Set on the tuning half of the
// bilingual corpus: more finds the first answer of each part sooner and loses questions
// that only look like several.
const partShare = 0.3

// addParts mixes the parts' strengths in. A document that only a part found stands at the
// background of the whole question.
func addParts(ranked []Candidate, background float64, legs int, parts [][]Evidence) []Candidate {
	at := make(map[string]int, len(ranked))
	for i, c := range ranked {
		at[c.ID] = i
	}
	best := make([]float64, len(ranked), 2*len(ranked))
	for i := range best {
		best[i] = math.Inf(-1)
	}
	worst := math.Inf(-1) // of a part that did not find the document
	for _, part := range parts {
		found, missing := union(part)
		worst = max(worst, missing)
		for _, c := range found {
			i, known := at[c.ID]
			if !known {
				i = len(ranked)
				at[c.ID] = i
				ranked = append(ranked, Candidate{ID: c.ID, Strength: background, Legs: make([]*pika.LegScore, legs)})
				best = append(best, math.Inf(-1))
			}
			best[i] = max(best[i], c.Strength+missing)
		}
	}
	for i := range ranked {
		c := &ranked[i]
		c.Parts = partShare * max(best[i], worst)
		c.Strength = (1-partShare)*c.Strength + c.Parts
	}
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
