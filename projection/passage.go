package projection

import (
	"math"
	"strings"

	"github.com/pikamem/pika"
)

// Passage is a text to be found by its meaning, under the id it is stored with.
type Passage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Statement says the same as Text in the words of a question; "": nothing more is
	// known. A passage with both has the mean of their vectors, in one row.
	Statement string `json:"statement,omitempty"`
}

// Passages returns what is embedded for facts: their texts, and what they state.
func Passages(facts []pika.Fact) []Passage {
	passages := make([]Passage, len(facts))
	for i := range facts {
		passages[i] = Passage{ID: facts[i].ID, Text: facts[i].Text, Statement: statement(&facts[i])}
	}
	return passages
}

// statement is a fact's subject, predicate and object, where the user speaks in the
// first person: "Tôi has pet Mướp". A fact tells of the user by name and a question asks
// in the first person; the predicate names in English what a question in either language
// may ask for. bench/recall measures what it is worth.
func statement(f *pika.Fact) string {
	if f.Object == "" || f.Predicate == "" || f.Predicate == pika.DefaultPredicate {
		return ""
	}
	subject := f.Subject
	if subject == pika.DefaultSubject {
		subject = "I"
		if f.Language == "vi" {
			subject = "Tôi"
		}
	}
	predicate := strings.ReplaceAll(f.Predicate, "_", " ")
	if f.Negated {
		predicate = "not " + predicate
	}
	return subject + " " + predicate + " " + f.Object
}

// texts returns everything of the passages that is embedded, in their order.
func texts(passages []Passage) []string {
	var all []string
	for _, p := range passages {
		all = append(all, p.Text)
		if p.Statement != "" {
			all = append(all, p.Statement)
		}
	}
	return all
}

// rows gives each passage the mean of its texts' vectors, at unit length.
func rows(passages []Passage, vectors [][]float32) []pika.Vector {
	rows := make([]pika.Vector, len(passages))
	for i, p := range passages {
		rows[i] = pika.Vector{ID: p.ID, Values: vectors[0]}
		vectors = vectors[1:]
		if p.Statement != "" {
			rows[i].Values = mean(rows[i].Values, vectors[0])
			vectors = vectors[1:]
		}
	}
	return rows
}

// mean returns the direction between two unit vectors; of opposite ones, the first.
func mean(a, b []float32) []float32 {
	sum := make([]float32, len(a))
	var squares float64
	for i := range a {
		sum[i] = a[i] + b[i]
		squares += float64(sum[i]) * float64(sum[i])
	}
	length := math.Sqrt(squares)
	if length < 1e-6 {
		return a
	}
	for i := range sum {
		sum[i] = float32(float64(sum[i]) / length)
	}
	return sum
}
