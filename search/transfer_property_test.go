package search_test

import (
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

func TestTransferExplore(t *testing.T) {
	for _, size := range []int{30, 150, 250, 450, 1500} {
		h := newHouse(t, uint64(size)+1, size)
		certified, near, nearCertified, all, wrong, differs, chained, renewals, badRenewals := 0, 0, 0, 0, 0, 0, 0, 0, 0
		var kept []*kept
		_ = kept
		for i := range 400 {
			for len(h.live) > size {
				h.remove(1)
			}
			q := h.askable()
			if h.pick(3) > 0 {
				plain := question(q.Text)
				plain.Limit = q.Limit
				q = plain
			}
			a := h.ask(q)
			if i%4 == 0 {
				version := h.version()
				for range 1 + h.pick(4) {
					h.change()
				}
				since, _ := h.since(version)
				if answer, next, ok := h.engine.Renew(t.Context(), linh, q, throughJSON(t, a.trace), since); ok {
					a.answer, a.trace = answer, next
				} else {
					continue
				}
			}
			for j := range 3 {
				b := q
				isNear := j > 0
				if b.Text = h.variant(q.Text); !isNear {
					b.Text = h.questions[h.pick(len(h.questions))].Text
				}
				got, ok := h.engine.Transfer(t.Context(), linh, b, throughJSON(t, a.trace), h.vectorsOf)
				if !ok {
					continue
				}
				all++
				if isNear {
					near++
				}
				if !got.Certified {
					continue
				}
				certified++
				if isNear {
					nearCertified++
				}
				fresh := h.ask(b)
				if !sameAnswer(got.Answer, fresh.answer) {
					wrong++
					what, missed := differ(fresh.answer, got.Answer)
					if wrong < 8 {
						t.Logf("n=%d %q\n -> %q mode=%s asof=%v incl=%v limit=%d missed=%.4f %s\n%v\n%v", size, q.Text, b.Text, b.Mode, b.AsOf != nil, b.IncludeSuperseded, b.Limit, missed, what[:min(len(what), 400)], got.Trace.Silent, fresh.trace.Silent)
					}
				} else if what, _ := differ(fresh.answer, got.Answer); what != "" {
					differs++
					if differs < 3 {
						t.Logf("differs: %q -> %q %s", q.Text, b.Text, what[:min(len(what), 300)])
					}
				}
				if h.pick(3) == 0 { // its own trace is as good
					version := h.version()
					h.change()
					since, _ := h.since(version)
					if answer, next, ok := h.engine.Renew(t.Context(), linh, b, throughJSON(t, got.Trace), since); ok {
						renewals++
						fresh = h.ask(b)
						if what, _ := differ(fresh.answer, answer); what != "" {
							badRenewals++
							if badRenewals < 4 {
								t.Logf("renewed: %q -> %q limit=%d %s", q.Text, b.Text, b.Limit, what[:min(len(what), 300)])
							}
						}
						got.Trace = next
					} else {
						break
					}
					c := b
					c.Text = h.variant(b.Text)
					again, ok := h.engine.Transfer(t.Context(), linh, c, throughJSON(t, got.Trace), h.vectorsOf)
					if ok && again.Certified {
						chained++
						if fresh := h.ask(c); !sameAnswer(again.Answer, fresh.answer) {
							wrong++
							t.Logf("chained: n=%d %q -> %q -> %q", size, q.Text, b.Text, c.Text)
						}
					}
					break
				}
			}
		}
		t.Logf("size %d: %d transferred, %d certified (near %d of %d), %d chained, %d wrong, %d differ in order or score; %d renewed, %d of them differ", size, all, certified, nearCertified, near, chained, wrong, differs, renewals, badRenewals)
	}
}
