package search_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

var _ = os.Getenv

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

// differ says how an answer differs from what a search finds; empty: by nothing but what
// ties. missed is how much better a fact that the answer lacks is than its last one.
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
		case w.Fact.ID != g.Fact.ID && math.Abs(w.Score-g.Score) > 1e-4:
			what += fmt.Sprintf("%d. %q %.5f; want %q %.5f. ", i, g.Fact.Text, g.Score, w.Fact.Text, w.Score)
		case w.Fact.ID != g.Fact.ID:
			what += fmt.Sprintf("tie %d ", i)
		}
	}
	for _, w := range want.Facts {
		if !has[w.Fact.ID] {
			missed = max(missed, w.Score-last)
		}
	}
	return what, missed
}

func TestRenewExplore(t *testing.T) {
	for _, size := range []int{5, 30, 60, 150, 450, 1500} {
		h := newHouse(t, uint64(size), size)
		var all []*kept
		for range 60 {
			all = append(all, h.ask(h.askable()))
		}
		renewed, refused, open, wrong, most := 0, 0, 0, 0, 0
		reasons := map[string]int{}
		for range 40 {
			for range 1 + h.pick(3) {
				h.change()
			}
			for i, k := range all {
				if h.pick(3) > 0 {
					continue
				}
				version := h.version()
				since, ok := h.since(k.version)
				if !ok || (!k.trace.Until.IsZero() && !h.now.Before(k.trace.Until)) {
					all[i] = h.ask(k.query)
					continue
				}
				answer, next, ok := h.engine.Renew(t.Context(), linh, k.query, throughJSON(t, k.trace), since)
				fresh := h.ask(k.query)
				if !ok {
					refused++
					if k.trace.Open {
						open++
						fresh = h.ask(h.askable())
					}
					all[i] = fresh
					continue
				}
				renewed++
				most = max(most, k.renewed+1)
				if what, missed := differ(fresh.answer, answer); what != "" {
					wrong++
					reasons[fmt.Sprintf("mode=%s asof=%v incl=%v min=%v limit=%d whole=%v periods", k.query.Mode, k.query.AsOf != nil, k.query.IncludeSuperseded, k.query.MinScore > 0, k.query.Limit, k.trace.Whole)]++
					if wrong <= 3 {
						t.Logf("scale %v hits %d low %v sum %d; fresh %v %d %v", next.Scale, next.Hits, next.Low, len(next.Below)/8+len(next.Pool), fresh.trace.Scale, fresh.trace.Hits, fresh.trace.Low)
						t.Logf("n=%d %q mode=%s asof=%v incl=%v min=%v limit=%d whole=%v pool=%d hits=%d drift=%d renewed=%d missed=%.4f:\n%.600s", size, k.query.Text, k.query.Mode, k.query.AsOf != nil, k.query.IncludeSuperseded, k.query.MinScore, k.query.Limit, k.trace.Whole, len(k.trace.Pool), k.trace.Hits, k.trace.Drift, k.renewed, missed, what)
					}
					all[i] = fresh
					continue
				}
				all[i] = &kept{query: k.query, answer: answer, trace: next, version: version, renewed: k.renewed + 1}
			}
		}
		t.Logf("size %d: %d renewed (up to %d in a row), %d refused (%d open), %d wrong %v", size, renewed, most, refused, open, wrong, reasons)
	}
}
