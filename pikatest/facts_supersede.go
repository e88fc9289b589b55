package pikatest

import (
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// interval is a fact's life as the tests compare it.
type interval struct {
	Object string
	From   time.Time
	To     string
	By     string
}

// intervals returns the lives of facts by id.
func intervals(t *testing.T, truth Truth, ids ...string) []interval {
	t.Helper()
	facts, err := truth.Get(t.Context(), alice, ids)
	if err != nil {
		t.Fatal(err)
	}
	lives := make([]interval, len(facts))
	for i, f := range facts {
		lives[i] = interval{Object: f.Object, From: f.EffectiveAt, By: f.SupersededBy}
		if f.ValidTo != nil {
			lives[i].To = f.ValidTo.Format(time.RFC3339Nano)
		}
	}
	return lives
}

func at(n int) string { return day(n).Format(time.RFC3339Nano) }

func testSupersession(t *testing.T, truth Truth) {
	hanoi, hue := home(alice, "j1", "Hà Nội", day(1)), home(alice, "j2", "Huế", day(5))
	pet := claim(alice, "j3", 0, "has a cat")
	pet.Predicate, pet.Object = "has_pet", "cat"
	pet2 := claim(alice, "j3", 1, "has a dog")
	pet2.Predicate, pet2.Object = "has_pet", "dog"
	linh := home(alice, "j4", "Vinh", day(6))
	linh.Subject, linh.Text = "Linh", "Linh lives in Vinh"

	commit(t, truth, alice, "j1", hanoi)
	got := commit(t, truth, alice, "j2", hue)
	if got[0].Outcome != pika.Superseding || !slices.Equal(got[0].Supersedes, []string{hanoi.ID}) {
		t.Errorf("outcome of the second home = %+v", got[0])
	}
	wantSame(t, "predicates that hold many", verdicts(commit(t, truth, alice, "j3", withKeys(pet), withKeys(pet2))),
		[]pika.Verdict{pika.Stored, pika.Stored})
	wantSame(t, "another subject", verdicts(commit(t, truth, alice, "j4", withKeys(linh))), []pika.Verdict{pika.Stored})
	wantSame(t, "lives", intervals(t, truth, hanoi.ID, hue.ID), []interval{
		{Object: "Hà Nội", From: day(1), To: at(5), By: hue.ID},
		{Object: "Huế", From: day(5)},
	})
	same := home(alice, "j5", "hue", day(7))
	wantSame(t, "the same home in other letters", verdicts(commit(t, truth, alice, "j5", same)), []pika.Verdict{pika.Duplicate})
	if ids := search(t, truth, alice, pika.CorpusFacts, "Nội"); !slices.Equal(ids, []string{hanoi.ID}) {
		t.Errorf("a superseded fact is found as %v", ids)
	}
}

func testOutOfOrder(t *testing.T, truth Truth) {
	third, first, second := home(alice, "j1", "C", day(9)), home(alice, "j2", "A", day(1)), home(alice, "j3", "B", day(5))
	commit(t, truth, alice, "j1", third)
	wantSame(t, "verdict of the first", verdicts(commit(t, truth, alice, "j2", first)), []pika.Verdict{pika.Stored})
	got := commit(t, truth, alice, "j3", second)
	if got[0].Outcome != pika.Superseding || !slices.Equal(got[0].Supersedes, []string{first.ID}) {
		t.Errorf("outcome of the second = %+v", got[0])
	}
	wantSame(t, "lives", intervals(t, truth, first.ID, second.ID, third.ID), []interval{
		{Object: "A", From: day(1), To: at(5), By: second.ID},
		{Object: "B", From: day(5), To: at(9), By: third.ID},
		{Object: "C", From: day(9)},
	})
}

func testThereAndBack(t *testing.T, truth Truth) {
	a, b, c := home(alice, "j1", "Hà Nội", day(1)), home(alice, "j2", "Đà Nẵng", day(5)), home(alice, "j3", "Hà Nội", day(9))
	// All in one commit: each sees what the one before it did.
	b.ID, c.ID = pika.FactID(alice, "j1", 0, 1), pika.FactID(alice, "j1", 0, 2)
	got := commit(t, truth, alice, "j1", a, b, c)
	wantSame(t, "verdicts", verdicts(got), []pika.Verdict{pika.Stored, pika.Superseding, pika.Superseding})
	wantSame(t, "lives", intervals(t, truth, a.ID, b.ID, c.ID), []interval{
		{Object: "Hà Nội", From: day(1), To: at(5), By: b.ID},
		{Object: "Đà Nẵng", From: day(5), To: at(9), By: c.ID},
		{Object: "Hà Nội", From: day(9)},
	})
}

func testHistory(t *testing.T, truth Truth) {
	a, b := home(alice, "j1", "A", day(1)), home(alice, "j3", "B", day(5))
	again := home(alice, "j2", "A", day(2))
	a.Sources = append(a.Sources, pika.Source{ConversationID: "c2", MessageID: "m2"})
	commit(t, truth, alice, "j1", a)
	commit(t, truth, alice, "j2", again)
	commit(t, truth, alice, "j3", b)
	got, err := truth.History(t.Context(), alice.Tenant, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "history", got, []pika.Revision{
		{FactID: a.ID, Event: "recorded", At: day(20), JobID: "j1", Text: a.Text, Source: &a.Sources[0]},
		{FactID: a.ID, Event: "source_added", At: day(20), JobID: "j1", Source: &a.Sources[1]},
		{FactID: a.ID, Event: "source_added", At: day(20), JobID: "j2", Source: &again.Sources[0]},
		{FactID: a.ID, Event: "superseded", At: day(20), JobID: "j3", By: b.ID},
	})
}
