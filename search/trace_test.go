package search_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// traced asks a question with so many answers that more are left out, and returns its trace.
func traced(t *testing.T, m *memory, q pika.Query) (*search.Trace, pika.Answer) {
	t.Helper()
	answer, tracer, err := m.engine().SearchTraced(t.Context(), linh, q)
	if err != nil {
		t.Fatal(err)
	}
	return tracer(), answer
}

func hobbies() *memory {
	m := newMemory()
	for i, what := range []string{
		"plays the violin in an orchestra", "drinks green tea every morning", "works as an accountant", "studies medicine in Hanoi",
		"goes swimming on Sundays", "bought a red motorbike", "is allergic to shrimp", "sells flowers at the market", "reads detective novels",
		"pays four million a month in rent", "wants to travel to Japan", "practises the violin at night",
	} {
		m.add(linh, pika.Fact{ID: fmt.Sprintf("f%02d", i), Text: "Linh " + what})
	}
	return m
}

// since is what the engine reads of facts that were written.
func since(m *memory, ids ...string) search.Since {
	return search.Since{IDs: ids, Vectors: func(_ context.Context, ids []string) (rows []pika.Vector, err error) {
		for _, id := range ids {
			if f, ok := m.facts[linh][id]; ok {
				rows = append(rows, pika.Vector{ID: id, Values: trigrams(f.Text)})
			}
		}
		return rows, nil
	}}
}

// A renewed answer is what a search finds, in the same order. (package cache compares the
// scores, on stores with the real formula of words.)
func TestRenew(t *testing.T) {
	t.Parallel()
	t.Run("one question", func(t *testing.T) { t.Parallel(); renewedAsSearched(t, "who practises the violin at night", 0) })
	t.Run("two questions", func(t *testing.T) {
		t.Parallel()
		renewedAsSearched(t, "who practises the violin at night and what does Linh drink every morning", 2)
	})
}

func renewedAsSearched(t *testing.T, words string, parts int) {
	q := question(words)
	q.Limit = 3
	write := func(texts ...string) func(*memory) []string {
		return func(m *memory) (ids []string) {
			for i, text := range texts {
				ids = append(ids, fmt.Sprint("new", i))
				m.add(linh, pika.Fact{ID: ids[i], Text: text, Confidence: 1})
			}
			return ids
		}
	}
	remove := func(ids ...string) func(*memory) []string {
		return func(m *memory) []string {
			for _, id := range ids {
				delete(m.facts[linh], id)
			}
			return ids
		}
	}
	for name, change := range map[string]func(*memory) []string{
		"nothing":                        func(*memory) []string { return nil },
		"what has nothing to do with it": write("the cat sleeps"),
		"what may answer it":             write("Linh plays another violin, and plays it well"),
		"what may answer its other part": write("Linh drinks coffee every morning"),
		"a word becomes common":          write("the violin is red", "a violin is made of wood", "the violin case is black"),
		"a fact of the answer is gone":   remove("f00"),
		"another fact is gone":           remove("f07"),
	} {
		if parts > 0 && name == "a word becomes common" {
			continue // the memory's own formula of words decides here
		}
		m := hobbies()
		e := m.engine()
		_, tracer, err := e.SearchTraced(t.Context(), linh, q)
		if err != nil {
			t.Fatal(err)
		}
		ids, trace := change(m), tracer()
		if len(trace.Parts) != parts {
			t.Fatalf("%d parts; want %d", len(trace.Parts), parts)
		}
		got, _, ok := e.Renew(t.Context(), linh, q, trace, since(m, ids...))
		want, err := e.Search(t.Context(), linh, q)
		if !ok || err != nil {
			t.Errorf("%s: not renewed, %v", name, err)
			continue
		}
		if diff := cmp.Diff(factIDs(want), factIDs(got)); diff != "" {
			t.Errorf("%s (-search +renewed):\n%s", name, diff)
		}
	}
}

// What the question is read as must be what it was.
func TestRenewReadsTheQuestionAgain(t *testing.T) {
	t.Parallel()
	m := hobbies()
	e := m.engine()
	q := question("which vyolins does Linh play")
	_, tracer, err := e.SearchTraced(t.Context(), linh, q)
	if err != nil {
		t.Fatal(err)
	}
	m.add(linh, pika.Fact{ID: "new", Text: "vyolins are a brand"})
	if _, _, ok := e.Renew(t.Context(), linh, q, tracer(), since(m, "new")); ok {
		t.Error("a word that is known now is taken for a slip")
	}
}

// An answer that follows from more than its facts' own words, vectors and entities is not
// renewed, nor is one that explains them; but that may answer other questions.
func TestTraceIsOpen(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pika.Query){
		"messages":   func(q *pika.Query) { q.Messages = 3 },
		"neighbours": func(q *pika.Query) { q.Related = 3 },
		"explained":  func(q *pika.Query) { q.Explain = true },
	} {
		q := question("which violin does Linh play")
		change(&q)
		m := hobbies()
		trace, _ := traced(t, m, q)
		if _, _, ok := m.engine().Renew(t.Context(), linh, q, trace, since(m)); ok || trace.Open == q.Explain {
			t.Errorf("%s: open %v, renewed %v", name, trace.Open, ok)
		}
	}
}
