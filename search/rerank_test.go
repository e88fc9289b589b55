package search_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// rerankFunc is a pika.Reranker.
type rerankFunc func(ctx context.Context, question string, items []pika.RerankItem) ([]string, error)

func (f rerankFunc) Rerank(ctx context.Context, question string, items []pika.RerankItem) ([]string, error) {
	return f(ctx, question, items)
}

func (m *memory) rerankedBy(f rerankFunc) *search.Engine {
	c := m.config()
	c.Reranker = f
	return search.New(c)
}

// backwards is a reranker that turns the order round.
func backwards(_ context.Context, _ string, items []pika.RerankItem) ([]string, error) {
	var ids []string
	for _, i := range slices.Backward(items) {
		ids = append(ids, i.ID)
	}
	return ids, nil
}

func reranked(words string) pika.Query {
	q := question(words)
	q.Rerank = pika.RerankLLM
	return q
}

func scores(a pika.Answer) []float64 {
	var all []float64
	for _, h := range a.Facts {
		all = append(all, h.Score)
	}
	return all
}

func TestRerank(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	plain := mustSearch(t, m.engine(), linh, question("con mèo của Linh"))
	var asked string
	var seen []pika.RerankItem
	e := m.rerankedBy(func(ctx context.Context, question string, items []pika.RerankItem) ([]string, error) {
		asked, seen = question, items
		return backwards(ctx, question, items)
	})
	q := reranked("con mèo của Linh")
	q.Explain = true
	a := mustSearch(t, e, linh, q)
	want := factIDs(plain)
	slices.Reverse(want)
	if diff := gocmp.Diff(want, factIDs(a)); diff != "" || len(a.Degraded) != 0 {
		t.Errorf("degraded %v, facts (-want +got):\n%s", a.Degraded, diff)
	}
	if diff := gocmp.Diff(scores(plain), scores(a)); diff != "" {
		t.Errorf("scores do not stay with their places (-want +got):\n%s", diff)
	}
	if asked != "con mèo của Linh" || len(seen) != 5 || seen[0] != (pika.RerankItem{ID: "cat", Text: "Linh có con mèo tên Mướp"}) {
		t.Errorf("asked %q about %v", asked, seen)
	}
	for _, h := range a.Facts {
		sum := 0.0
		for _, x := range h.Explain.Addends {
			sum += x
		}
		if math.Abs(search.ScoreOf(sum)-h.Score) > 1e-9 || h.Explain.Fused != h.Score {
			t.Errorf("%s: addends %v make %v, score %v", h.Fact.ID, h.Explain.Addends, search.ScoreOf(sum), h.Score)
		}
	}
}

// Thirty facts are shown, more than the answer holds: one that stood far below may come up.
func TestRerankReadsBelowTheLimit(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 100 {
		m.add(linh, pika.Fact{ID: fmt.Sprintf("f%02d", i), Text: "Linh uống cà phê"})
	}
	shown := 0
	e := m.rerankedBy(func(_ context.Context, _ string, items []pika.RerankItem) ([]string, error) {
		shown = len(items)
		return []string{items[len(items)-1].ID, "unknown", items[len(items)-1].ID, items[1].ID}, nil
	})
	q := reranked("cà phê")
	q.Limit = 3
	a := mustSearch(t, e, linh, q)
	if got := factIDs(a); shown != pika.MaxRerankItems || !slices.Equal(got, []string{"f29", "f01", "f00"}) {
		t.Errorf("%d facts shown, answer %v", shown, got)
	}
	if !slices.IsSortedFunc(scores(a), func(x, y float64) int { return cmp.Compare(y, x) }) {
		t.Errorf("scores %v do not fall", scores(a))
	}
}

// What is below min_score is not shown, and nothing comes up from there.
func TestRerankKeepsMinScore(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := reranked("con mèo tên Mướp")
	all := mustSearch(t, m.engine(), linh, q)
	q.MinScore = all.Facts[1].Score
	shown := 0
	e := m.rerankedBy(func(ctx context.Context, question string, items []pika.RerankItem) ([]string, error) {
		shown = len(items)
		return backwards(ctx, question, items)
	})
	a := mustSearch(t, e, linh, q)
	if want := []string{all.Facts[1].Fact.ID, all.Facts[0].Fact.ID}; shown != 2 || !slices.Equal(factIDs(a), want) {
		t.Errorf("%d facts shown, answer %v; want %v", shown, factIDs(a), want)
	}
}

// Whatever a reranker does, the answer comes in time, with the order it had.
func TestRerankFailures(t *testing.T) {
	t.Parallel()
	plain := factIDs(mustSearch(t, linhsMemory().engine(), linh, question("con mèo của Linh")))
	for name, f := range map[string]rerankFunc{
		"none configured": nil,
		"fails": func(context.Context, string, []pika.RerankItem) ([]string, error) {
			return nil, pika.Errorf(pika.RateLimited, "slow down")
		},
		"fails with an order": func(_ context.Context, _ string, items []pika.RerankItem) ([]string, error) {
			return []string{items[4].ID}, errors.New("down")
		},
		"panics": func(context.Context, string, []pika.RerankItem) ([]string, error) { panic("broken") },
		"hangs": func(ctx context.Context, _ string, _ []pika.RerankItem) ([]string, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := linhsMemory().engine()
				if f != nil {
					e = linhsMemory().rerankedBy(f)
				}
				q := reranked("con mèo của Linh")
				q.Deadline = 2 * time.Second
				started := time.Now()
				a := mustSearch(t, e, linh, q)
				if took := time.Since(started); took > 1900*time.Millisecond {
					t.Errorf("took %v", took)
				}
				if !slices.Equal(factIDs(a), plain) || !slices.Equal(a.Degraded, []pika.Leg{pika.LegRerank}) {
					t.Errorf("facts %v, degraded %v; want %v without rerank", factIDs(a), a.Degraded, plain)
				}
			})
		})
	}
}

// A reranker is asked only where it was asked for, there is something to order, and time
// to do it.
func TestRerankIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*pika.Query)
		calls    int64
		degraded bool
	}{
		"asked for":          {func(*pika.Query) {}, 1, false},
		"none":               {func(q *pika.Query) { q.Rerank = pika.RerankNone }, 0, false},
		"not said":           {func(q *pika.Query) { q.Rerank = "" }, 0, false},
		"just time enough":   {func(q *pika.Query) { q.Deadline = 160 * time.Millisecond }, 1, false},
		"no time":            {func(q *pika.Query) { q.Deadline = 155 * time.Millisecond }, 0, true},
		"nothing to order":   {func(q *pika.Query) { q.Filters.Categories = []string{"work"} }, 0, false},
		"only one above the": {func(q *pika.Query) { q.MinScore = 1 }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int64
				e := linhsMemory().rerankedBy(func(context.Context, string, []pika.RerankItem) ([]string, error) {
					calls.Add(1)
					return nil, nil
				})
				q := reranked("con mèo của Linh")
				c.change(&q)
				a := mustSearch(t, e, linh, q)
				if calls.Load() != c.calls || slices.Contains(a.Degraded, pika.LegRerank) != c.degraded {
					t.Errorf("%d calls, degraded %v", calls.Load(), a.Degraded)
				}
			})
		})
	}
}

// A reranker that keeps failing is left alone for a while, and closes no other leg.
func TestRerankBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		e := linhsMemory().rerankedBy(func(context.Context, string, []pika.RerankItem) ([]string, error) {
			calls.Add(1)
			return nil, pika.Errorf(pika.Unavailable, "down")
		})
		for range 50 {
			if a := mustSearch(t, e, linh, reranked("con mèo của Linh")); len(a.Facts) != 5 || !slices.Equal(a.Degraded, []pika.Leg{pika.LegRerank}) {
				t.Fatalf("facts %v, degraded %v", factIDs(a), a.Degraded)
			}
		}
		if n := calls.Load(); n == 0 || n > 10 {
			t.Errorf("%d calls of 50 searches; want a few", n)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
}

// A message that a fact tells is told by a fact of the answer, not by one that reranking
// put out of it.
func TestRerankDecidesWhatIsTold(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := reranked("con mèo nhà mình vừa đẻ")
	q.Limit, q.Messages = 1, 2
	m.add(linh, pika.Fact{ID: "litter", Text: "Con mèo của Linh vừa đẻ", Sources: []pika.Source{{ConversationID: "c1", MessageID: "1"}}})
	key := pika.MessageKey(linh, "c1", "1")
	m.say(linh, pika.StoredMessage{Key: key, ConversationID: "c1", MessageID: "1", Content: "con mèo nhà mình vừa đẻ"})
	last := func(_ context.Context, _ string, items []pika.RerankItem) ([]string, error) {
		return []string{items[len(items)-1].ID}, nil
	}
	told, kept := mustSearch(t, m.engine(), linh, q), mustSearch(t, m.rerankedBy(last), linh, q)
	scoreOf := func(a pika.Answer) float64 {
		for _, h := range a.Messages {
			if h.Message.Key == key {
				return h.Score
			}
		}
		return 0
	}
	if told.Facts[0].Fact.ID != "litter" || kept.Facts[0].Fact.ID == "litter" || scoreOf(kept) <= scoreOf(told) {
		t.Errorf("facts %v and %v, the message's scores %v and %v", factIDs(told), factIDs(kept), scoreOf(told), scoreOf(kept))
	}
}
