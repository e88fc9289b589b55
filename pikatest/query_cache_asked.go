package pikatest

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
)

// noted returns counts of a question whose words are its key.
func noted(scope pika.Scope, key string, at time.Time, searches, warmed, read int) pika.NotedSearch {
	return pika.NotedSearch{Scope: scope, Key: key, Query: plain(key), At: at, Searches: searches, Warmed: warmed, Read: read}
}

func note(t *testing.T, truth Truth, searches ...pika.NotedSearch) {
	t.Helper()
	if err := truth.NoteSearches(t.Context(), searches); err != nil {
		t.Fatalf("NoteSearches = %v", err)
	}
}

func refresh(t *testing.T, truth Truth, now time.Time) {
	t.Helper()
	if done, err := truth.RefreshPopular(t.Context(), now); !done || err != nil {
		t.Fatalf("RefreshPopular = %v, %v", done, err)
	}
}

func popular(t *testing.T, truth Truth, tenant string, limit int) []pika.PopularSearch {
	t.Helper()
	searches, err := truth.PopularSearches(t.Context(), tenant, limit)
	if err != nil {
		t.Fatalf("PopularSearches = %v", err)
	}
	return searches
}

func userSearches(t *testing.T, truth Truth, scope pika.Scope, now time.Time) []pika.PopularSearch {
	t.Helper()
	searches, err := truth.UserSearches(t.Context(), scope, now, pika.MaxPageLimit)
	if err != nil {
		t.Fatalf("UserSearches = %v", err)
	}
	return searches
}

func textsOf(searches []pika.PopularSearch) []string {
	texts := make([]string, len(searches))
	for i, s := range searches {
		texts[i] = s.Query.Text
	}
	return texts
}

// wantUserSearches compares the words of what a user asks, in their order.
func wantUserSearches(t *testing.T, truth Truth, scope pika.Scope, now time.Time, want ...string) {
	t.Helper()
	wantSame(t, fmt.Sprintf("what %v asks", scope), textsOf(userSearches(t, truth, scope, now)), want)
}

// wantActive compares who asked since a time.
func wantActive(t *testing.T, truth Truth, tenant string, since time.Time, want ...pika.Scope) {
	t.Helper()
	got, err := truth.ActiveUsers(t.Context(), tenant, since, pika.MaxPageLimit)
	if err != nil {
		t.Fatalf("ActiveUsers = %v", err)
	}
	wantSame(t, "users of "+tenant, got, want)
}

// nearly compares counts that are sums of powers.
var nearly = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) })

func wantSearches(t *testing.T, what string, got []pika.PopularSearch, want ...pika.PopularSearch) {
	t.Helper()
	if diff := cmp.Diff(want, got, nearly); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func testUserSearches(t *testing.T, truth Truth) {
	keep(t, truth, alice, keptAnswer("never asked", "x", day(9)), keptAnswer("asked later", "x", day(9)))
	note(t, truth)
	note(t, truth, noted(alice, "asked later", day(1), 1, 0, 0))
	note(t, truth, noted(alice, "a", day(1), 3, 0, 0), noted(bob, "a", day(1), 9, 0, 0), noted(alice, "b", day(1), 4, 1, 0))
	note(t, truth, noted(alice, "c", day(1), 2, 3, 3), noted(alice, "a", day(1), 1, 0, 0), noted(alice, "warmed", day(1), 0, 4, 0))
	wantSearches(t, "what alice asks", userSearches(t, truth, alice, day(1)),
		pika.PopularSearch{Query: plain("a"), Searches: 4, Users: 1, Rank: 4},
		pika.PopularSearch{Query: plain("b"), Searches: 4, Users: 1, Warmed: 1, Rank: 2},
		pika.PopularSearch{Query: plain("c"), Searches: 2, Users: 1, Warmed: 3, Read: 3, Rank: 2},
		pika.PopularSearch{Query: plain("asked later"), Searches: 1, Users: 1, Rank: 1})
	got, err := truth.UserSearches(t.Context(), alice, day(1), 2)
	if err != nil || len(got) != 2 || got[0].Query.Text != "a" {
		t.Errorf("UserSearches with limit 2 = %v, %v", textsOf(got), err)
	}
}

// testEqualQuestions: a question is one whatever its key, however its lists are ordered,
// and however long it may take; what it asks comes back whole.
func testEqualQuestions(t *testing.T, truth Truth) {
	at := day(3).In(time.FixedZone("Hà Nội", 7*3600))
	whole := pika.Query{
		Text: "  which  cat\x00? ", Limit: 7, Messages: 2, Mode: pika.ModeVector, AsOf: &at, IncludeSuperseded: true,
		Filters: pika.Filters{
			Categories: []string{"b", "a", "b"}, Predicates: []string{"p"}, Entities: []string{"Mướp"}, Languages: []string{"vi"},
			ConversationID: "c", Metadata: pika.Metadata{"b": 1.5, "a": "x", "c": true}, RecordedAfter: &at, RecordedBefore: &at, MinConfidence: 0.1,
		},
		MinScore: 0.25, Rerank: pika.RerankLLM, Related: 3,
	}
	again := whole
	again.Text, again.Filters.Categories = "which cat\x00?", []string{"a", "b"}
	again.Deadline, again.Cache, again.Explain = time.Second, pika.CacheRefresh, true
	note(t, truth, pika.NotedSearch{Scope: alice, Key: "k1", Query: whole, At: day(1), Searches: 1},
		pika.NotedSearch{Scope: alice, Key: "k2", Query: again, At: day(1), Searches: 2})
	want, utc := whole, at.UTC()
	want.Text, want.Filters.Categories = "which cat\x00?", []string{"a", "b"}
	want.AsOf, want.Filters.RecordedAfter, want.Filters.RecordedBefore = &utc, &utc, &utc
	wantSearches(t, "a question with all it may have", userSearches(t, truth, alice, day(1)),
		pika.PopularSearch{Query: want, Searches: 3, Users: 1, Rank: 3})
	other := want
	other.Limit = 8
	note(t, truth, pika.NotedSearch{Scope: alice, Key: "k3", Query: other, At: day(1), Searches: 1})
	if n := len(userSearches(t, truth, alice, day(1))); n != 2 {
		t.Errorf("%d questions; want 2", n)
	}
}

func testHalfLife(t *testing.T, truth Truth) {
	later := day(1).Add(pika.SearchHalfLife)
	note(t, truth, noted(alice, "a", day(1), 8, 4, 2))
	want := pika.PopularSearch{Query: plain("a"), Searches: 4, Users: 1, Warmed: 2, Read: 1}
	want.Rank = 4 * (1 + 1) / (2 + 1.0)
	wantSearches(t, "after a half life", userSearches(t, truth, alice, later), want)
	note(t, truth, noted(alice, "a", later, 1, 0, 0))
	want.Searches, want.Rank = 5, 5*2/3.0
	wantSearches(t, "asked again", userSearches(t, truth, alice, later), want)
	note(t, truth, noted(alice, "a", day(1), 2, 0, 0)) // told late
	want.Searches, want.Rank = 6, 6*2/3.0
	wantSearches(t, "told late", userSearches(t, truth, alice, later), want)
	wantSearches(t, "as of before", userSearches(t, truth, alice, day(1)), want)
	note(t, truth, noted(alice, "b", day(1), 1, 0, 0), noted(alice, "b", later, 1, 0, 0))
	if got := userSearches(t, truth, alice, later); len(got) != 2 || math.Abs(got[1].Searches-1.5) > 1e-9 {
		t.Errorf("noted twice in one call: %+v", got)
	}
	for years := range 60 {
		note(t, truth, noted(alice, "a", day(1).AddDate(years, 0, 0), 0, 1, 0))
	}
	old := userSearches(t, truth, alice, day(1).AddDate(100, 0, 0))
	if i := slices.IndexFunc(old, func(p pika.PopularSearch) bool { return p.Query.Text == "b" }); i < 0 || old[i].Searches > 1e-9 {
		t.Errorf("after a hundred years: %+v", old)
	}
}

func testNotedLimits(t *testing.T, truth Truth) {
	full := make([]pika.NotedSearch, pika.MaxNotedSearches)
	for i := range full {
		full[i] = noted(pika.Scope{Tenant: "acme", User: fmt.Sprint(i % 30)}, fmt.Sprint(i), day(1), 1, 0, 0)
	}
	note(t, truth, full...)
	wantActive(t, truth, "evil", day(1))
	for what, wrong := range map[string][]pika.NotedSearch{
		"too many":     append(full, full[0]),
		"below 0":      {noted(alice, "a", day(1), 1, 0, 0), noted(alice, "b", day(1), 0, -1, 0)},
		"no key":       {noted(alice, "", day(1), 1, 0, 0)},
		"of no tenant": {noted(pika.Scope{User: "alice"}, "a", day(1), 1, 0, 0)},
	} {
		wantCode(t, what, truth.NoteSearches(t.Context(), wrong), pika.Invalid)
	}
	wantUserSearches(t, truth, alice, day(1))
}

// testQuestionsBounded: those that were asked last stay known.
func testQuestionsBounded(t *testing.T, truth Truth) {
	const more = 20
	var all []pika.NotedSearch
	for i := range pika.MaxAskedQueries + more {
		all = append(all, noted(alice, fmt.Sprint(i), day(1).Add(time.Duration(i)*time.Second), 1, 0, 0))
	}
	note(t, truth, noted(bob, "0", day(1), 1, 0, 0))
	note(t, truth, all[:pika.MaxNotedSearches]...)
	note(t, truth, all[pika.MaxNotedSearches:]...)
	got := textsOf(userSearches(t, truth, alice, day(1)))
	if len(got) != pika.MaxAskedQueries || slices.Contains(got, "0") || slices.Contains(got, fmt.Sprint(more-1)) || !slices.Contains(got, fmt.Sprint(more)) {
		t.Errorf("%d questions are known; want the last %d", len(got), pika.MaxAskedQueries)
	}
	wantUserSearches(t, truth, bob, day(1), "0")
}

func testPopular(t *testing.T, truth Truth) {
	carol := pika.Scope{Tenant: "acme", User: "carol"}
	refresh(t, truth, day(1))
	note(t, truth,
		noted(alice, "shared", day(1), 3, 2, 0), noted(bob, "shared", day(1), 1, 1, 1), noted(carol, "shared", day(1), 0, 1, 0),
		noted(alice, "both", day(1), 2, 0, 0), noted(bob, "both", day(1), 1, 0, 0),
		noted(alice, "only alice's", day(1), 50, 0, 0), noted(mallory, "both", day(1), 9, 0, 0),
		noted(alice, "warmed for others", day(1), 9, 0, 0), noted(bob, "warmed for others", day(1), 0, 9, 0))
	if got := popular(t, truth, "acme", 10); len(got) > 0 {
		t.Errorf("before it is made: %v", textsOf(got))
	}
	later := day(1).Add(pika.SearchHalfLife)
	refresh(t, truth, later)
	wantSearches(t, "what users of acme ask", popular(t, truth, "acme", 10),
		pika.PopularSearch{Query: plain("both"), Searches: 1.5, Users: 2, Rank: 1.5},
		pika.PopularSearch{Query: plain("shared"), Searches: 2, Users: 2, Warmed: 2, Read: 0.5, Rank: 2 * 1.5 / 3})
	if got := popular(t, truth, "acme", 1); !slices.Equal(textsOf(got), []string{"both"}) {
		t.Errorf("the first: %v", textsOf(got))
	}
	for _, tenant := range []string{"evil", ""} {
		if got := popular(t, truth, tenant, 10); len(got) > 0 {
			t.Errorf("of the tenant %q: %v", tenant, textsOf(got))
		}
	}
	note(t, truth, noted(carol, "only alice's", later, 1, 0, 0))
	refresh(t, truth, later)
	if got := popular(t, truth, "acme", 10); len(got) != 3 || got[0].Query.Text != "only alice's" || got[0].Users != 2 {
		t.Errorf("when two ask it: %+v", got)
	}
}

// testPopularTogether: of those that ask at once some do it, and none fails.
func testPopularTogether(t *testing.T, truth Truth) {
	note(t, truth, noted(alice, "a", day(1), 1, 0, 0), noted(bob, "a", day(1), 1, 0, 0))
	const calls = 8
	done := make([]bool, calls)
	together(calls, func(i int) {
		var err error
		if done[i], err = truth.RefreshPopular(t.Context(), day(1)); err != nil {
			t.Errorf("RefreshPopular = %v", err)
		}
	})
	if !slices.Contains(done, true) {
		t.Error("nobody made the popular searches")
	}
	if got := popular(t, truth, "acme", 10); !slices.Equal(textsOf(got), []string{"a"}) {
		t.Errorf("popular searches %v", textsOf(got))
	}
}

func testPopularBounded(t *testing.T, truth Truth) {
	users := []pika.Scope{alice, bob, {Tenant: "acme", User: "carol"}, {Tenant: "acme", User: "dan"}}
	for i, u := range users {
		var all []pika.NotedSearch
		for q := range 600 {
			all = append(all, noted(u, fmt.Sprint(i/2, q), day(1), 1+q, 0, 0))
		}
		note(t, truth, all...)
	}
	refresh(t, truth, day(1))
	got := popular(t, truth, "acme", pika.MaxPageLimit)
	if len(got) != pika.MaxPageLimit || got[0].Searches != 1200 {
		t.Errorf("%d popular searches; want %d, the first with 1200", len(got), pika.MaxPageLimit)
	}
}

func testActiveUsers(t *testing.T, truth Truth) {
	commit(t, truth, bob, "j", claim(bob, "j", 0, "likes tea")) // who writes asks nothing
	wantActive(t, truth, "", day(1))
	note(t, truth, noted(alice, "a", day(2), 1, 0, 0), noted(alice, "b", day(1), 1, 0, 0), noted(mallory, "a", day(3), 1, 0, 0),
		noted(bob, "a", day(9), 0, 1, 0))
	wantActive(t, truth, "", day(1), mallory, alice)
	wantActive(t, truth, "acme", day(2), alice)
	wantActive(t, truth, "acme", day(2).Add(time.Microsecond))
	note(t, truth, noted(bob, "a", day(2), 1, 0, 0), noted(alice, "a", day(1), 1, 0, 0), noted(bob, "a", day(4), 1, 0, 0))
	wantActive(t, truth, "", day(2), bob, mallory, alice)
	got, err := truth.ActiveUsers(t.Context(), "", day(2), 2)
	if err != nil || !slices.Equal(got, []pika.Scope{bob, mallory}) {
		t.Errorf("the first two: %v, %v", got, err)
	}
}

// testNotedTogether: no count is lost, whoever writes beside.
func testNotedTogether(t *testing.T, truth Truth) {
	const writers, each = 6, 5
	together(writers, func(i int) {
		for range each {
			batch := []pika.NotedSearch{noted(alice, "a", day(1), 1, 0, 0), noted(bob, "a", day(1), 1, 0, 0), noted(alice, "b", day(1), 1, 0, 0)}
			if i%2 == 0 {
				slices.Reverse(batch)
			}
			if err := truth.NoteSearches(t.Context(), batch); err != nil {
				t.Errorf("NoteSearches = %v", err)
			}
			if err := truth.KeepAnswer(t.Context(), alice, keptAnswer("b", "x", day(9))); err != nil {
				t.Errorf("KeepAnswer = %v", err)
			}
			if _, err := truth.DropAnswers(t.Context(), alice); err != nil {
				t.Errorf("DropAnswers = %v", err)
			}
		}
	})
	for _, s := range append(userSearches(t, truth, alice, day(1)), userSearches(t, truth, bob, day(1))...) {
		if s.Searches != writers*each {
			t.Errorf("%s was asked %v times; want %d", s.Query.Text, s.Searches, writers*each)
		}
	}
}
