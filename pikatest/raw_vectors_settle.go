package pikatest

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// wantUnsettled compares the ids of alice's or another's unsettled vectors of the first
// model, newest first.
func wantUnsettled(t *testing.T, truth Truth, scope pika.Scope, since time.Time, want ...string) {
	t.Helper()
	got, err := truth.UnsettledVectors(t.Context(), scope, pika.CorpusFacts, modelOne, since, pika.MaxVectorBatch)
	if err != nil {
		t.Fatalf("UnsettledVectors = %v", err)
	}
	wantSame(t, "UnsettledVectors", idsOf(got), want)
}

// acknowledge tells the truth that the vector index has facts, whatever is owed.
func acknowledge(t *testing.T, truth Truth, scope pika.Scope, ids ...string) {
	t.Helper()
	var items []pika.OutboxItem
	for _, id := range ids {
		items = append(items, pika.OutboxItem{Scope: scope, Corpus: pika.CorpusFacts, ID: id, Store: pika.StoreVectors})
	}
	if err := truth.Acknowledge(t.Context(), items); err != nil {
		t.Fatalf("Acknowledge = %v", err)
	}
}

// Acknowledged is when the store's clock says; that is within an hour of the test's.
func before() time.Time { return time.Now().Add(-time.Hour) }
func after() time.Time  { return time.Now().Add(time.Hour) }

func testUnsettled(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1))
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("b", 0.2))
	putRaw(t, truth, bob, pika.CorpusFacts, modelOne, raw("a", 0.1))
	putRaw(t, truth, alice, pika.CorpusFacts, modelTwo, raw("a", 0.1))
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw("a", 0.1))
	wantUnsettled(t, truth, alice, before(), "b", "a")
	wantUnsettled(t, truth, alice, after(), "b", "a")

	acknowledge(t, truth, alice, "a", "missing", "a")
	wantUnsettled(t, truth, alice, before(), "b", "a") // an index may not show it yet
	wantUnsettled(t, truth, alice, after(), "b")       // settled
	wantUnsettled(t, truth, bob, after(), "a")

	// Every model's vectors of a fact settle: the item names the fact.
	for m, want := range map[pika.EmbeddingModel]int{modelOne: 1, modelTwo: 0} {
		got, err := truth.UnsettledVectors(t.Context(), alice, pika.CorpusFacts, m, after(), 10)
		if err != nil || len(got) != want {
			t.Errorf("%d unsettled vectors of %v, %v; want %d", len(got), m, err, want)
		}
	}
	got, err := truth.UnsettledVectors(t.Context(), alice, pika.CorpusMessages, modelOne, after(), 10)
	if err != nil || len(got) != 1 {
		t.Errorf("%d unsettled vectors of messages, %v; want 1", len(got), err)
	}
	wantSame(t, "the values of a settled one", listRaw(t, truth, alice, pika.CorpusFacts, modelOne), []pika.Vector{raw("a", 0.1), raw("b", 0.2)})
}

func testUnsettledOrder(t *testing.T, truth Truth) {
	for _, id := range []string{"m", "z", "a", "k"} {
		putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw(id, 0.5))
	}
	acknowledge(t, truth, alice, "z")
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("m", 0.6)) // written last now
	wantUnsettled(t, truth, alice, before(), "m", "k", "a", "z")
	got, err := truth.UnsettledVectors(t.Context(), alice, pika.CorpusFacts, modelOne, before(), 3)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "the newest three", got, []pika.Vector{raw("m", 0.6), raw("k", 0.5), raw("a", 0.5)})
}

func testSettledAgain(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1), raw("b", 0.1))
	for range 2 {
		acknowledge(t, truth, alice, "a", "b")
		wantUnsettled(t, truth, alice, after())
		putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1)) // the same values
		wantUnsettled(t, truth, alice, after(), "a")
	}
}

// testUnsettledOwed: an acknowledgement of what was owed before does not settle what is
// owed since.
func testUnsettledOwed(t *testing.T, truth Truth) {
	first, second := said(alice, "m1", "likes tea"), said(alice, "m1", "likes coffee")
	put(t, truth, alice, first)
	owed := pending(t, truth)
	put(t, truth, alice, second)
	putRaw(t, truth, alice, pika.CorpusMessages, modelOne, raw(first.Key, 0.1))
	unsettled := func() int {
		t.Helper()
		got, err := truth.UnsettledVectors(t.Context(), alice, pika.CorpusMessages, modelOne, after(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	acknowledge := func(items []pika.OutboxItem) {
		t.Helper()
		if err := truth.Acknowledge(t.Context(), items); err != nil {
			t.Fatal(err)
		}
	}
	acknowledge(owed)
	wantSame(t, "unsettled after an acknowledgement of the former content", unsettled(), 1)
	acknowledge(pending(t, truth))
	wantSame(t, "unsettled after one of the present", unsettled(), 0)
}

// testSettledOwn: an acknowledgement by the graph, or of another user's fact, settles
// no vector.
func testSettledOwn(t *testing.T, truth Truth) {
	putRaw(t, truth, alice, pika.CorpusFacts, modelOne, raw("a", 0.1))
	for _, item := range []pika.OutboxItem{
		{Scope: alice, Corpus: pika.CorpusFacts, ID: "a", Store: pika.StoreGraph},
		{Scope: bob, Corpus: pika.CorpusFacts, ID: "a", Store: pika.StoreVectors},
		{Scope: mallory, Corpus: pika.CorpusFacts, ID: "a", Store: pika.StoreVectors},
		{Scope: alice, Corpus: pika.CorpusMessages, ID: "a", Store: pika.StoreVectors},
		{Scope: alice, Corpus: pika.CorpusFacts, ID: "b", Store: pika.StoreVectors},
	} {
		if err := truth.Acknowledge(t.Context(), []pika.OutboxItem{item}); err != nil {
			t.Fatal(err)
		}
		wantUnsettled(t, truth, alice, after(), "a")
	}
}
