package keyword

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// Version is the version of the terms that Count gives. It is raised whenever they
// change, as they do with text.Terms, text.Stem and the words of package lexicon: stores
// then rebuild the postings that they made with an older one.
const Version = 1

// exactMark begins the terms of text.Terms that hold a word as it is written.
const exactMark = "="

// TermCount is a term of one document and how often it stands there.
type TermCount struct {
	Term  string
	Count uint32
}

// Document is a document as the index counts it.
type Document struct {
	Number uint32      // given by the store
	Terms  []TermCount // distinct ones, sorted
	Length uint32      // terms of its text, with repeats; without concepts
}

// Count counts the terms of a text, as Term gives them, and beside them once each the
// concepts that the text names (lexicon.Concepts), which make it no longer. A concept
// begins with "~", which no term of a text does.
func Count(s string) Document {
	d := countTerms(s)
	for _, c := range lexicon.Concepts(s) {
		d.Terms = append(d.Terms, TermCount{Term: c, Count: 1})
	}
	slices.SortFunc(d.Terms, func(a, b TermCount) int { return cmp.Compare(a.Term, b.Term) })
	return d
}

func countTerms(s string) Document {
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
// each distinct term, sorted; no concepts. A word said twice in a question weighs no more
// than said once. The order fixes the order of the floating point additions. More than
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
		terms[i] = Term(t)
	}
	slices.Sort(terms)
	return terms
}

// Term returns what a term of text.Terms is indexed as: its stem, save where it begins
// with "=" and stands for the word as it is written. It has at most pika.MaxTermBytes.
func Term(term string) string {
	if !strings.HasPrefix(term, exactMark) {
		term = text.Stem(term)
	}
	return bounded(term)
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
