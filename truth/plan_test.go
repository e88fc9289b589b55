package truth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var alice = pika.Scope{Tenant: "acme", User: "alice"}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func lives(id, town string, from time.Time) pika.Fact {
	return pika.Fact{
		ID: id, Text: "User lives in " + town, Predicate: "lives_in", SubjectKey: "user", ObjectKey: town, ContentHash: town,
		EffectiveAt: from, RecordedAt: from, Sources: []pika.Source{{ConversationID: "c", MessageID: id}},
	}
}

func ids(facts []*pika.Fact) []string {
	all := make([]string, len(facts))
	for i, f := range facts {
		all[i] = f.ID
	}
	return all
}

// TestPlanChain: candidates of one commit see each other, and a fact that was new in
// the same commit is created in its final state, not created and then changed.
func TestPlanChain(t *testing.T) {
	t.Parallel()
	known := lives("a", "Huế", day(1))
	fine := day(9).Add(999 * time.Nanosecond)
	p := truth.NewPlan(alice, pika.Commit{JobID: "j", At: fine, Facts: []pika.Fact{
		lives("b", "Hà Nội", day(2)), lives("c", "Đà Nẵng", day(3)), lives("d", "Đà Nẵng", day(4)),
	}}, []pika.Fact{known})
	if diff := cmp.Diff([]string{"b", "c"}, ids(p.Created)); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a"}, ids(p.Changed)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if b := p.Created[0]; b.SupersededBy != "c" || !b.ValidTo.Equal(day(3)) {
		t.Errorf("the second home ends at %v by %q", b.ValidTo, b.SupersededBy)
	}
	if a := p.Changed[0]; a.SupersededBy != "b" || !a.ValidTo.Equal(day(2)) {
		t.Errorf("the first home ends at %v by %q", a.ValidTo, a.SupersededBy)
	}
	var events []string
	for _, r := range p.Revisions {
		events = append(events, r.FactID+" "+r.Event)
		if !r.At.Equal(day(9)) {
			t.Errorf("%s is noted at %v; want whole microseconds", r.Event, r.At)
		}
	}
	want := []string{"b recorded", "a superseded", "c recorded", "b superseded", "c source_added"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := p.Outcomes[2]; got.Outcome != pika.Duplicate || got.FactID != "c" || len(p.Sources["c"]) != 2 {
		t.Errorf("the repetition = %+v with sources %v", got, p.Sources["c"])
	}
}

// TestPlanOrder: what a store returns first must not decide which of two equal facts
// gets the sources of a repetition.
func TestPlanOrder(t *testing.T) {
	t.Parallel()
	one, two := lives("x", "Huế", day(1)), lives("y", "Huế", day(1))
	for range 2 {
		known := []pika.Fact{one, two}
		p := truth.NewPlan(alice, pika.Commit{JobID: "j", Facts: []pika.Fact{lives("z", "Huế", day(2))}}, known)
		if got := p.Outcomes[0].FactID; got != "x" {
			t.Errorf("the repetition proves %s; want the one with the lowest id", got)
		}
		one, two = two, one
	}
}

// TestPlanNames: a plan gives facts its own user and time and does not touch its input.
func TestPlanNames(t *testing.T) {
	t.Parallel()
	candidate := lives("a", "Huế", day(1).Add(time.Nanosecond))
	candidate.UserID, candidate.SupersededBy = "someone else", "b"
	candidate.Sources = append(candidate.Sources, candidate.Sources[0])
	given := []pika.Fact{candidate}
	p := truth.NewPlan(alice, pika.Commit{JobID: "j", At: day(9), Facts: given}, nil)
	made := p.Created[0]
	if made.UserID != "alice" || !made.RecordedAt.Equal(day(9)) || !made.EffectiveAt.Equal(day(1)) || made.SupersededBy != "" || len(made.Sources) != 1 {
		t.Errorf("the fact is created as %+v", made)
	}
	if diff := cmp.Diff(candidate, given[0]); diff != "" {
		t.Errorf("the candidate was changed (-want +got):\n%s", diff)
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	likes := lives("b", "phở", day(1))
	likes.Predicate = "likes"
	hashes, subjects := truth.Asks([]pika.Fact{lives("a", "Huế", day(1)), likes})
	if diff := cmp.Diff([]string{"Huế", "phở"}, hashes); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][2]string{{"user", "lives_in"}}, subjects); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	same := func(s *string) string { return (*s)[:1] }
	if diff := cmp.Diff([]string{"c", "a"}, truth.InOrder([]string{"a", "b", "c"}, []string{"c", "x", "a", "c"}, same)); diff != "" {
		t.Errorf("InOrder (-want +got):\n%s", diff)
	}
	given := []string{"a1", "b1", "a2"}
	if diff := cmp.Diff([]string{"a2", "b1"}, truth.LastOfEach(given, same)); diff != "" {
		t.Errorf("LastOfEach (-want +got):\n%s", diff)
	}
	if !slices.Equal(given, []string{"a1", "b1", "a2"}) {
		t.Errorf("LastOfEach changed its input to %v", given)
	}
}
