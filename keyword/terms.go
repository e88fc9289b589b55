package keyword

import (
	"slices"

	"github.com/pikamem/pika/text"
)

// TermCount is a term of one document and how often it stands there.
type TermCount struct {
	Term  string
	Count uint32
}

// Count returns the distinct terms of a document, sorted, and its length: the number
// of terms with repeats.
func Count(document string) (terms []TermCount, length uint32) {
	all := text.Terms(document)
	slices.Sort(all)
	for _, t := range all {
		if n := len(terms); n > 0 && terms[n-1].Term == t {
			terms[n-1].Count++
			continue
		}
		terms = append(terms, TermCount{Term: t, Count: 1})
	}
	return terms, uint32(len(all))
}

// QueryTerms returns the distinct terms of a query, sorted. A word said twice in a
// question weighs no more than said once. The order fixes the order of the floating
// point additions, and with it equal scores in every store.
func QueryTerms(query string) []string {
	terms := text.Terms(query)
	slices.Sort(terms)
	return slices.Compact(terms)
}
