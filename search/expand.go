package search

import (
	"slices"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// How much the ways a word may stand in a text count, against the word as it was asked.
const (
	functionWeight = 0.05 // a word that only holds the sentence together
	foldedWeight   = 0.40 // the same letters with other diacritics: another word
	restoredWeight = 0.70 // … where the diacritics of the question are a guess
	nearWeight     = 0.60 // a word that the question may have misspelt
)

// maxExpanded bounds the words of a question that are looked for among the misspelt.
const maxExpanded = 4

// KeywordQuery is the part of a question as the keyword leg asks it: a group for each
// distinct word, with the ways the user's texts may write it, and one for each concept
// it names in Vietnamese or English.
func (p *Plan) KeywordQuery(part string, v *Vocabulary) pika.KeywordQuery {
	x := expander{plan: p, vocabulary: v}
	terms := text.Terms(part)
	for i := 0; i < len(terms); i++ {
		folded, exact := terms[i], ""
		if i+1 < len(terms) && strings.HasPrefix(terms[i+1], exactMark) {
			i++
			exact = keyword.Term(terms[i])
		}
		x.word(folded, exact)
	}
	if p.Weights.Concept > 0 {
		for _, c := range lexicon.Concepts(part) {
			x.add(pika.Alternative{Term: c, Weight: min(p.Weights.Concept/p.Weights.Keyword, pika.MaxTermWeight)})
		}
	}
	return x.query
}

// expander builds one keyword query.
type expander struct {
	plan       *Plan
	vocabulary *Vocabulary
	query      pika.KeywordQuery
	unknown    []string
}

// word adds the group of a word: exact is its term with diacritics, if it has any.
func (x *expander) word(folded, exact string) {
	stem := keyword.Term(folded)
	weight := 1.0
	if x.isFunction(folded, exact) {
		weight = functionWeight
	}
	if exact == "" {
		group := []pika.Alternative{{Term: stem, Weight: weight}}
		if weight == 1 {
			group = append(group, x.near(folded, stem)...)
		}
		x.add(group...)
		return
	}
	other := foldedWeight
	if x.plan.MissingDiacritics {
		other = restoredWeight
	}
	x.add(pika.Alternative{Term: exact, Weight: weight}, pika.Alternative{Term: stem, Weight: weight * other})
}

func (x *expander) isFunction(folded, exact string) bool {
	word := folded
	if exact != "" {
		word = exact[len(exactMark):]
	}
	return lexicon.FunctionWord(word, x.plan.Language) || (x.plan.MissingDiacritics && lexicon.FunctionWord(folded, "vi"))
}

// near returns what a word that the user's texts do not hold may be meant for: what the
// Telex keys would have written, else words that differ by a slip.
func (x *expander) near(folded, stem string) []pika.Alternative {
	if x.vocabulary == nil || x.vocabulary.Holds(stem) || len(x.unknown) == maxExpanded {
		return nil
	}
	x.unknown = append(x.unknown, folded)
	var near []pika.Alternative
	if typed, ok := text.Telex(folded); ok {
		if x.vocabulary.Holds(exactMark + typed) {
			near = append(near, pika.Alternative{Term: exactMark + typed, Weight: nearWeight})
		}
		if bare := text.Fold(typed); bare != folded && x.vocabulary.Holds(bare) {
			near = append(near, pika.Alternative{Term: bare, Weight: nearWeight * foldedWeight})
		}
	}
	if len(near) > 0 {
		return near
	}
	for _, word := range x.vocabulary.Near(stem) {
		near = append(near, pika.Alternative{Term: word, Weight: nearWeight})
	}
	return near
}

// add appends a group unless one begins with the same term.
func (x *expander) add(group ...pika.Alternative) {
	known := slices.ContainsFunc(x.query, func(g []pika.Alternative) bool { return g[0].Term == group[0].Term })
	if !known && len(x.query) < pika.MaxKeywordGroups {
		x.query = append(x.query, group)
	}
}
