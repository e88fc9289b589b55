package search_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// askable makes a question of the corpus, or one made of it, to be asked in some way.
func (h *house) askable() pika.Query {
	words := h.questions[h.pick(len(h.questions))].Text
	fact := h.corpus[h.pick(len(h.corpus))]
	switch h.pick(12) {
	case 0:
		words = text.Fold(words)
	case 1:
		words += []string{" last year", " năm ngoái", " in 2025", " tháng trước"}[h.pick(4)]
	case 2:
		words = []string{"what is not ", "Linh không thích "}[h.pick(2)] + words
	case 3: // a slip
		letters := []rune(words)
		at := h.pick(len(letters) - 1)
		letters[at], letters[at+1] = letters[at+1], letters[at]
		words = string(letters)
	case 4:
		words = fact.Text
	case 5:
		if len(fact.Entities) > 0 {
			words = fact.Entities[0].Name + " " + words
		}
	case 6:
		words = strings.Join([]string{words, words, fact.Text}, " ")
	case 7:
		words = strings.TrimRight(words, "?") + []string{" và ", " and ", ", "}[h.pick(3)] + h.questions[h.pick(len(h.questions))].Text
	}
	q := question(words)
	switch h.pick(10) {
	case 0:
		at := h.now.Add(-time.Duration(h.pick(900*24)) * time.Hour)
		q.AsOf = &at
	case 1:
		q.IncludeSuperseded = true
	case 2:
		q.MinScore = 0.2 + 0.6*h.random.Float64()
	case 3:
		q.Mode = pika.ModeVector
	case 4:
		q.Mode = pika.ModeKeyword
	case 5:
		q.Limit = 100
	case 6:
		q.Limit = 1 + h.pick(30)
	}
	return q
}

// change writes, deletes or moves.
func (h *house) change() {
	switch h.pick(5) {
	case 0, 1:
		h.write(1 + h.pick(3))
	case 2:
		h.remove(1 + h.pick(2))
	case 3: // a fact ends another
		lives := h.fact(0)
		lives.Predicate, lives.Subject, lives.Object = "lives_in", "user", fmt.Sprint("town ", h.jobs)
		lives.EffectiveAt = h.now
		h.put([]pika.Fact{lives})
	case 4:
		h.remove(1)
		h.write(1)
	}
	h.now = h.now.Add(time.Duration(h.pick(100)) * time.Minute)
}

// differ says how an answer differs from what a search finds; empty: by nothing. missed is how much better a fact that the answer lacks is than its last one.
func differ(want, got pika.Answer) (what string, missed float64) {
	if len(want.Facts) != len(got.Facts) {
		return fmt.Sprintf("%d facts; want %d", len(got.Facts), len(want.Facts)), 1
	}
	has := map[string]bool{}
	for _, f := range got.Facts {
		has[f.Fact.ID] = true
	}
	last := 0.0
	for i := range want.Facts {
		w, g := want.Facts[i], got.Facts[i]
		last = w.Score
		switch {
		case w.Fact.ID == g.Fact.ID && math.Abs(w.Score-g.Score) > 1e-3:
			what += fmt.Sprintf("%d. score %.5f; want %.5f. ", i, g.Score, w.Score)
		case w.Fact.ID != g.Fact.ID:
			what += fmt.Sprintf("%d. %q %.5f; want %q %.5f. ", i, g.Fact.Text, g.Score, w.Fact.Text, w.Score)
		}
	}
	for _, w := range want.Facts {
		if !has[w.Fact.ID] {
			missed = max(missed, w.Score-last)
		}
	}
	return what, missed
}

// renewals is how often answers were renewed, and how.
type renewals struct {
	renewed, refused, differ int
	inARow                   int
	several                  int     // renewed answers to questions that ask several things
	missed                   float64 // score by which the best fact that an answer lacked was above its last one
}

// A kept answer that is brought up to date again and again is what a search finds, in memories
// of which the vector leg knows every fact: the same facts in the same order. In larger ones
// it may differ by what stood near the edge of what the legs read.
func TestRenewIsWhatASearchFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts, rounds int
		differ        float64 // share of the renewed, at most
		missed        float64
	}{{5, 20, 0, 0}, {30, 15, 0, 0}, {60, 15, 0, 0}, {150, 12, 0, 0}, {450, 8, 0.02, 0.01}, {1500, 5, 0.02, 0.01}} {
		t.Run(fmt.Sprint(c.facts, " facts"), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, uint64(c.facts), c.facts)
			n := h.renewAll(c.rounds)
			t.Logf("%+v", n)
			if float64(n.differ) > c.differ*float64(n.renewed) || n.missed > c.missed {
				t.Errorf("%d of %d renewed answers differ, a missed fact is better by %.4f", n.differ, n.renewed, n.missed)
			}
			if n.renewed < n.refused || n.inARow < 2 || n.several == 0 {
				t.Errorf("%+v: the test proves little", n)
			}
		})
	}
}

// renewAll writes, and renews a third of some kept answers, in so many rounds.
func (h *house) renewAll(rounds int) (n renewals) {
	all := make([]*kept, 40)
	for i := range all {
		all[i] = h.ask(h.askable())
	}
	for range rounds {
		for range 1 + h.pick(3) {
			h.change()
		}
		for i := range all {
			if h.pick(3) == 0 {
				all[i] = h.renewOne(all[i], &n)
			}
		}
	}
	return n
}

// renewOne renews an answer, and returns it, or what a search finds instead.
func (h *house) renewOne(k *kept, n *renewals) *kept {
	h.tb.Helper()
	version := h.version()
	since, ok := h.since(k.version)
	fresh := h.ask(k.query)
	if !ok || (!k.trace.Until.IsZero() && !h.now.Before(k.trace.Until)) {
		return fresh
	}
	answer, next, ok := h.engine.Renew(h.tb.Context(), linh, k.query, throughJSON(h.tb, k.trace), since)
	switch {
	case k.trace.Open:
		if ok {
			h.tb.Errorf("%q: an open trace is renewed", k.query.Text)
		}
		return h.ask(h.askable())
	case !ok:
		n.refused++
		return fresh
	}
	n.renewed++
	n.inARow = max(n.inARow, k.renewed+1)
	n.several += min(len(k.trace.Parts), 1)
	if what, missed := differ(fresh.answer, answer); what != "" {
		n.differ++
		n.missed = max(n.missed, missed)
		h.tb.Logf("%d facts, %+v: after %d renewals, missed %.4f: %.300s", len(h.live), k.query, k.renewed, missed, what)
		return fresh
	}
	return &kept{query: k.query, answer: answer, trace: next, version: version, renewed: k.renewed + 1}
}
