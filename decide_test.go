package pika_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func until(n int) *time.Time {
	t := day(n)
	return &t
}

// lives returns a fact of a single-valued predicate; its ids and hashes are its town.
func lives(id, town string, from int) pika.Fact {
	return pika.Fact{
		ID: id, Predicate: "lives_in", Object: town, ObjectKey: town, SubjectKey: "user", ContentHash: "lives in " + town,
		EffectiveAt: day(from), Sources: []pika.Source{{ConversationID: "c", MessageID: id}},
	}
}

// with returns f changed.
func with(f pika.Fact, change func(*pika.Fact)) pika.Fact {
	change(&f)
	return f
}

func negated(f *pika.Fact) { f.Negated, f.ContentHash = true, "not "+f.ContentHash }

func TestDecide(t *testing.T) {
	t.Parallel()
	hanoi := lives("k", "hanoi", 5)
	many := func(f *pika.Fact) { f.Predicate = "has_pet" }
	for name, c := range map[string]struct {
		candidate pika.Fact
		known     []pika.Fact
		want      pika.Verdict
		begins    *time.Time
		duplicate string
		ends      []pika.EndedFact
		validTo   *time.Time
		by        string
	}{
		"nothing known": {candidate: lives("c", "hue", 1), want: pika.Stored},
		"equal, interval holds the start": {
			candidate: lives("c", "hanoi", 5), known: []pika.Fact{hanoi}, want: pika.Duplicate, duplicate: "k",
		},
		"equal, later": {candidate: lives("c", "hanoi", 9), known: []pika.Fact{hanoi}, want: pika.Duplicate, duplicate: "k"},
		"equal, before the interval": {
			candidate: lives("c", "hanoi", 4), known: []pika.Fact{hanoi}, want: pika.Duplicate, duplicate: "k", begins: until(4),
		},
		"equal, before the interval, of many values": {
			candidate: with(lives("c", "hanoi", 4), many), known: []pika.Fact{with(hanoi, many)}, want: pika.Duplicate, duplicate: "k", begins: until(4),
		},
		"equal, before two of them": {
			candidate: lives("c", "hanoi", 1), known: []pika.Fact{lives("l", "hanoi", 9), hanoi}, want: pika.Duplicate, duplicate: "k", begins: until(1),
		},
		"equal, with another value in between": {
			candidate: lives("c", "hanoi", 1), known: []pika.Fact{hanoi, lives("l", "hue", 3)}, want: pika.Stored, validTo: until(3), by: "l",
		},
		"equal, while another value lasts": {
			candidate: lives("c", "hanoi", 4), known: []pika.Fact{hanoi, with(lives("l", "hue", 3), func(f *pika.Fact) { f.ValidTo, f.SupersededBy = until(5), "k" })},
			want: pika.Duplicate, duplicate: "k", begins: until(4), ends: []pika.EndedFact{{ID: "l", ValidTo: day(4), By: "k"}},
		},
		"equal, before the interval, with an end": {
			candidate: with(lives("c", "hanoi", 2), func(f *pika.Fact) { f.ValidTo = until(3) }), known: []pika.Fact{hanoi}, want: pika.Stored, validTo: until(3),
		},
		"equal, after the interval": {
			candidate: lives("c", "hanoi", 9), known: []pika.Fact{with(hanoi, func(f *pika.Fact) { f.ValidTo = until(9) })},
			want: pika.Stored,
		},
		"equal, ended, the same message": {
			candidate: with(lives("c", "hanoi", 9), func(f *pika.Fact) { f.Sources = hanoi.Sources }),
			known:     []pika.Fact{with(hanoi, func(f *pika.Fact) { f.ValidTo = until(9) })},
			want:      pika.Duplicate, duplicate: "k",
		},
		"the same value in other words": {
			candidate: with(lives("c", "hanoi", 9), func(f *pika.Fact) { f.ContentHash = "resides in hanoi" }),
			known:     []pika.Fact{hanoi}, want: pika.Duplicate, duplicate: "k",
		},
		"the same value of a predicate that holds many, in other words": {
			candidate: with(with(lives("c", "hanoi", 9), func(f *pika.Fact) { f.ContentHash = "other words" }), many),
			known:     []pika.Fact{with(hanoi, many)}, want: pika.Stored,
		},
		"no object in other words": {
			candidate: with(lives("c", "", 9), func(f *pika.Fact) { f.ContentHash = "other words" }),
			known:     []pika.Fact{lives("k", "", 5)}, want: pika.Stored,
		},
		"another value, later": {
			candidate: lives("c", "hue", 9), known: []pika.Fact{hanoi}, want: pika.Superseding,
			ends: []pika.EndedFact{{ID: "k", ValidTo: day(9), By: "c"}},
		},
		"another value of a predicate that holds many": {
			candidate: with(lives("c", "hue", 9), many), known: []pika.Fact{with(hanoi, many)}, want: pika.Stored,
		},
		"another subject": {
			candidate: with(lives("c", "hue", 9), func(f *pika.Fact) { f.SubjectKey = "linh" }), known: []pika.Fact{hanoi}, want: pika.Stored,
		},
		"another value, earlier": {
			candidate: lives("c", "hue", 1), known: []pika.Fact{hanoi}, want: pika.Stored, validTo: until(5), by: "k",
		},
		"another value, earlier and ended by itself": {
			candidate: with(lives("c", "hue", 1), func(f *pika.Fact) { f.ValidTo = until(3) }), known: []pika.Fact{hanoi},
			want: pika.Stored, validTo: until(3),
		},
		"between two": {
			candidate: lives("c", "hue", 7),
			known:     []pika.Fact{lives("l", "vinh", 9), with(hanoi, func(f *pika.Fact) { f.ValidTo = until(9) })},
			want:      pika.Superseding, ends: []pika.EndedFact{{ID: "k", ValidTo: day(7), By: "c"}}, validTo: until(9), by: "l",
		},
		"after one that ended by itself": {
			candidate: lives("c", "hue", 9), known: []pika.Fact{with(hanoi, func(f *pika.Fact) { f.ValidTo = until(7) })}, want: pika.Stored,
		},
		"the same time, a later message": {
			candidate: with(lives("c", "hue", 5), func(f *pika.Fact) { f.SourceIndex = 1 }), known: []pika.Fact{hanoi},
			want: pika.Superseding, ends: []pika.EndedFact{{ID: "k", ValidTo: day(5), By: "c"}},
		},
		"the same time, an earlier message": {
			candidate: lives("c", "hue", 5), known: []pika.Fact{with(hanoi, func(f *pika.Fact) { f.SourceIndex = 1 })},
			want: pika.Stored, validTo: until(5), by: "k",
		},
		"a negation of the value": {
			candidate: with(lives("c", "hanoi", 9), negated), known: []pika.Fact{hanoi}, want: pika.Superseding,
			ends: []pika.EndedFact{{ID: "k", ValidTo: day(9), By: "c"}},
		},
		"a negation of another value": {
			candidate: with(lives("c", "hue", 9), negated), known: []pika.Fact{hanoi}, want: pika.Stored,
		},
		"a value once negated": {
			candidate: lives("c", "hanoi", 9), known: []pika.Fact{with(hanoi, negated)}, want: pika.Superseding,
			ends: []pika.EndedFact{{ID: "k", ValidTo: day(9), By: "c"}},
		},
		"two negations": {
			candidate: with(lives("c", "hue", 9), negated), known: []pika.Fact{with(hanoi, negated)}, want: pika.Stored,
		},
	} {
		d := pika.Decide(c.candidate, c.known)
		if d.Verdict != c.want || d.DuplicateOf != c.duplicate {
			t.Errorf("%s: verdict %s of %q; want %s of %q", name, d.Verdict, d.DuplicateOf, c.want, c.duplicate)
		}
		if diff := cmp.Diff(c.begins, d.Begins); diff != "" {
			t.Errorf("%s: begins (-want +got):\n%s", name, diff)
		}
		if (d.Reason != "") != (c.want == pika.Duplicate) {
			t.Errorf("%s: reason %q", name, d.Reason)
		}
		if diff := cmp.Diff(c.ends, d.Ends, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: ends (-want +got):\n%s", name, diff)
		}
		want := c.candidate
		if c.want != pika.Duplicate {
			want.ValidTo, want.SupersededBy = c.validTo, c.by
		}
		if diff := cmp.Diff(want, d.Fact); diff != "" {
			t.Errorf("%s: fact (-want +got):\n%s", name, diff)
		}
	}
}

// apply is what a store does with a decision.
func apply(known []pika.Fact, candidate pika.Fact) []pika.Fact {
	d := pika.Decide(candidate, slices.Clone(known))
	if d.Verdict == pika.Duplicate {
		return known
	}
	for _, e := range d.Ends {
		i := slices.IndexFunc(known, func(f pika.Fact) bool { return f.ID == e.ID })
		end := e.ValidTo
		known[i].ValidTo, known[i].SupersededBy = &end, e.By
	}
	return append(known, d.Fact)
}

// TestDecideOrder checks that facts of different values end up with the same
// intervals in whatever order they are told.
func TestDecideOrder(t *testing.T) {
	t.Parallel()
	told := []pika.Fact{lives("a", "hanoi", 1), lives("b", "hue", 3), lives("c", "vinh", 5), lives("d", "dalat", 7), lives("e", "saigon", 9)}
	var want []pika.Fact
	permutations(told, func(order []pika.Fact) {
		var known []pika.Fact
		for _, f := range order {
			known = apply(known, f)
		}
		slices.SortFunc(known, func(a, b pika.Fact) int { return a.EffectiveAt.Compare(b.EffectiveAt) })
		if want == nil {
			want = known
		}
		if diff := cmp.Diff(want, known); diff != "" {
			t.Fatalf("another order gives other intervals (-want +got):\n%s", diff)
		}
	})
	for i, f := range want[:len(want)-1] {
		if f.ValidTo == nil || !f.ValidTo.Equal(want[i+1].EffectiveAt) || f.SupersededBy != want[i+1].ID {
			t.Errorf("%s ends at %v by %q; want the start of %s", f.ID, f.ValidTo, f.SupersededBy, want[i+1].ID)
		}
	}
}

func permutations(facts []pika.Fact, visit func([]pika.Fact)) {
	var walk func(done, rest []pika.Fact)
	walk = func(done, rest []pika.Fact) {
		if len(rest) == 0 {
			visit(done)
		}
		for i := range rest {
			walk(append(slices.Clone(done), rest[i]), slices.Concat(rest[:i], rest[i+1:]))
		}
	}
	walk(nil, facts)
}

func TestMayHold(t *testing.T) {
	t.Parallel()
	end := day(5)
	past := pika.Fact{ValidTo: &end, EffectiveAt: end.Add(-pika.UnknownBeginning)}
	since := day(3)
	known := pika.Fact{ValidFrom: &since, ValidTo: &end, EffectiveAt: since}
	for _, c := range []struct {
		name string
		fact pika.Fact
		at   time.Time
		want bool
	}{
		{"an unknown beginning, before the end", past, day(1), true},
		{"an unknown beginning, at the end", past, day(5), false},
		{"a known beginning, before it", known, day(1), false},
		{"a known beginning, within", known, day(4), true},
		{"a known beginning, at the end", known, day(5), false},
	} {
		if got := c.fact.MayHold(c.at); got != c.want {
			t.Errorf("%s: MayHold = %v, want %v", c.name, got, c.want)
		}
	}
}
