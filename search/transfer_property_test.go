package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// variant asks nearly the same.
func (h *house) variant(words string) string {
	all := strings.Fields(words)
	switch at := h.pick(len(all)); h.pick(8) {
	case 0:
		return "cho mình hỏi " + words + " nhỉ"
	case 1:
		return "please tell me " + words
	case 2:
		return strings.Join(slices.Delete(all, at, at+1), " ")
	case 3:
		return text.Fold(words)
	case 4:
		return strings.ToLower(words) + " " + all[at]
	case 5:
		all[at] = strings.Fields(h.corpus[h.pick(len(h.corpus))].Text)[0]
		return strings.Join(all, " ")
	case 6:
		slices.Reverse(all)
		return strings.Join(all, " ")
	}
	if e := h.corpus[h.pick(len(h.corpus))].Entities; len(e) > 0 {
		return words + " " + e[0].Name
	}
	return words + " Linh"
}

// sameAnswer is what package cache counts as right.
func sameAnswer(given, fresh pika.Answer) bool {
	if len(fresh.Facts) == 0 || len(given.Facts) == 0 {
		return len(fresh.Facts) == len(given.Facts)
	}
	shared, ids := 0, factIDs(fresh)
	for _, id := range factIDs(given) {
		if slices.Contains(ids, id) {
			shared++
		}
	}
	return factIDs(given)[0] == ids[0] && float64(shared) >= 0.9*float64(len(ids))
}

// transfers is how often questions were answered from what was ranked for others.
type transfers struct {
	made, certified      int
	wrong                int // certified, and not what a search finds by what package cache counts as right
	differ               int // … in the order or the score of some fact
	renewed, differAfter int // certified ones that were renewed
}

// A certified answer from another question's ranking is what a search finds, however different
// the questions are, after writes, and when it is itself the other question's. In large memories
// the keyword leg finds the best facts alone: which of those at its edge it finds is not known,
// and may move a fact within the answer.
func TestCertifiedIsWhatASearchFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts, questions int
		differ           float64 // share of the certified, at most
	}{{30, 30, 0}, {150, 30, 0}, {250, 30, 0.1}, {450, 40, 0.1}, {1500, 40, 0.5}} {
		t.Run(fmt.Sprint(c.facts, " facts"), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, uint64(c.facts)+1, c.facts)
			var n transfers
			for i := range c.questions {
				for len(h.live) > c.facts {
					h.remove(1)
				}
				h.transferAll(h.otherQuestions(), i%4 == 0, &n)
			}
			t.Logf("%+v", n)
			if n.wrong > 0 || float64(n.differ+n.differAfter) > c.differ*float64(n.certified) {
				t.Errorf("%d of %d certified answers are wrong, %d differ, and %d of %d that were renewed", n.wrong, n.certified, n.differ, n.differAfter, n.renewed)
			}
			if n.certified < 3 {
				t.Errorf("%+v: the test proves little", n)
			}
		})
	}
}

// Near misses are questions that look alike and have other answers.
func TestCertifiedNearMisses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3, 300)
	var n transfers
	for _, file := range []string{"near_miss.vi.jsonl", "near_miss.en.jsonl"} {
		for i, pair := range linesOf[struct{ A, B string }](t, "../bench/cache/testdata/pairs/"+file) {
			if i%4 == 0 {
				h.transferAll([]pika.Query{question(pair.A), question(pair.B)}, false, &n)
			}
		}
	}
	t.Logf("%+v", n)
	if n.wrong > 0 || n.differ > 0 || n.certified < 10 {
		t.Errorf("%d of %d certified answers are wrong, %d differ", n.wrong, n.certified, n.differ)
	}
}

// otherQuestions returns a question, another one, and two that ask nearly the same as the first.
func (h *house) otherQuestions() []pika.Query {
	q := h.askable()
	if h.pick(3) > 0 {
		limit := q.Limit
		q = question(q.Text)
		q.Limit = limit
	}
	all := []pika.Query{q, q, q, q}
	all[1].Text = h.questions[h.pick(len(h.questions))].Text
	all[2].Text, all[3].Text = h.variant(q.Text), h.variant(q.Text)
	return all
}

// transferAll asks the first question and answers the others from its ranking, which may be
// renewed before.
func (h *house) transferAll(questions []pika.Query, write bool, n *transfers) {
	h.tb.Helper()
	k := h.ask(questions[0])
	if write {
		for range 1 + h.pick(4) {
			h.change()
		}
		since, _ := h.since(k.version)
		_, next, ok := h.engine.Renew(h.tb.Context(), linh, k.query, throughJSON(h.tb, k.trace), since)
		if !ok {
			return
		}
		k.trace, k.version = next, h.version()
	}
	for _, q := range questions[1:] {
		if next := h.transferOne(k, q, n); next != nil && h.pick(3) == 0 {
			q.Text = h.variant(q.Text)
			h.transferOne(next, q, n)
			h.change()
			h.renewTransferred(next, n)
			return
		}
	}
}

// transferOne answers a question from what another one ranked, and returns it if it is certified.
func (h *house) transferOne(k *kept, q pika.Query, n *transfers) *kept {
	h.tb.Helper()
	made, ok := h.engine.Transfer(h.tb.Context(), linh, q, throughJSON(h.tb, k.trace), h.vectorsOf)
	if !ok {
		return nil
	}
	n.made++
	if !made.Certified() {
		return nil
	}
	n.certified++
	fresh := h.ask(q)
	what, missed := differ(fresh.answer, made.Answer)
	switch {
	case !sameAnswer(made.Answer, fresh.answer):
		n.wrong++
		h.tb.Logf("wrong: %d facts, %q, then %+v, missed %.4f: %.300s", len(h.live), k.query.Text, q, missed, what)
		return nil
	case what != "":
		n.differ++
		h.tb.Logf("%d facts, %q, then %+v, missed %.4f: %.300s", len(h.live), k.query.Text, q, missed, what)
	}
	return &kept{query: q, answer: made.Answer, trace: made.Trace, version: h.version()}
}

func (h *house) renewTransferred(k *kept, n *transfers) {
	h.tb.Helper()
	since, ok := h.since(k.version)
	if !ok || k.trace.Open {
		return
	}
	answer, _, ok := h.engine.Renew(h.tb.Context(), linh, k.query, throughJSON(h.tb, k.trace), since)
	if !ok {
		return
	}
	n.renewed++
	if what, missed := differ(h.ask(k.query).answer, answer); what != "" {
		n.differAfter++
		h.tb.Logf("renewed: %d facts, %+v, missed %.4f: %.300s", len(h.live), k.query, missed, what)
	}
}
