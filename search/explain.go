package search

import "github.com/pikamem/pika"

// Explain says how a candidate's score came about. legs names the evidence it was
// fused from, in that order.
func Explain(c Candidate, legs []pika.Leg) *pika.Explanation {
	e := &pika.Explanation{Fused: c.Score}
	for i, leg := range legs {
		switch leg {
		case pika.LegVectors:
			e.Vector = c.Legs[i]
		case pika.LegKeyword:
			e.Keyword = c.Legs[i]
		case pika.LegGraph:
			e.Graph = c.Legs[i]
		}
	}
	return e
}
