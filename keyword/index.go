package keyword

import (
	"fmt"
	"slices"

	"github.com/pikamem/pika"
)

// Number gives documents the numbers first, first+1, ….
func Number(documents []Document, first uint32) {
	for i := range documents {
		documents[i].Number = first + uint32(i)
	}
}

// Postings returns the postings that each term gets when documents are added. They
// must be sorted by Number. A posting's length is no less than its count: that of a
// concept counts as 1 where the text has no terms.
func Postings(documents []Document) map[string][]Posting {
	added := map[string][]Posting{}
	for _, d := range documents {
		for _, t := range d.Terms {
			added[t.Term] = append(added[t.Term], Posting{Document: d.Number, Count: t.Count, Length: max(d.Length, t.Count)})
		}
	}
	return added
}

// Add counts documents in.
func (s *Statistics) Add(documents ...Document) {
	for _, d := range documents {
		s.Documents++
		s.TotalLength += int64(d.Length)
	}
}

// Remove counts documents out.
func (s *Statistics) Remove(documents ...Document) {
	for _, d := range documents {
		s.Documents--
		s.TotalLength -= int64(d.Length)
	}
}

// CorpusState is what tells two states of a corpus apart. A document that is added takes
// the number Next, which is never given again, and one that is removed leaves fewer; so
// no two states have the same numbers.
type CorpusState struct {
	Statistics
	Corpus  pika.Corpus
	Next    uint32
	Version int // of its terms
}

// State returns the state of a user's corpora, in the order of their names. Those without
// documents may be left out.
func State(corpora []CorpusState) pika.KeywordState {
	state := pika.KeywordState{Token: "empty", Documents: map[pika.Corpus]int64{}, Lengths: map[pika.Corpus]int64{}}
	for _, c := range corpora {
		if c.Documents > 0 {
			state.Token += fmt.Sprintf(" %s:%d.%d.%d.%d", c.Corpus, c.Version, c.Next, c.Documents, c.TotalLength)
			state.Documents[c.Corpus], state.Lengths[c.Corpus] = c.Documents, c.TotalLength
		}
	}
	return state
}

// Split parts the hits of Top for the same k: those that are sure of a place, and those
// that tie for the places that are left, of which the store needs only the lowest ids.
// If there is a place for each, none tie.
func Split(hits []Hit, k int) (sure, tied []Hit) {
	if len(hits) <= k {
		return hits, nil
	}
	last := hits[len(hits)-1].Score
	above := slices.IndexFunc(hits, func(h Hit) bool { return h.Score == last })
	return hits[:above], hits[above:]
}
