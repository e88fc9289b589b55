package pikatest

import (
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// Facts is the conformance suite of pika.Facts, pika.Messages, pika.Keyword and
// pika.Outbox over one store.
func Facts(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"fact comes back whole":      testFactWhole,
		"missing":                    testMissing,
		"get":                        testGet,
		"contexts":                   testContexts,
		"duplicate":                  testDuplicate,
		"duplicate within a commit":  testDuplicateWithin,
		"supersession":               testSupersession,
		"supersession out of order":  testOutOfOrder,
		"there and back":             testThereAndBack,
		"negation":                   testNegation,
		"commit twice":               testCommitTwice,
		"rejected items":             testRejected,
		"commit limits":              testCommitLimits,
		"id taken":                   testTakenID,
		"history":                    testHistory,
		"delete":                     testDelete,
		"delete and tell again":      testTellAgain,
		"delete in a chain":          testDeleteInChain,
		"isolation of facts":         testFactIsolation,
		"isolation of statistics":    testStatisticsIsolation,
		"matching":                   testMatching,
		"matching limit":             testMatchingLimit,
		"changes":                    testChanges,
		"changes are bounded":        testChangesBounded,
		"changes at once":            testChangesAtOnce,
		"list":                       testList,
		"list pages":                 testListPages,
		"list while writing":         testListWhileWriting,
		"page limits and cursors":    testPageLimits,
		"concurrent equal facts":     testConcurrentEqual,
		"concurrent different facts": testConcurrentDifferent,
		"concurrent commit twice":    testConcurrentTwice,
		"strings come back":          testStrings,
		"keyword folding":            testKeywordFolding,
		"keyword scripts":            testKeywordScripts,
		"keyword ranking":            testKeywordRanking,
		"keyword ties":               testKeywordTies,
		"keyword limits":             testKeywordLimits,
		"keyword after deletes":      testKeywordAfterDeletes,
		"keyword of many":            testKeywordMany,
		"keyword groups":             testKeywordGroups,
		"keyword query limits":       testKeywordQueryLimits,
		"keyword long words":         testKeywordLongWords,
		"keyword states":             testKeywordState,
		"keyword stems":              testKeywordStems,
		"concepts":                   testConcepts,
		"concepts add no length":     testConceptsMakeNothingLonger,
		"concepts forged":            testForgedConcepts,
		"vocabulary":                 testVocabulary,
		"vocabulary of many":         testVocabularyOfMany,
		"vocabulary after deletes":   testVocabularyAfterDeletes,
		"vocabulary limits":          testVocabularyLimits,
		"messages":                   testMessages,
		"messages replaced":          testMessagesReplaced,
		"messages not kept":          testMessagesNotKept,
		"messages in sequence":       testMessageSequence,
		"messages of others":         testMessageIsolation,
		"message limits":             testMessageLimits,
		"outbox":                     testOutbox,
		"outbox owed again":          testOutboxAgain,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		s.testDurability(t)
	})
}

// testFactWhole writes a fact with every member set and times finer than a store keeps.
func testFactWhole(t *testing.T, truth Truth) {
	fine := day(2).Add(1234567 * time.Nanosecond)
	from, to := day(1).Add(999*time.Nanosecond).In(time.FixedZone("Hà Nội", 7*3600)), day(9)
	f := claim(alice, "j", 0, "Linh has a cat named Mướp")
	f.Subject, f.Predicate, f.Object, f.Category = "Linh", "has_pet", "Mướp", "pets"
	f.Entities = []pika.Entity{
		{ID: pika.EntityID(alice, "linh"), Name: "Linh", Type: "person"},
		{ID: pika.EntityID(alice, "muop"), Name: "Mướp", Type: "animal"},
	}
	f.Language, f.Confidence, f.Negated, f.Extractor = "vi", 0.93, true, "openai:gpt"
	f.ValidFrom, f.ValidTo, f.EffectiveAt, f.SourceIndex = &from, &to, fine, 7
	f.Sources = append(f.Sources, pika.Source{ConversationID: "c2", MessageID: "m9"})
	f.Metadata = pika.Metadata{"channel": "app", "score": 1.5, "count": 3.0, "vip": true}
	f = withKeys(f)
	commit(t, truth, alice, "j", f)

	want := f
	wantFrom := day(1)
	want.ValidFrom, want.EffectiveAt, want.RecordedAt = &wantFrom, fine.Truncate(time.Microsecond), day(20)
	wantSame(t, "Find", find(t, truth, alice, f.ID), want)
	got, err := truth.Get(t.Context(), alice, []string{f.ID})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "Get", got, []pika.Fact{want})
	page, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "List", page.Items, []pika.Fact{want})
	if loc := got[0].EffectiveAt.Location(); loc != time.UTC {
		t.Errorf("times come back in %v; want UTC", loc)
	}
}

func testMissing(t *testing.T, truth Truth) {
	id := pika.FactID(alice, "none", 0, 0)
	got, err := truth.Get(t.Context(), alice, []string{id, "", "not an id"})
	if err != nil || len(got) != 0 {
		t.Errorf("Get of missing facts = %v, %v", got, err)
	}
	_, err = truth.Find(t.Context(), alice.Tenant, id)
	wantCode(t, "Find", err, pika.NotFound)
	_, err = truth.Delete(t.Context(), alice.Tenant, id, day(20))
	wantCode(t, "Delete", err, pika.NotFound)
	_, err = truth.History(t.Context(), alice.Tenant, id)
	wantCode(t, "History", err, pika.NotFound)
	page, err := truth.List(t.Context(), alice, pika.ListFacts{}, pika.PageRequest{Limit: 1})
	if err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Errorf("List of an unknown user = %+v, %v", page, err)
	}
	if hits := scored(t, truth, alice, pika.CorpusFacts, "cat", 1); len(hits) != 0 {
		t.Errorf("SearchKeyword of an unknown user = %v", hits)
	}
	if err := truth.Acknowledge(t.Context(), []pika.OutboxItem{{Scope: alice, Corpus: pika.CorpusFacts, ID: id, Store: pika.StoreGraph}}); err != nil {
		t.Errorf("Acknowledge of a missing item = %v", err)
	}
}

func testGet(t *testing.T, truth Truth) {
	a, b := claim(alice, "j", 0, "one"), claim(alice, "j", 1, "two")
	commit(t, truth, alice, "j", a, b)
	got, err := truth.Get(t.Context(), alice, []string{b.ID, "none", a.ID, b.ID})
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(got))
	for i := range got {
		texts[i] = got[i].Text
	}
	wantSame(t, "Get in the order of ids", texts, []string{"two", "one"})

	ids := make([]string, pika.MaxPageLimit)
	if _, err := truth.Get(t.Context(), alice, ids); err != nil {
		t.Errorf("Get of %d ids = %v", len(ids), err)
	}
	_, err = truth.Get(t.Context(), alice, append(ids, "x"))
	wantCode(t, "Get of one id too many", err, pika.Invalid)
}

func testDuplicate(t *testing.T, truth Truth) {
	first := claim(alice, "j1", 0, "likes tea")
	again := claim(alice, "j2", 0, "likes tea")
	again.EffectiveAt = day(5)
	commit(t, truth, alice, "j1", first)
	got := commit(t, truth, alice, "j2", again)
	if got[0].Outcome != pika.Duplicate || got[0].FactID != first.ID || got[0].Text != "likes tea" || got[0].Reason == "" {
		t.Errorf("outcome of a repetition = %+v", got[0])
	}
	wantSame(t, "sources", find(t, truth, alice, first.ID).Sources, append(first.Sources, again.Sources...))
	_, err := truth.Find(t.Context(), alice.Tenant, again.ID)
	wantCode(t, "Find of the repetition", err, pika.NotFound)
	if ids := search(t, truth, alice, pika.CorpusFacts, "tea"); len(ids) != 1 {
		t.Errorf("a repeated fact is found %d times", len(ids))
	}

	// Said of an earlier time it is the same fact, which began earlier than was known.
	earlier := claim(alice, "j3", 0, "likes tea")
	earlier.EffectiveAt = day(1).Add(-time.Hour)
	wantSame(t, "verdict of an earlier one", verdicts(commit(t, truth, alice, "j3", earlier)), []pika.Verdict{pika.Duplicate})
	if got := find(t, truth, alice, first.ID).EffectiveAt; !got.Equal(earlier.EffectiveAt) {
		t.Errorf("it begins at %v, want %v", got, earlier.EffectiveAt)
	}
}

func testDuplicateWithin(t *testing.T, truth Truth) {
	a, b := claim(alice, "j", 0, "likes tea"), claim(alice, "j", 1, "likes tea")
	got := commit(t, truth, alice, "j", a, b, claim(alice, "j", 2, "likes coffee"))
	wantSame(t, "verdicts", verdicts(got), []pika.Verdict{pika.Stored, pika.Duplicate, pika.Stored})
	wantSame(t, "sources", find(t, truth, alice, a.ID).Sources, append(a.Sources, b.Sources...))
}

func testNegation(t *testing.T, truth Truth) {
	lives := home(alice, "j1", "Hà Nội", day(1))
	other := home(alice, "j2", "Huế", day(2))
	other.Negated, other.Text = true, "User does not live in Huế"
	same := home(alice, "j3", "Hà Nội", day(3))
	same.Negated, same.Text = true, "User does not live in Hà Nội"
	commit(t, truth, alice, "j1", lives)
	wantSame(t, "negation of another object", verdicts(commit(t, truth, alice, "j2", withKeys(other))), []pika.Verdict{pika.Stored})
	got := commit(t, truth, alice, "j3", withKeys(same))
	if got[0].Outcome != pika.Superseding || len(got[0].Supersedes) != 1 || got[0].Supersedes[0] != lives.ID {
		t.Errorf("negation of the same object = %+v; want it to supersede %s", got[0], lives.ID)
	}
}

func testTakenID(t *testing.T, truth Truth) {
	f := claim(alice, "j1", 0, "one")
	commit(t, truth, alice, "j1", f)
	other := claim(alice, "j1", 0, "two")
	_, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: "j2", Facts: []pika.Fact{claim(alice, "j2", 1, "three"), other}, At: day(20)})
	wantCode(t, "Commit with an id that is taken", err, pika.Conflict)
	if ids := search(t, truth, alice, pika.CorpusFacts, "two three"); len(ids) != 0 {
		t.Errorf("a commit that failed left %v behind", ids)
	}
	if got := find(t, truth, alice, f.ID).Text; got != "one" {
		t.Errorf("the fact that was there says %q", got)
	}
}
