package pikatest

import (
	"slices"
	"testing"

	"github.com/pikamem/pika"
)

// testDelete checks that nothing a caller can reach holds the text of a deleted fact.
func testDelete(t *testing.T, truth Truth) {
	secret := claim(alice, "j1", 0, "password swordfish")
	secret.Category, secret.Predicate = "security", "has_password"
	secret.Entities = []pika.Entity{{ID: pika.EntityID(alice, "swordfish"), Name: "swordfish", Type: "secret"}}
	secret = withKeys(secret)
	again := claim(alice, "j2", 0, "password swordfish")
	kept := claim(alice, "j1", 1, "password policy")
	commit(t, truth, alice, "j1", secret, kept)
	commit(t, truth, alice, "j2", again)
	for _, job := range []string{"j1", "j2"} {
		if err := truth.Begin(t.Context(), accepted(alice, job, day(1))); err != nil {
			t.Fatal(err)
		}
	}
	if err := truth.Acknowledge(t.Context(), pending(t, truth)); err != nil {
		t.Fatal(err)
	}

	scope, err := truth.Delete(t.Context(), alice.Tenant, secret.ID, day(21))
	if err != nil || scope != alice {
		t.Fatalf("Delete = %v, %v", scope, err)
	}
	_, err = truth.Find(t.Context(), alice.Tenant, secret.ID)
	wantCode(t, "Find", err, pika.NotFound)
	got, err := truth.Get(t.Context(), alice, []string{secret.ID, kept.ID})
	if err != nil || len(got) != 1 || got[0].ID != kept.ID {
		t.Errorf("Get = %v, %v; want only the kept fact", got, err)
	}
	wantSame(t, "search", search(t, truth, alice, pika.CorpusFacts, "password swordfish"), []string{kept.ID})
	wantSame(t, "terms that have postings", vocabulary(t, truth, alice, pika.CorpusFacts, 99), []pika.TermDocuments{
		{Term: "password", Documents: 1}, {Term: "polici", Documents: 1}, {Term: "~password", Documents: 1},
	})
	page, err := truth.List(t.Context(), alice, pika.ListFacts{ConversationID: "c1"}, pika.PageRequest{Limit: 9})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("List = %d facts, %v; want 1", len(page.Items), err)
	}
	wantNoText(t, truth, secret.ID)
	wantSame(t, "outbox", stores(pending(t, truth), secret.ID), []pika.Store{pika.StoreGraph, pika.StoreVectors})
	_, err = truth.Delete(t.Context(), alice.Tenant, secret.ID, day(21))
	wantCode(t, "a second Delete", err, pika.NotFound)

	outcomes := commit(t, truth, alice, "j1", secret, kept)
	if outcomes[0].FactID != secret.ID || outcomes[0].Text != "" {
		t.Errorf("a retry of the job that stored it = %+v; want its id and no text", outcomes[0])
	}
}

// wantNoText checks a deleted fact's history and what jobs j1 and j2 say of it.
func wantNoText(t *testing.T, truth Truth, id string) {
	t.Helper()
	events, err := truth.History(t.Context(), alice.Tenant, id)
	if err != nil {
		t.Fatalf("History of a deleted fact = %v", err)
	}
	var names []string
	for _, e := range events {
		names = append(names, e.Event)
		if e.Text != "" || e.Source != nil {
			t.Errorf("event %s of a deleted fact holds %q, %v", e.Event, e.Text, e.Source)
		}
	}
	wantSame(t, "events", names, []string{"recorded", "source_added", "deleted"})
	for _, name := range []string{"j1", "j2"} {
		job, err := truth.GetJob(t.Context(), alice.Tenant, name)
		if err != nil {
			t.Fatal(err)
		}
		if o := job.Facts[0]; o.FactID != id || o.Text != "" || len(o.Stores) != 0 {
			t.Errorf("job %s says of a deleted fact: %+v", name, o)
		}
	}
}

// stores returns, sorted, the projections that are owed an id.
func stores(items []pika.OutboxItem, id string) []pika.Store {
	var owed []pika.Store
	for _, item := range items {
		if item.ID == id {
			owed = append(owed, item.Store)
		}
	}
	slices.Sort(owed)
	return owed
}

func testTellAgain(t *testing.T, truth Truth) {
	first, again := home(alice, "j1", "Huế", day(1)), home(alice, "j2", "Huế", day(2))
	commit(t, truth, alice, "j1", first)
	if _, err := truth.Delete(t.Context(), alice.Tenant, first.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	got := commit(t, truth, alice, "j2", again)
	if got[0].Outcome != pika.Stored || got[0].FactID != again.ID {
		t.Errorf("a deleted fact told again = %+v; want a new fact", got[0])
	}
	wantSame(t, "search", search(t, truth, alice, pika.CorpusFacts, "hue"), []string{again.ID})
}

func testDeleteInChain(t *testing.T, truth Truth) {
	a, b, c := home(alice, "j1", "A", day(1)), home(alice, "j2", "B", day(5)), home(alice, "j3", "C", day(9))
	commit(t, truth, alice, "j1", a)
	commit(t, truth, alice, "j2", b)
	commit(t, truth, alice, "j3", c)
	want := intervals(t, truth, a.ID, c.ID)
	between := intervals(t, truth, b.ID)[0]
	want[0].To, want[0].By = between.To, between.By
	if _, err := truth.Delete(t.Context(), alice.Tenant, b.ID, day(21)); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "the intervals beside a deleted fact", intervals(t, truth, a.ID, c.ID), want)
	if _, err := truth.Delete(t.Context(), alice.Tenant, c.ID, day(22)); err != nil {
		t.Fatal(err)
	}
	want[0].To, want[0].By = "", ""
	wantSame(t, "the first one, alone again", intervals(t, truth, a.ID), want[:1])
}

// testFactIsolation tries every way to reach alice's fact from elsewhere.
func testFactIsolation(t *testing.T, truth Truth) {
	f := claim(alice, "j", 0, "likes tea")
	outcomes := commit(t, truth, alice, "j", f)
	for _, scope := range []pika.Scope{bob, mallory} {
		got, err := truth.Get(t.Context(), scope, []string{f.ID})
		if err != nil || len(got) != 0 {
			t.Errorf("Get of alice's fact by %v = %v, %v", scope, got, err)
		}
		if ids := search(t, truth, scope, pika.CorpusFacts, "tea"); len(ids) != 0 {
			t.Errorf("%v finds alice's fact", scope)
		}
		page, err := truth.List(t.Context(), scope, pika.ListFacts{}, pika.PageRequest{Limit: 9})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("%v lists %d facts, %v", scope, len(page.Items), err)
		}
		// The same job id, guessed, is another job.
		mine := claim(scope, "j", 0, "likes tea")
		if got := commit(t, truth, scope, "j", mine); got[0].FactID != mine.ID || got[0].Outcome != pika.Stored {
			t.Errorf("Commit by %v with alice's job id = %+v", scope, got[0])
		}
	}
	_, err := truth.Find(t.Context(), mallory.Tenant, f.ID)
	wantCode(t, "Find from another tenant", err, pika.NotFound)
	_, err = truth.History(t.Context(), mallory.Tenant, f.ID)
	wantCode(t, "History from another tenant", err, pika.NotFound)
	_, err = truth.Delete(t.Context(), mallory.Tenant, f.ID, day(21))
	wantCode(t, "Delete from another tenant", err, pika.NotFound)
	wantSame(t, "alice's own commit", commit(t, truth, alice, "j", f), outcomes)

	// The same id, guessed, in another tenant is another fact.
	stolen := claim(mallory, "k", 0, "stolen")
	stolen.ID = f.ID
	if _, err := truth.Commit(t.Context(), mallory, pika.Commit{JobID: "k", Facts: []pika.Fact{stolen}, At: day(20)}); err == nil {
		if _, err := truth.Delete(t.Context(), mallory.Tenant, f.ID, day(21)); err != nil {
			t.Errorf("Delete of a fact under a guessed id = %v", err)
		}
	}
	if got := find(t, truth, alice, f.ID); got.Text != "likes tea" {
		t.Errorf("alice's fact says %q", got.Text)
	}
}
