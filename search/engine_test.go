package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func linhsMemory() *memory {
	m := newMemory()
	m.add(linh,
		pika.Fact{ID: "cat", Text: "Linh có con mèo tên Mướp", Category: "pets", Language: "vi"},
		pika.Fact{ID: "dog", Text: "Linh nuôi chó corgi tên Bơ", Category: "pets", Language: "vi"},
		pika.Fact{ID: "job", Text: "Linh làm kế toán ở Đà Nẵng", Category: "work", Language: "vi"},
		pika.Fact{ID: "tea", Text: "Linh drinks green tea every morning", Category: "food", Language: "en"},
		pika.Fact{ID: "car", Text: "Biển số xe của Linh là 43D1-567.89", Category: "possessions", Language: "vi"},
	)
	m.say(linh,
		pika.StoredMessage{Key: "k1", ConversationID: "c1", MessageID: "1", Content: "con mèo nhà mình vừa đẻ"},
		pika.StoredMessage{Key: "k2", ConversationID: "c2", MessageID: "2", Content: "hôm nay trời mưa to"},
	)
	m.add(other, pika.Fact{ID: "hers", Text: "Hoa có con mèo tên Mun"})
	m.say(other, pika.StoredMessage{Key: "k9", ConversationID: "c1", MessageID: "1", Content: "con mèo của Hoa"})
	return m
}

func TestSearch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		q    pika.Query
		want string // the first fact
	}{
		{"with diacritics", question("con mèo tên gì"), "cat"},
		{"without", question("con meo cua Linh ten gi"), "cat"},
		{"đ folded", question("lam o da nang"), "job"},
		{"an id", question("43D1-567.89"), "car"},
		{"vectors alone", pika.Query{Text: "green teas", Limit: 3, Mode: pika.ModeVector, Deadline: time.Second}, "tea"},
		{"keyword alone", pika.Query{Text: "corgi", Limit: 3, Mode: pika.ModeKeyword, Deadline: time.Second}, "dog"},
	}
	e := linhsMemory().engine()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := mustSearch(t, e, linh, tt.q)
			if ids := factIDs(a); len(ids) == 0 || ids[0] != tt.want {
				t.Errorf("facts %v; want %s first", ids, tt.want)
			}
			if a.Tier != pika.TierNone || len(a.Degraded) != 0 || len(a.Messages) != 0 {
				t.Errorf("tier %q, degraded %v, %d messages", a.Tier, a.Degraded, len(a.Messages))
			}
			if slices.Contains(factIDs(a), "hers") {
				t.Error("another user's fact came back")
			}
		})
	}
}

func TestSearchUsesOnlyTheLegsOfItsMode(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := question("mèo")
	q.Mode = pika.ModeKeyword
	if got := factIDs(mustSearch(t, m.engine(), linh, q)); !cmp.Equal(got, []string{"cat"}) {
		t.Errorf("keyword found %v; want only the fact with the word", got)
	}
	if m.count(pika.LegEmbedder)+m.count(pika.LegVectors) != 0 {
		t.Error("mode keyword embedded the question")
	}
	q.Mode = pika.ModeVector
	mustSearch(t, m.engine(), linh, q)
	if got := m.count(pika.LegKeyword); got != 1 {
		t.Errorf("%d keyword calls; want the one of mode keyword", got)
	}
}

func TestSearchMessages(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := question("con mèo")
	q.Messages = 5
	a := mustSearch(t, m.engine(), linh, q)
	if len(a.Messages) != 2 || a.Messages[0].Message.Key != "k1" || a.Messages[0].Score <= a.Messages[1].Score {
		t.Errorf("messages %+v; want k1 before k2", a.Messages)
	}
	if got := m.count(pika.LegEmbedder); got != 1 {
		t.Errorf("the question was embedded %d times; want once", got)
	}
	q.Filters.ConversationID = "c2"
	a = mustSearch(t, m.engine(), linh, q)
	if len(a.Messages) != 1 || a.Messages[0].Message.Key != "k2" {
		t.Errorf("messages of c2: %+v", a.Messages)
	}
}

func TestSearchExplains(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := question("mèo Mướp")
	q.Explain = true
	a := mustSearch(t, m.engine(), linh, q)
	first, last := a.Facts[0], a.Facts[len(a.Facts)-1]
	if x := first.Explain; x == nil || x.Vector == nil || x.Vector.Rank != 1 || x.Keyword == nil || x.Keyword.Rank != 1 || x.Graph != nil || x.Fused != first.Score {
		t.Errorf("explanation of the first: %+v", x)
	}
	if x := last.Explain; x == nil || x.Vector == nil || x.Keyword != nil {
		t.Errorf("explanation of the last: %+v; want no keyword place", x)
	}
	q.Explain = false
	if a := mustSearch(t, m.engine(), linh, q); a.Facts[0].Explain != nil {
		t.Error("explained without being asked")
	}
}

func TestSearchLimitAndMinScore(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	q := question("con mèo tên Mướp")
	all := mustSearch(t, m.engine(), linh, q).Facts
	q.Limit = 2
	if got := len(mustSearch(t, m.engine(), linh, q).Facts); got != 2 {
		t.Errorf("%d facts; want 2", got)
	}
	q.Limit, q.MinScore = 10, all[1].Score
	if got := len(mustSearch(t, m.engine(), linh, q).Facts); got != 2 {
		t.Errorf("%d facts at min_score of the second; want 2", got)
	}
	q.MinScore = 1
	if got := len(mustSearch(t, m.engine(), linh, q).Facts); got != 0 {
		t.Errorf("%d facts at min_score 1; want none", got)
	}
}

func TestSearchIsDeterministic(t *testing.T) {
	t.Parallel()
	e, q := linhsMemory().engine(), question("Linh")
	q.Messages, q.Explain = 10, true
	want := mustSearch(t, e, linh, q)
	for range 20 {
		if diff := cmp.Diff(want, mustSearch(t, e, linh, q)); diff != "" {
			t.Fatalf("answers differ:\n%s", diff)
		}
	}
}

func TestSearchDropsWhatTheTruthDeleted(t *testing.T) {
	t.Parallel()
	m := linhsMemory()
	m.add(linh, pika.Fact{ID: "gone", Text: "Linh có con mèo tên Mun", Extractor: "deleted"})
	if got := factIDs(mustSearch(t, m.engine(), linh, question("con mèo tên Mun"))); slices.Contains(got, "gone") {
		t.Errorf("a deleted fact came back: %v", got)
	}
}

// Only one fact in 3,000 passes the filter, and it is the worst hit of both legs. What
// metadata leaves the truth does not say before.
func TestSearchReadsDeeperWhenFiltersLeaveTooFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // however slow the machine, the deadline is far
		m := newMemory()
		for i := range 3000 {
			m.add(linh, pika.Fact{ID: fmt.Sprintf("f%04d", i), Text: fmt.Sprintf("Linh mua cà phê sữa đá lần %d", i), Category: "food"})
		}
		m.add(linh, pika.Fact{ID: "wanted", Text: "zzz", Metadata: pika.Metadata{"channel": "app"}})
		q := question("Linh mua cà phê")
		q.Filters.Metadata = pika.Metadata{"channel": "app"}
		if got := factIDs(mustSearch(t, m.engine(), linh, q)); !cmp.Equal(got, []string{"wanted"}) {
			t.Errorf("facts %v; want the one that passes", got)
		}
		if want := []int{400, 1600, 6400}; !cmp.Equal(m.limits, want) {
			t.Errorf("depths of the vector leg %v; want %v", m.limits, want)
		}
		read := 0
		for _, n := range m.reads {
			read += n
			if n > pika.MaxPageLimit {
				t.Errorf("one read asked for %d facts", n)
			}
		}
		if read != 3001 {
			t.Errorf("%d facts were read; want each of 3001 once", read)
		}
	})
}

func TestSearchReadsNoDeeperThanNeeded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 1000 {
		m.add(linh, pika.Fact{ID: fmt.Sprintf("f%04d", i), Text: fmt.Sprintf("Linh mua cà phê lần %d", i)})
	}
	mustSearch(t, m.engine(), linh, question("cà phê"))
	if !cmp.Equal(m.limits, []int{400}) || !cmp.Equal(m.reads, []int{40}) {
		t.Errorf("depths %v, reads %v; want one of each", m.limits, m.reads)
	}
}

func TestSearchOfAnEmptyMemory(t *testing.T) {
	t.Parallel()
	a := mustSearch(t, newMemory().engine(), linh, question("mèo"))
	if len(a.Facts) != 0 || len(a.Degraded) != 0 {
		t.Errorf("answer %+v; want an empty one", a)
	}
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	e := linhsMemory().engine()
	if _, err := e.Search(t.Context(), linh, question(" ")); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("blank question: %v", err)
	}
	if _, err := e.Search(t.Context(), pika.Scope{Tenant: "t"}, question("a")); pika.CodeOf(err) != pika.Invalid {
		t.Errorf("no user: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Search(ctx, linh, question("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m, registry := linhsMemory(), prometheus.NewRegistry()
	m.fail(pika.LegVectors, func(context.Context) error { return errors.New("down") })
	e := search.New(search.Config{Facts: m, Messages: messagesOf{m: m}, Keyword: m, Index: pika.FixedIndex(embedderOf{m}, vectorsOf{m: m}), Registerer: registry})
	mustSearch(t, e, linh, question("mèo"))
	n, err := testutil.GatherAndCount(registry, "pika_search_duration_seconds", "pika_search_leg_duration_seconds", "pika_search_leg_failures_total")
	if err != nil || n != 17 { // one search, eight legs twice
		t.Errorf("%d series, %v; want 17", n, err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("metric names: %v, %v", problems, err)
	}
}

// Any bytes: an answer, or Invalid.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"mèo", "' OR 1=1 --", "MATCH (n) DETACH DELETE n", `user_id == "x"`, "🐱🐱", "a", "\x00", "*\"(:^", "ﷺ", "đ Đ", "\xff"} {
		f.Add(s)
	}
	e := linhsMemory().engine()
	f.Fuzz(func(t *testing.T, words string) {
		q := question(words)
		q.Messages = 3
		a, err := e.Search(t.Context(), linh, q)
		if err != nil {
			if pika.CodeOf(err) != pika.Invalid {
				t.Fatalf("Search(%q) = %v", words, err)
			}
			return
		}
		for _, h := range a.Facts {
			if h.Fact.ID == "hers" {
				t.Fatalf("Search(%q) returned another user's fact", words)
			}
		}
	})
}
