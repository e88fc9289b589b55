package keyword

import (
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// TermCount is a term of one document and how often it stands there.
type TermCount struct {
	Term  string
	Count uint32
}

// Document is a document as the index counts it.
type Document struct {
	Number uint32      // given by the store
	Terms  []TermCount // distinct ones, sorted
	Length uint32      // terms of its text, with repeats
}

// Count counts the terms of a text.
func Count(s string) Document {
	all := sortedTerms(s)
	d := Document{Length: uint32(len(all))}
	for _, t := range all {
		if n := len(d.Terms); n > 0 && d.Terms[n-1].Term == t {
			d.Terms[n-1].Count++
			continue
		}
		d.Terms = append(d.Terms, TermCount{Term: t, Count: 1})
	}
	return d
}

// Query returns the plain query of a text: a group of one alternative of weight 1 for
// each distinct term, sorted. A word said twice in a question weighs no more than said
// once. The order fixes the order of the floating point additions. More than
// pika.MaxKeywordGroups terms, which hardly fit in pika.MaxQueryBytes, are cut off.
func Query(s string) pika.KeywordQuery {
	terms := slices.Compact(sortedTerms(s))
	query := make(pika.KeywordQuery, min(len(terms), pika.MaxKeywordGroups))
	for i := range query {
		query[i] = []pika.Alternative{{Term: terms[i], Weight: 1}}
	}
	return query
}

// QueryTerms returns the distinct terms of a query, sorted.
func QueryTerms(query pika.KeywordQuery) []string {
	var terms []string
	for _, group := range query {
		for _, a := range group {
			terms = append(terms, a.Term)
		}
	}
	slices.Sort(terms)
	return slices.Compact(terms)
}

// sortedTerms returns the terms of a text, with repeats.
func sortedTerms(s string) []string {
	terms := text.Terms(s)
	for i, t := range terms {
		terms[i] = bounded(t)
	}
	slices.Sort(terms)
	return terms
}

// bounded returns a term of at most pika.MaxTermBytes. What is longer is no word that
// anybody types but a key, a picture or a dump in letters and digits: it is cut, and a
// digest stands for the rest, so that it is still found when the whole of it is asked for.
func bounded(term string) string {
	if len(term) <= pika.MaxTermBytes {
		return term
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, term) // never fails
	digest := fmt.Sprintf("#%016x", h.Sum64())
	end := pika.MaxTermBytes - len(digest)
	for !utf8.RuneStart(term[end]) {
		end--
	}
	return term[:end] + digest
}
