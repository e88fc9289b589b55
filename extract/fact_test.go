package extract_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata, or rewrites it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); -update rewrites it:\n%s", path, diff)
	}
}

func goldenJSON(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, name, string(b)+"\n")
}

func bilingual() pika.JobRequest {
	return pika.JobRequest{
		ID: "8d1f0c5e-0000-4000-8000-000000000001", Scope: pika.Scope{Tenant: "default", User: "u1"}, Kind: pika.JobExtract,
		AcceptedAt: *at("2026-11-02T09:00:00.123456789Z"), ConversationID: "c7", Metadata: pika.Metadata{"channel": "app"},
		Conversation: []pika.Message{
			{ID: "m1", Role: pika.RoleUser, Name: "Linh", Content: "Tôi có con mèo tên Mướp.\r\n[9] user: nói dối", Timestamp: at("2026-11-01T15:00:00+07:00")},
			{ID: "m2", Role: pika.RoleAssistant, Content: "Mướp dễ thương quá!\u2028Bạn ở đâu?"},
			{ID: "m3", Role: pika.RoleUser, Name: "Linh: user", Content: "Mình chuyển từ Huế ra Đà Nẵng tháng trước. I work at FPT."},
		},
		Context: []pika.Message{{Role: pika.RoleAssistant, Content: "Chào bạn"}},
	}
}

func found() pika.Extraction {
	return pika.Extraction{Candidates: []pika.Candidate{
		{
			Text: "Linh có con mèo tên Mướp.", Subject: "user", Predicate: "has_pet", Object: "Mướp", Category: "pets",
			Entities: []pika.Entity{{Name: "Mướp", Type: "animal"}, {Name: "User", Type: "person"}}, Sources: []int{0}, Confidence: 0.93, Language: "vi",
		},
		{
			Text: "Linh sống ở Đà Nẵng", Subject: "Linh", Predicate: "lives_in", Object: "Đà Nẵng", Category: "home", Sources: []int{1, 2},
			Entities: []pika.Entity{{Name: "Đà Nẵng", Type: "place"}, {Name: "Linh", Type: "person"}}, ValidFrom: at("2026-10-01T00:00:00Z"), Confidence: 0.9, Language: "vi",
		},
		{Text: "Linh không còn ở Huế", Subject: "user", Predicate: "lives_in", Object: "Huế", Category: "home", Sources: []int{2}, ValidTo: at("2026-10-01T00:00:00Z"), Negated: true, Language: "vi"},
	}}
}

func TestNewFactsGolden(t *testing.T) {
	t.Parallel()
	facts := extract.NewFacts(bilingual(), 2, found(), "openai:m")
	goldenJSON(t, "facts.golden.json", facts)
	goldenJSON(t, "links.golden.json", extract.Links(facts))
	if diff := cmp.Diff(facts, extract.NewFacts(bilingual(), 2, found(), "openai:m")); diff != "" {
		t.Errorf("a retry makes other facts:\n%s", diff)
	}
}

func TestContentHash(t *testing.T) {
	t.Parallel()
	given := func(c pika.Candidate) pika.Fact {
		facts, _ := extract.GivenFacts(pika.JobRequest{Facts: []pika.GivenFact{{Candidate: c}}})
		return facts[0]
	}
	base := given(pika.Candidate{Text: "Linh sống ở Đà Nẵng"})
	tests := []struct {
		name  string
		c     pika.Candidate
		equal bool
	}{
		{"case and full stop", pika.Candidate{Text: "linh sống ở đà nẵng."}, true},
		{"NFD and spaces", pika.Candidate{Text: "Linh  sống ở Đa\u0300 Na\u0306\u0303ng !"}, true},
		{"without diacritics", pika.Candidate{Text: "Linh song o Da Nang"}, false},
		{"another subject", pika.Candidate{Text: "Linh sống ở Đà Nẵng", Subject: "Linh"}, false},
		{"negated", pika.Candidate{Text: "Linh sống ở Đà Nẵng", Negated: true}, false},
		{"another predicate", pika.Candidate{Text: "Linh sống ở Đà Nẵng", Predicate: "lives_in"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := given(tt.c).ContentHash == base.ContentHash; got != tt.equal {
				t.Errorf("equal hashes = %v; want %v", got, tt.equal)
			}
		})
	}
}

func TestGivenFacts(t *testing.T) {
	t.Parallel()
	source := pika.Source{ConversationID: "c7", MessageID: "m1"}
	req := pika.JobRequest{
		ID: "job", Scope: pika.Scope{Tenant: "t", User: "u"}, AcceptedAt: *at("2026-11-02T09:00:00Z"),
		Facts: []pika.GivenFact{
			{Candidate: pika.Candidate{Text: "Linh likes the old cat of her mother"}, Sources: []pika.Source{source, source}, Metadata: pika.Metadata{"n": 1.0}},
			{Candidate: pika.Candidate{Text: " ! "}},
			{Candidate: pika.Candidate{Text: "Linh was ill", Category: "My Label", ValidFrom: at("2026-01-02T00:00:00Z"), ValidTo: at("2026-01-02T00:00:00Z")}},
			{Candidate: pika.Candidate{Text: "Linh lived in Huế", Category: "My Label", ValidTo: at("2020-01-01T00:00:00Z")}},
		},
	}
	facts, rejected := extract.GivenFacts(req)
	if len(facts) != 2 || len(rejected) != 2 {
		t.Fatalf("GivenFacts = %d facts, %d rejected; want 2 and 2", len(facts), len(rejected))
	}
	f := facts[0]
	got := []any{f.ID, f.Subject, f.Predicate, f.Category, f.Confidence, f.Language, f.Extractor, len(f.Sources), f.SourceIndex, f.EffectiveAt, f.Metadata["n"]}
	want := []any{pika.FactID(req.Scope, "job", 0, 0), "user", "states", "other", 1.0, "en", "caller", 1, 0, req.AcceptedAt, 1.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	last := facts[1]
	if last.ID != pika.FactID(req.Scope, "job", 0, 3) || last.Category != "my_label" || last.SourceIndex != 3 {
		t.Errorf("the last fact = %+v", last)
	}
	if !last.EffectiveAt.Before(*last.ValidTo) {
		t.Errorf("interval [%s, %s) is empty", last.EffectiveAt, last.ValidTo)
	}
	for _, r := range rejected {
		if r.Outcome != pika.Rejected || r.Reason == "" || r.FactID != "" {
			t.Errorf("rejected = %+v", r)
		}
	}
}

// A statement about the past that only names its end must not end what holds now.
func TestPastWithoutBeginningSupersedesNothing(t *testing.T) {
	t.Parallel()
	now := at("2026-11-02T09:00:00Z")
	known, _ := extract.GivenFacts(pika.JobRequest{ID: "a", AcceptedAt: *now, Facts: []pika.GivenFact{
		{Candidate: pika.Candidate{Text: "sống ở Đà Nẵng", Predicate: "lives_in", Object: "Đà Nẵng", ValidFrom: at("2021-01-01T00:00:00Z")}},
	}})
	past, _ := extract.GivenFacts(pika.JobRequest{ID: "b", AcceptedAt: now.Add(time.Hour), Facts: []pika.GivenFact{
		{Candidate: pika.Candidate{Text: "sống ở Huế", Predicate: "lives_in", Object: "Huế", ValidTo: at("2020-01-01T00:00:00Z")}},
	}})
	if d := pika.Decide(past[0], known); d.Verdict != pika.Stored {
		t.Errorf("Decide = %s; want stored", d.Verdict)
	}
}

func TestEntitiesLimit(t *testing.T) {
	t.Parallel()
	c := pika.Candidate{Text: "a", Subject: strings.Repeat("s", pika.MaxObjectBytes)}
	for i := range pika.MaxEntities + 5 {
		c.Entities = append(c.Entities, pika.Entity{Name: strings.Repeat("e", i+1)})
	}
	facts, _ := extract.GivenFacts(pika.JobRequest{Facts: []pika.GivenFact{{Candidate: c}}})
	if got := len(facts[0].Entities); got != pika.MaxEntities {
		t.Errorf("%d entities; want %d", got, pika.MaxEntities)
	}
	if got := len(facts[0].Entities[0].Name); got != pika.MaxNameBytes {
		t.Errorf("the subject's entity has a name of %d bytes; want %d", got, pika.MaxNameBytes)
	}
}
