package pikatest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/pikamem/pika"
)

func testList(t *testing.T, truth Truth) {
	a, b := home(alice, "j1", "A", day(1)), home(alice, "j2", "B", day(5))
	b.Category, b.Sources = "home", []pika.Source{{ConversationID: "c2", MessageID: "m1"}}
	pet := claim(alice, "j3", 0, "has a cat")
	pet.Category = "pets"
	commit(t, truth, alice, "j1", a)
	commit(t, truth, alice, "j2", b)
	commit(t, truth, alice, "j3", pet)
	for name, c := range map[string]struct {
		filter pika.ListFacts
		want   []string
	}{
		"all that hold":    {pika.ListFacts{}, []string{b.ID, pet.ID}},
		"with superseded":  {pika.ListFacts{IncludeSuperseded: true}, []string{a.ID, b.ID, pet.ID}},
		"category":         {pika.ListFacts{Category: "pets"}, []string{pet.ID}},
		"predicate":        {pika.ListFacts{Predicate: "lives_in", IncludeSuperseded: true}, []string{a.ID, b.ID}},
		"conversation":     {pika.ListFacts{ConversationID: "c2"}, []string{b.ID}},
		"all must match":   {pika.ListFacts{ConversationID: "c2", Category: "pets"}, nil},
		"unknown category": {pika.ListFacts{Category: "PETS"}, nil},
	} {
		page, err := truth.List(t.Context(), alice, c.filter, pika.PageRequest{Limit: 10})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		slices.Sort(c.want) // all were recorded at the same time
		wantSame(t, name, factIDs(page.Items), c.want)
	}
}

func factIDs(facts []pika.Fact) []string {
	ids := make([]string, len(facts))
	for i, f := range facts {
		ids[i] = f.ID
	}
	return ids
}

// commitAt stores n facts recorded on a day and returns their ids, sorted.
func commitAt(t *testing.T, truth Truth, job string, recorded, n int) []string {
	t.Helper()
	facts := make([]pika.Fact, n)
	for i := range facts {
		facts[i] = claim(alice, job, i, fmt.Sprintf("%s %d", job, i))
	}
	if _, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: job, Facts: facts, At: day(recorded)}); err != nil {
		t.Fatal(err)
	}
	ids := factIDs(facts)
	slices.Sort(ids)
	return ids
}

func testListPages(t *testing.T, truth Truth) {
	older, newer := commitAt(t, truth, "old", 10, 7), commitAt(t, truth, "new", 11, 6)
	want := append(newer, older...)
	for limit := 1; limit <= len(want)+1; limit++ {
		var got []string
		request := pika.PageRequest{Limit: limit}
		for {
			page, err := truth.List(t.Context(), alice, pika.ListFacts{}, request)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, factIDs(page.Items)...)
			if request.Cursor = page.Next; page.Next == "" {
				break
			}
			if len(page.Items) != limit || len(got) > len(want) {
				t.Fatalf("a page before the last has %d of %d items, after %d of %d", len(page.Items), limit, len(got), len(want))
			}
		}
		wantSame(t, fmt.Sprintf("pages of %d", limit), got, want)
	}
}

func testListWhileWriting(t *testing.T, truth Truth) {
	there := commitAt(t, truth, "first", 10, 20)
	var got []string
	request := pika.PageRequest{Limit: 3}
	for round := 0; ; round++ {
		page, err := truth.List(t.Context(), alice, pika.ListFacts{}, request)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, factIDs(page.Items)...)
		if request.Cursor = page.Next; page.Next == "" {
			break
		}
		if round == len(there) {
			t.Fatalf("%d pages of 3 do not end a list of %d", round, len(there))
		}
		commitAt(t, truth, fmt.Sprint("during", round), 11, 2)
	}
	slices.Sort(got)
	if once := slices.Compact(slices.Clone(got)); len(once) != len(got) {
		t.Errorf("%d facts were seen twice", len(got)-len(once))
	}
	for _, id := range there {
		if !slices.Contains(got, id) {
			t.Errorf("a fact that was there at the first page was missed")
		}
	}
}

func testPageLimits(t *testing.T, truth Truth) {
	commitAt(t, truth, "j", 10, 3)
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		_, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: limit})
		wantCode(t, fmt.Sprintf("List with limit %d", limit), err, pika.Invalid)
		_, err = truth.PendingItems(t.Context(), day(28), limit)
		wantCode(t, fmt.Sprintf("PendingItems with limit %d", limit), err, pika.Invalid)
		_, err = truth.ListJobs(t.Context(), alice.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: limit})
		wantCode(t, fmt.Sprintf("ListJobs with limit %d", limit), err, pika.Invalid)
	}
	for _, limit := range []int{1, pika.MaxPageLimit} {
		if _, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: limit}); err != nil {
			t.Errorf("List with limit %d = %v", limit, err)
		}
	}
	page, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, cursor := range []string{
		"x", "!", " ", page.Next + "A", "=" + page.Next, page.Next[:len(page.Next)-3] + "%%%", "'; --", "0", "\x00",
		base64.RawURLEncoding.EncodeToString([]byte("nonsense")), base64.StdEncoding.EncodeToString([]byte("1:2:3")),
	} {
		_, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 1, Cursor: cursor})
		wantCode(t, fmt.Sprintf("List with cursor %q", cursor), err, pika.Invalid)
		_, err = truth.ListJobs(t.Context(), alice.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: 1, Cursor: cursor})
		wantCode(t, fmt.Sprintf("ListJobs with cursor %q", cursor), err, pika.Invalid)
	}
	_, err = truth.ListJobs(t.Context(), alice.Tenant, pika.ListJobs{}, pika.PageRequest{Limit: 1, Cursor: page.Next})
	wantCode(t, "ListJobs with a cursor of List", err, pika.Invalid)
}
