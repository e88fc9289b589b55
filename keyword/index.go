package keyword

import (
	"fmt"
	"slices"
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

// State returns the token of pika.Keyword.KeywordState. A document that is added takes
// the number next, which is never given again, and one that is removed leaves fewer; so
// no two states of a corpus have the same numbers. version is that of its terms.
func State(s Statistics, next uint32, version int) string {
	if s.Documents == 0 {
		return "empty"
	}
	return fmt.Sprintf("%d.%d.%d.%d", version, next, s.Documents, s.TotalLength)
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
