package pikatest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// testMatching checks that what a filter leaves is found, whole and without what cannot
// pass, whoever else has such facts.
func testMatching(t *testing.T, truth Truth) {
	cat := claim(alice, "j1", 0, "Mướp is a cat")
	cat.Category, cat.Predicate, cat.Language = "pets", "has_pet", "vi"
	cat.Entities = []pika.Entity{{ID: pika.EntityID(alice, "muop"), Name: "Mướp", Type: "animal"}}
	hers := claim(alice, "j1", 1, "Mướp sleeps all day")
	hers.Subject, hers.Confidence = "Mướp", 0.5
	hers.Sources = []pika.Source{{ConversationID: "c2", MessageID: "m"}}
	tea := claim(alice, "j1", 2, "drinks tea")
	tea.Category = "food"
	tea.Metadata = pika.Metadata{"room": "kitchen", "n": 12.5, "ok": true, "kitchen": "no room"}
	hers.Metadata = pika.Metadata{`%'"<&` + "\u2028\x01": `\ ?` + "\u00e9", "z": "z"}
	commit(t, truth, alice, "j1", withKeys(cat), withKeys(hers), withKeys(tea))
	if _, err := truth.Commit(t.Context(), alice, pika.Commit{JobID: "j2", At: day(22), Facts: []pika.Fact{claim(alice, "j2", 0, "came later")}}); err != nil {
		t.Fatal(err)
	}
	later := pika.FactID(alice, "j2", 0, 0)
	commit(t, truth, bob, "j", claim(bob, "j", 0, "Mướp is a cat"))
	at := func(n int) *time.Time { d := day(n); return &d }
	for name, c := range map[string]struct {
		filter pika.Filters
		want   []string
	}{
		"none":             {pika.Filters{}, []string{cat.ID, hers.ID, tea.ID, later}},
		"category":         {pika.Filters{Categories: []string{"pets", "food"}}, []string{cat.ID, tea.ID}},
		"predicate":        {pika.Filters{Predicates: []string{"has_pet"}}, []string{cat.ID}},
		"language":         {pika.Filters{Languages: []string{"vi"}}, []string{cat.ID}},
		"conversation":     {pika.Filters{ConversationID: "c2"}, []string{hers.ID}},
		"an entity's name": {pika.Filters{Entities: []string{"MUOP"}}, []string{cat.ID, hers.ID}},
		"an entity's id":   {pika.Filters{Entities: []string{pika.EntityID(alice, "muop")}}, []string{cat.ID, hers.ID}},
		"another's entity": {pika.Filters{Entities: []string{pika.EntityID(bob, "muop")}}, nil},
		"confidence":       {pika.Filters{MinConfidence: 0.6, ConversationID: "c1"}, []string{cat.ID, tea.ID, later}},
		"recorded after":   {pika.Filters{RecordedAfter: at(21)}, []string{later}},
		"recorded before":  {pika.Filters{RecordedBefore: at(21), Categories: []string{"food"}}, []string{tea.ID}},
		"all must match":   {pika.Filters{Categories: []string{"pets"}, ConversationID: "c2"}, nil},
		"metadata":         {pika.Filters{Metadata: pika.Metadata{"room": "kitchen", "n": 12.5, "ok": true}}, []string{tea.ID}},
		"metadata in part": {pika.Filters{Metadata: pika.Metadata{"n": 12.5}}, []string{tea.ID}},
		"other metadata":   {pika.Filters{Metadata: pika.Metadata{"room": "hall"}}, nil},
		"odd metadata":     {pika.Filters{Metadata: pika.Metadata{`%'"<&` + "\u2028\x01": `\ ?` + "\u00e9"}}, []string{hers.ID}},
		"quotes":           {pika.Filters{Categories: []string{"' OR '1'='1"}, Entities: []string{`"]') --`}}, nil},
	} {
		got, all, err := truth.Matching(t.Context(), alice, c.filter, 10)
		if err != nil || !all {
			t.Errorf("%s: all %v, %v", name, all, err)
		}
		slices.Sort(c.want)
		wantSame(t, "Matching of "+name, got, c.want)
	}
	none, all, err := truth.Matching(t.Context(), pika.Scope{Tenant: alice.Tenant, User: "nobody"}, pika.Filters{}, 1)
	if len(none) != 0 || !all || err != nil {
		t.Errorf("Matching of nobody = %v, %v, %v", none, all, err)
	}
}

func testMatchingLimit(t *testing.T, truth Truth) {
	ids := commitAt(t, truth, "many", 10, 5)
	for limit := 1; limit <= 6; limit++ {
		got, all, err := truth.Matching(t.Context(), alice, pika.Filters{MinConfidence: 0.1}, limit)
		if err != nil || all != (limit >= 5) {
			t.Errorf("limit %d: all %v, %v", limit, all, err)
		}
		wantSame(t, fmt.Sprintf("limit %d", limit), got, ids[:min(limit, 5)])
	}
	for _, limit := range []int{-1, 0, pika.MaxPageLimit + 1} {
		_, _, err := truth.Matching(t.Context(), alice, pika.Filters{}, limit)
		wantCode(t, fmt.Sprintf("Matching with limit %d", limit), err, pika.Invalid)
	}
}
