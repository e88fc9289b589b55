package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// crowded is a memory of many facts about tea, and a few of pets that say as little of
// it as can be.
func crowded(n int) *memory {
	m := newMemory()
	for i := range n {
		m.add(linh, pika.Fact{ID: fmt.Sprintf("tea%05d", i), Text: fmt.Sprintf("Linh drinks green tea %d every morning", i), Category: "food"})
	}
	m.add(linh,
		pika.Fact{ID: "cat", Text: "Mướp", Category: "pets"},
		pika.Fact{ID: "dog", Text: "Bơ sủa", Category: "pets"},
	)
	return m
}

// A filter that leaves few of many facts finds them, however many others fit the
// question better, in one reading of every leg.
func TestFilterLeavesFew(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]bool{"exact index": false, "index and raw vectors": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := crowded(3000)
			c := m.config()
			if raw {
				c.Raw = settledOf{unsettledOf{m: m}}
			}
			q := question("green tea every morning")
			q.Filters.Categories = []string{"pets"}
			a := mustSearch(t, search.New(c), linh, q)
			if got := factIDs(a); len(got) != 2 || !slices.Contains(got, "cat") || !slices.Contains(got, "dog") || len(a.Degraded) != 0 {
				t.Errorf("facts %v, degraded %v", got, a.Degraded)
			}
			if v, k := m.count(pika.LegVectors), m.count(pika.LegKeyword); v != 1 || k != 1 {
				t.Errorf("the index was asked %d times, the keywords %d times", v, k)
			}
			q.Filters.Categories = []string{"nothing"}
			if a := mustSearch(t, search.New(c), linh, q); len(a.Facts) != 0 || len(a.Degraded) != 0 {
				t.Errorf("facts %v, degraded %v", factIDs(a), a.Degraded)
			}
		})
	}
}

// What a filter leaves may not be known, or be too much: the filter holds all the same.
func TestFilterWithoutMatching(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(context.Context) error{
		"fails": func(context.Context) error { return errors.New("no") }, "hangs": hang,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := linhsMemory()
			m.fail(matching, fault)
			q := question("con mèo tên gì")
			q.Filters.Categories = []string{"work"}
			q.Deadline /= 10
			for _, f := range mustSearch(t, m.engine(), linh, q).Facts {
				if f.Fact.Category != "work" {
					t.Errorf("found %s", f.Fact.ID)
				}
			}
		})
	}
	m := crowded(1500)
	q := question("tea")
	q.Filters.Categories = []string{"food"}
	if got := factIDs(mustSearch(t, m.engine(), linh, q)); len(got) != q.Limit {
		t.Errorf("facts %v", got)
	}
}

// settledOf is the truth's vectors, all settled.
type settledOf struct{ unsettledOf }

func (o settledOf) RawVectors(_ context.Context, scope pika.Scope, corpus pika.Corpus, _ pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
	var rows []pika.Vector
	texts := o.m.texts(scope, corpus)
	for _, id := range ids {
		rows = append(rows, pika.Vector{ID: id, Values: trigrams(texts[id])})
	}
	return rows, nil
}
