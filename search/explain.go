package search

import "github.com/pikamem/pika"

// explanation says how a hit's score came about: its place in each leg, and every addend
// of its strength. The addends add up to the strength that Fused is the score of.
func (f *found[T]) explanation() *pika.Explanation {
	e := &pika.Explanation{Fused: ScoreOf(f.strength), Addends: map[string]float64{}}
	share := 1.0
	if f.candidate.Parts != 0 {
		share = 1 - partShare
		e.Addends["parts"] = f.candidate.Parts
	}
	for i, evidence := range f.evidence {
		place := f.candidate.Legs[i]
		e.Addends[string(evidence.Leg)] = share * evidence.addend(place)
		switch evidence.Leg {
		case pika.LegVectors:
			e.Vector = place
		case pika.LegKeyword:
			e.Keyword = place
		case pika.LegGraph:
			e.Graph = place
		}
	}
	for _, a := range f.addends {
		e.Addends[a.name] = a.value
	}
	return e
}

// addend is what the evidence gives a document at a place; nil: it was not found.
func (e Evidence) addend(place *pika.LegScore) float64 {
	if place == nil {
		return e.background()
	}
	return e.strength(place.Score)
}
