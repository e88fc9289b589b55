package search_test

import (
	"fmt"
	"testing"

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

func TestTraceHolds(t *testing.T) {
	t.Parallel()
	q := question("which violin does Linh play")
	q.Limit = 2
	everything := func(*pika.Fact) bool { return true }
	fact := func(text string) search.Since {
		return search.Since{Written: []pika.Fact{{ID: "new", Text: text}}, Vectors: map[string][]float32{"new": trigrams(text)}, Passes: everything}
	}
	hidden := fact("Linh plays another violin, and plays it well")
	hidden.Passes = func(*pika.Fact) bool { return false }
	unknown := fact("the cat sleeps")
	unknown.Vectors = nil
	for name, c := range map[string]struct {
		since search.Since
		want  bool
	}{
		"nothing":                        {search.Since{}, true},
		"what has nothing to do with it": {fact("the cat sleeps"), true},
		"what may answer it":             {fact("Linh plays another violin, and plays it well"), false},
		"what the filters leave out":     {hidden, true},
		"what has no vector yet":         {unknown, false},
		"a fact of the answer is gone":   {search.Since{Removed: []string{"f00"}}, false},
	} {
		trace, answer := traced(t, hobbies(), q)
		if len(answer.Facts) != 2 || trace.Open {
			t.Fatalf("%d facts, open %v: the test proves nothing", len(answer.Facts), trace.Open)
		}
		if got := trace.Holds(c.since); got != c.want {
			t.Errorf("%s: holds %v; want %v", name, got, c.want)
		}
	}
}

// An answer that follows from more than its facts' own words and vectors never holds.
func TestTraceIsOpen(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pika.Query){
		"fewer facts than asked for": func(q *pika.Query) { q.Limit = 50 },
		"messages":                   func(q *pika.Query) { q.Messages = 3 },
		"neighbours":                 func(q *pika.Query) { q.Related = 3 },
		"least score":                func(q *pika.Query) { q.MinScore = 0.01 },
		"times":                      func(q *pika.Query) { q.Text = "what did Linh play last year" },
		"several questions":          func(q *pika.Query) { q.Text = "which violin does Linh play and what does Linh drink in the morning" },
	} {
		q := question("which violin does Linh play")
		q.Limit = 2
		change(&q)
		if trace, _ := traced(t, hobbies(), q); !trace.Open || trace.Holds(search.Since{}) {
			t.Errorf("%s: open %v", name, trace.Open)
		}
	}
}
