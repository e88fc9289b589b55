package pikatest

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// testDurability closes a store and opens it again: everything must be as it was.
func (s truthSuite) testDurability(t *testing.T) {
	dir := t.TempDir()
	truth := s.config.Open(t, dir)
	a, b := home(alice, "j", "Hà Nội", day(1)), home(alice, "j", "Huế", day(5))
	b.ID = pika.FactID(alice, "j", 0, 1)
	outcomes := commit(t, truth, alice, "j", a, b)
	m := said(alice, "m1", "Tôi thích phở")
	put(t, truth, alice, m)
	done := ended(accepted(alice, "j", day(1)))
	end(t, truth, done)
	before := snapshot(t, truth, a.ID)
	if err := truth.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if err := truth.Close(); err != nil {
		t.Errorf("a second Close() = %v", err)
	}
	for name, call := range operations(truth) {
		if err := call(t.Context()); err == nil {
			t.Errorf("%s on a closed store succeeds", name)
		}
	}

	truth = s.config.Open(t, dir)
	defer func() {
		if err := truth.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}()
	wantSame(t, "after opening again", snapshot(t, truth, a.ID), before)
	wantMessages(t, truth, alice, []pika.StoredMessage{m}, m.Key)
	wantSame(t, "a retry after opening again", commit(t, truth, alice, "j", a, b), outcomes)
	wantSame(t, "a repetition", verdicts(commit(t, truth, alice, "k", home(alice, "k", "Huế", day(6)))), []pika.Verdict{pika.Duplicate})
}

// state is what a store says of itself.
type state struct {
	Facts   []pika.Fact
	History []pika.Revision
	Job     pika.Job
	Outbox  []pika.OutboxItem
	Keyword []pika.Scored
}

func snapshot(t *testing.T, truth Truth, id string) state {
	t.Helper()
	page, err := truth.List(t.Context(), alice, pika.ListFacts{IncludeSuperseded: true}, pika.PageRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	history, err := truth.History(t.Context(), alice.Tenant, id)
	if err != nil {
		t.Fatal(err)
	}
	job, err := truth.GetJob(t.Context(), alice.Tenant, "j")
	if err != nil {
		t.Fatal(err)
	}
	items, err := truth.PendingItems(t.Context(), time.Now().AddDate(1, 0, 0), 100)
	if err != nil {
		t.Fatal(err)
	}
	return state{Facts: page.Items, History: history, Job: job, Outbox: items, Keyword: scored(t, truth, alice, pika.CorpusFacts, "sống hà nội huế lives", 100)}
}
