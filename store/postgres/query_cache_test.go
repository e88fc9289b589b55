package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pikamem/pika"
)

// TestRefreshElsewhere: while another process makes the popular searches nobody waits for
// it, and those of before are read.
func TestRefreshElsewhere(t *testing.T) {
	t.Parallel()
	url := own(t)
	db := open(t, url)
	defer db.Close()
	for _, user := range []string{"alice", "bob"} {
		searches := []pika.NotedSearch{{Scope: pika.Scope{Tenant: "acme", User: user}, Key: "k", At: noon, Searches: 1}}
		if err := db.NoteSearches(t.Context(), searches); err != nil {
			t.Fatal(err)
		}
	}
	refresh := func(want bool) {
		t.Helper()
		if done, err := db.RefreshPopular(t.Context(), noon); done != want || err != nil {
			t.Errorf("RefreshPopular = %v, %v; want %v", done, err, want)
		}
		if got, err := db.PopularSearches(t.Context(), "acme", 1); err != nil || len(got) != 1 {
			t.Errorf("%d popular searches, %v", len(got), err)
		}
	}
	refresh(true)
	transact(t, connect(t, url), "SELECT refresh_popular_searches(0)", func(pgx.Tx) { refresh(false) })
	refresh(true)
}
