package pikatest

import (
	"fmt"
	"testing"

	"github.com/pikamem/pika"
)

func testCommitTwice(t *testing.T, truth Truth) {
	a, b := home(alice, "j", "A", day(1)), home(alice, "j", "B", day(5))
	b.ID = pika.FactID(alice, "j", 0, 1)
	first := commit(t, truth, alice, "j", a, b)
	wantSame(t, "the second call", commit(t, truth, alice, "j", a, b), first)
	// What the second call brings does not matter: the chunk is done.
	other, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: "j", Facts: []pika.Fact{claim(alice, "j", 5, "other")}, At: day(21)})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "a second call with other facts", other, first)
	if ids := search(t, truth, alice, pika.CorpusFacts, "other lives"); len(ids) != 2 {
		t.Errorf("%d facts are found; want 2", len(ids))
	}
	events, err := truth.History(t.Context(), alice.Tenant, a.ID)
	if err != nil || len(events) != 2 {
		t.Errorf("%d events, %v; want recorded and superseded", len(events), err)
	}

	empty := pika.Commit{JobID: "j", Chunk: 1, At: day(20)}
	if got, err := truth.Commit(t.Context(), alice, empty); err != nil || len(got) != 0 {
		t.Errorf("an empty commit = %v, %v", got, err)
	}
	empty.Facts = []pika.Fact{claim(alice, "j", 9, "late")}
	if got, err := truth.Commit(t.Context(), alice, empty); err != nil || len(got) != 0 {
		t.Errorf("a second call after an empty commit = %v, %v", got, err)
	}
}

func testRejected(t *testing.T, truth Truth) {
	c := pika.Commit{JobID: "j", At: day(20), Facts: []pika.Fact{claim(alice, "j", 0, "likes tea")}, Rejected: []pika.FactOutcome{
		{Text: "?", Outcome: pika.Rejected, Reason: "a question"},
		{Text: "", Outcome: pika.Rejected, Reason: "empty"},
	}}
	got, err := truth.Commit(t.Context(), alice, c)
	if err != nil {
		t.Fatal(err)
	}
	want := []pika.FactOutcome{{FactID: c.Facts[0].ID, Text: "likes tea", Outcome: pika.Stored}, c.Rejected[0], c.Rejected[1]}
	wantSame(t, "outcomes", got, want)
	again, err := truth.Commit(t.Context(), alice, c)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "outcomes of the second call", again, want)
}

func testCommitLimits(t *testing.T, truth Truth) {
	facts := make([]pika.Fact, pika.MaxFactsPerCommit+1)
	for i := range facts {
		facts[i] = claim(alice, "j", i, fmt.Sprintf("fact number %d", i))
	}
	_, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: "j", Facts: facts, At: day(20)})
	wantCode(t, "Commit of one fact too many", err, pika.Invalid)
	if ids := search(t, truth, alice, pika.CorpusFacts, "fact"); len(ids) != 0 {
		t.Errorf("a refused commit stored %d facts", len(ids))
	}
	commit(t, truth, alice, "j", facts[:pika.MaxFactsPerCommit]...)
	if hits := scored(t, truth, alice, pika.CorpusFacts, "fact", pika.MaxKeywordLimit); len(hits) != pika.MaxFactsPerCommit {
		t.Errorf("%d facts are found; want %d", len(hits), pika.MaxFactsPerCommit)
	}
}

// testStrings checks that what may stand in a string comes back byte for byte.
func testStrings(t *testing.T, truth Truth) {
	for i, s := range awkward {
		f := claim(alice, "j", i, s)
		f.ContentHash += fmt.Sprint(i) // NFC and NFD forms are equal statements; here both must be stored
		f.Object, f.Category = s, s
		f.Entities = []pika.Entity{{ID: pika.EntityID(alice, s), Name: s, Type: "other"}}
		f.Sources = []pika.Source{{ConversationID: s, MessageID: s}}
		f.Metadata = pika.Metadata{s: s}
		job := fmt.Sprint("j", i)
		if _, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: job, Facts: []pika.Fact{f}, At: day(20)}); err != nil {
			t.Fatalf("Commit(%q) = %v", s, err)
		}
		got := find(t, truth, alice, f.ID)
		got.RecordedAt = f.RecordedAt
		wantSame(t, fmt.Sprintf("fact %q", s), got, f)
		page, err := truth.List(t.Context(), alice, pika.ListFacts{Category: s, ConversationID: s}, pika.PageRequest{Limit: 2})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("List by %q = %d facts, %v; want 1", s, len(page.Items), err)
		}
	}
}

// awkward are strings that stores are known to change.
var awkward = []string{
	"Tôi sống ở Đà Nẵng", "To\u0302i so\u0302\u0301ng o\u031b\u0309 \u0110a\u0300 Na\u0306\u0303ng", // NFC and NFD
	"toi song o da nang", "東京に住んでいます", "ฉันอยู่กรุงเทพ", "😀👩‍👩‍👧‍👦 family", `it's "quoted" \ and % and _ and ?`,
	"'; DROP TABLE facts; --", "tab\tand  two spaces ", "{\"json\": [1]}", "<b>&amp;</b>", "a/b:c", "null", "0",
}
