package keyword

import "slices"

// Documents counts texts in as the documents first, first+1, …: the postings that each
// term gets, and the statistics with them.
func Documents(texts []string, first uint32, s Statistics) (map[string][]Posting, Statistics) {
	added := map[string][]Posting{}
	for i, t := range texts {
		terms, length := Count(t)
		for _, term := range terms {
			added[term.Term] = append(added[term.Term], Posting{Document: first + uint32(i), Count: term.Count, Length: length})
		}
		s.Documents++
		s.TotalLength += int64(length)
	}
	return added, s
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
