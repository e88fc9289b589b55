package pikatest

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
)

func testOutbox(t *testing.T, truth Truth) {
	plain, linked := claim(alice, "j1", 0, "plain"), claim(bob, "j2", 0, "linked")
	linked.Entities = []pika.Entity{{ID: pika.EntityID(bob, "huế"), Name: "Huế", Type: "place"}}
	for i, c := range []struct {
		scope pika.Scope
		fact  pika.Fact
	}{{alice, plain}, {bob, linked}} {
		if _, err := truth.Commit(t.Context(), c.scope, pika.Commit{JobID: c.fact.ID, Facts: []pika.Fact{c.fact}, At: day(10 + i)}); err != nil {
			t.Fatal(err)
		}
	}
	item := func(scope pika.Scope, id string, store pika.Store, since time.Time) pika.OutboxItem {
		return pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: id, Store: store, Since: since}
	}
	first := item(alice, plain.ID, pika.StoreVectors, day(10))
	vectors, graph := item(bob, linked.ID, pika.StoreVectors, day(11)), item(bob, linked.ID, pika.StoreGraph, day(11))
	wantPending := func(before time.Time, limit int, want ...pika.OutboxItem) {
		t.Helper()
		got, err := truth.PendingItems(t.Context(), before, limit)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "PendingItems", got, want)
	}
	wantPending(day(12), 10, first, vectors, graph)
	wantPending(day(12), 1, first)
	wantPending(day(11), 10, first) // written before, not at
	wantPending(day(10), 10)

	guessed := vectors
	guessed.Scope = alice
	if err := truth.Acknowledge(t.Context(), []pika.OutboxItem{first, guessed, graph, graph}); err != nil {
		t.Fatal(err)
	}
	wantPending(day(12), 10, vectors)
	if err := truth.Acknowledge(t.Context(), nil); err != nil {
		t.Errorf("Acknowledge of nothing = %v", err)
	}
}

// testOutboxAgain checks that an acknowledgement of what was owed before does not
// swallow what is owed since.
func testOutboxAgain(t *testing.T, truth Truth) {
	f := claim(alice, "j", 0, "likes tea")
	commit(t, truth, alice, "j", f)
	old := pending(t, truth)
	if _, err := truth.Delete(t.Context(), alice.Tenant, f.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	if err := truth.Acknowledge(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "owed after the delete", stores(pending(t, truth), f.ID), []pika.Store{pika.StoreVectors})
	unnamed := pending(t, truth)
	unnamed[0].Since = time.Time{}
	if err := truth.Acknowledge(t.Context(), unnamed); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "owed after an acknowledgement without a time", len(pending(t, truth)), 0)
}
