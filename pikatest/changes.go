package pikatest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/pikamem/pika"
)

// changesSince returns the changes of a user without their versions, after checking that
// those are since+1, since+2, … and that the last is the user's.
func changesSince(t *testing.T, truth Truth, scope pika.Scope, since int64) []pika.Change {
	t.Helper()
	changes, whole, err := truth.ChangesSince(t.Context(), scope, since)
	if err != nil || !whole {
		t.Fatalf("ChangesSince(%d): whole %v, %v", since, whole, err)
	}
	for i := range changes {
		if want := since + 1 + int64(i); changes[i].Version != want {
			t.Errorf("change %d after version %d has version %d", i, since, changes[i].Version)
		}
		changes[i].Version = 0
	}
	if v, err := truth.Version(t.Context(), scope); err != nil || v != since+int64(len(changes)) {
		t.Errorf("Version = %d, %v; want %d", v, err, since+int64(len(changes)))
	}
	return changes
}

// testChanges checks that everything that changes what searches may answer is noted, in
// the same transaction, and nothing else.
func testChanges(t *testing.T, truth Truth) {
	wantSame(t, "changes of nobody", changesSince(t, truth, alice, 0), []pika.Change(nil))
	a := home(alice, "j1", "A", day(1))
	commit(t, truth, alice, "j1", a)
	b := home(alice, "j2", "B", day(5))
	commit(t, truth, alice, "j2", b)
	wantSame(t, "a fact, and one that supersedes it", changesSince(t, truth, alice, 0), []pika.Change{
		{Added: []string{a.ID}}, {Added: []string{b.ID}, Touched: []string{a.ID}},
	})
	commit(t, truth, alice, "j2", b)
	put(t, truth, bob, said(bob, "m1", "hi"))
	wantSame(t, "the same commit again, and another's message", changesSince(t, truth, alice, 2), []pika.Change(nil))
	m := said(alice, "m1", "hi")
	put(t, truth, alice, m)
	put(t, truth, alice, m)
	if _, err := truth.Delete(t.Context(), alice.Tenant, a.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "a message, the same again, and a deletion", changesSince(t, truth, alice, 2), []pika.Change{
		{Messages: []string{m.Key}}, {Touched: []string{a.ID}},
	})
	noted := pika.Change{Added: []string{b.ID}, Messages: []string{"k"}}
	if v, err := truth.NoteChange(t.Context(), alice, noted); err != nil || v != 5 {
		t.Errorf("NoteChange = %d, %v; want 5", v, err)
	}
	wantSame(t, "a noted change", changesSince(t, truth, alice, 4), []pika.Change{noted})
	c, d := home(alice, "j5", "C", day(7)), home(alice, "j6", "D", day(9))
	commit(t, truth, alice, "j5", c)
	commit(t, truth, alice, "j6", d)
	if _, err := truth.Delete(t.Context(), alice.Tenant, d.ID, day(22)); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "the deletion of a fact that had ended another", changesSince(t, truth, alice, 7), []pika.Change{
		{Added: []string{c.ID}, Touched: []string{d.ID}},
	})
	wantSame(t, "changes of another", changesSince(t, truth, bob, 0), []pika.Change{{Messages: []string{pika.MessageKey(bob, "c1", "m1")}}})
	if _, whole, err := truth.ChangesSince(t.Context(), alice, 99); whole || err != nil {
		t.Errorf("changes since a version that was never reached: whole %v, %v", whole, err)
	}
}

func testChangesBounded(t *testing.T, truth Truth) {
	many := make([]string, pika.MaxChangeIDs+1)
	for i := range many {
		many[i] = fmt.Sprint("id", i)
	}
	for _, c := range []pika.Change{{}, {Added: many}, {Everything: true, Added: []string{"x"}}} {
		v, err := truth.NoteChange(t.Context(), alice, c)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "a change of everything", changesSince(t, truth, alice, v-1), []pika.Change{{Everything: true}})
	}
	for i := range pika.MaxChanges + 3 {
		if _, err := truth.NoteChange(t.Context(), alice, pika.Change{Added: []string{fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := truth.Version(t.Context(), alice)
	if err != nil || last != pika.MaxChanges+6 {
		t.Errorf("Version = %d, %v", last, err)
	}
	if n := len(changesSince(t, truth, alice, last-pika.MaxChanges)); n != pika.MaxChanges {
		t.Errorf("%d changes are kept; want %d", n, pika.MaxChanges)
	}
	if _, whole, err := truth.ChangesSince(t.Context(), alice, last-pika.MaxChanges-1); whole || err != nil {
		t.Errorf("changes since before those that are kept: whole %v, %v", whole, err)
	}
}

// testChangesAtOnce: no two changes share a version, and none is lost.
func testChangesAtOnce(t *testing.T, truth Truth) {
	const writers, each = 4, 5
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				job := fmt.Sprint("j", w, "-", i)
				if _, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: job, At: day(20), Facts: []pika.Fact{claim(alice, job, 0, job)}}); err != nil {
					t.Error(err)
				}
				if _, err := truth.NoteChange(t.Context(), alice, pika.Change{Messages: []string{job}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(changesSince(t, truth, alice, 0)); n != 2*writers*each {
		t.Errorf("%d changes; want %d", n, 2*writers*each)
	}
}
