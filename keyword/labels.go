package keyword

import (
	"slices"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Version is the version of the terms that CountFact gives. It is raised whenever they
// change: stores then rebuild the postings that they made with an older one.
const Version = 1

// The kinds of labels: what a fact may be found by beside the words of its text, in
// whatever language that is.
const (
	LabelPredicate = "predicate"
	LabelCategory  = "category"
	LabelType      = "type" // of an entity that the fact names
)

// unknownType is the type of an entity of which nothing is known; it is no label.
const unknownType = "other"

// Label returns the term that stands for a label: #kind:name with the name folded and
// underscores for its spaces, or "" without a name. No term of a text begins with "#".
func Label(kind, name string) string {
	if name = strings.ReplaceAll(text.Fold(name), " ", "_"); name == "" {
		return ""
	}
	return bounded("#" + kind + ":" + name)
}

// CountFact counts the terms of a fact: those of its text, and once each its labels,
// which do not make it longer. What a caller gets without having said it (the default
// predicate, the default category, the type other) is no label.
func CountFact(f *pika.Fact) Document {
	d := Count(f.Text)
	labels := factLabels(f)
	terms := make([]TermCount, 0, len(labels)+len(d.Terms))
	for _, l := range labels {
		terms = append(terms, TermCount{Term: l, Count: 1})
	}
	d.Terms = append(terms, d.Terms...) // "#" is below every letter, digit and "="
	return d
}

// factLabels returns the labels of a fact, sorted.
func factLabels(f *pika.Fact) []string {
	labels := []string{
		labelBut(LabelPredicate, f.Predicate, pika.DefaultPredicate),
		labelBut(LabelCategory, f.Category, pika.DefaultCategory),
	}
	for _, e := range f.Entities {
		labels = append(labels, labelBut(LabelType, e.Type, unknownType))
	}
	slices.Sort(labels)
	labels = slices.Compact(labels)
	if labels[0] == "" {
		labels = labels[1:]
	}
	return labels
}

// labelBut is Label, but "" for the default.
func labelBut(kind, name, usual string) string {
	label := Label(kind, name)
	if label == Label(kind, usual) {
		return ""
	}
	return label
}
