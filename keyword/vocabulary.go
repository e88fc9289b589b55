package keyword

import (
	"cmp"
	"slices"

	"github.com/pikamem/pika"
)

// Vocabulary gathers the terms of a corpus and in how many documents each stands. It
// holds no more than twice its limit of them, however many are added.
type Vocabulary struct {
	limit int
	terms []pika.TermDocuments
}

// NewVocabulary starts a vocabulary of at most limit terms.
func NewVocabulary(limit int) *Vocabulary { return &Vocabulary{limit: limit} }

// Add counts the postings of a term's block in. All blocks of a term must be added one
// after another.
func (v *Vocabulary) Add(term string, block []byte) {
	n := len(v.terms)
	if n > 0 && v.terms[n-1].Term == term {
		v.terms[n-1].Documents += postingsIn(block)
		return
	}
	if n == 2*v.limit {
		v.cut()
	}
	v.terms = append(v.terms, pika.TermDocuments{Term: term, Documents: postingsIn(block)})
}

// Terms returns the terms by the rule of pika.Keyword.Vocabulary.
func (v *Vocabulary) Terms() []pika.TermDocuments {
	v.cut()
	slices.SortFunc(v.terms, func(a, b pika.TermDocuments) int { return cmp.Compare(a.Term, b.Term) })
	return v.terms
}

// cut leaves the terms in most documents, of equal ones the lower.
func (v *Vocabulary) cut() {
	if len(v.terms) <= v.limit {
		return
	}
	slices.SortFunc(v.terms, func(a, b pika.TermDocuments) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Term, b.Term))
	})
	v.terms = v.terms[:v.limit]
}
