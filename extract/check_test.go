package extract_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

func at(s string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return &t
}

// twoMessages is a chunk of the messages 3 and 4 with one line of context.
func twoMessages() pika.Chunk {
	return pika.Chunk{
		Messages: []pika.ChunkMessage{
			{Index: 3, Message: pika.Message{Role: pika.RoleUser, Content: "Tôi có con mèo tên Mướp"}},
			{Index: 4, Message: pika.Message{Role: pika.RoleUser, Content: "I moved to Huế yesterday"}},
		},
		Context:       []pika.Message{{Role: pika.RoleAssistant, Content: "Hello"}},
		ReferenceTime: *at("2026-11-01T08:00:00Z"),
		Scope:         pika.Scope{Tenant: "t", User: "u"},
	}
}

func good() pika.Candidate {
	return pika.Candidate{
		Text: "Linh có con mèo tên Mướp", Subject: "user", Predicate: "has_pet", Object: "Mướp", Category: "pets",
		Entities: []pika.Entity{{Name: "Mướp", Type: "animal"}}, Sources: []int{3}, Confidence: 0.9, Language: "vi",
	}
}

func TestCheckMends(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*pika.Candidate)
		want   func(*pika.Candidate)
	}{
		{"nothing", func(*pika.Candidate) {}, func(*pika.Candidate) {}},
		{
			"white space, controls and NFD in the text",
			func(c *pika.Candidate) { c.Text = " Linh co\u0301 con mèo\x00\n tên  Mướp " },
			func(c *pika.Candidate) { c.Text = "Linh có con mèo tên Mướp" },
		},
		{"invalid UTF-8", func(c *pika.Candidate) { c.Object = "M\xffướp" }, func(c *pika.Candidate) { c.Object = "Mướp" }},
		{"camel-case predicate", func(c *pika.Candidate) { c.Predicate = "hasPet" }, func(*pika.Candidate) {}},
		{"spaced predicate", func(c *pika.Candidate) { c.Predicate = "Has pet!" }, func(*pika.Candidate) {}},
		{"alias", func(c *pika.Candidate) { c.Predicate = "resides in" }, func(c *pika.Candidate) { c.Predicate = "lives_in" }},
		{"predicate with đ", func(c *pika.Candidate) { c.Predicate = "đang học" }, func(c *pika.Candidate) { c.Predicate = "dang_hoc" }},
		{"no predicate", func(c *pika.Candidate) { c.Predicate = " -- " }, func(c *pika.Candidate) { c.Predicate = "states" }},
		{
			"overlong predicate",
			func(c *pika.Candidate) { c.Predicate = strings.Repeat("a", pika.MaxLabelBytes+1) },
			func(c *pika.Candidate) { c.Predicate = "states" },
		},
		{"no subject", func(c *pika.Candidate) { c.Subject = "" }, func(*pika.Candidate) {}},
		{"the user", func(c *pika.Candidate) { c.Subject = "The User" }, func(*pika.Candidate) {}},
		{"a mother is not me", func(c *pika.Candidate) { c.Subject = "mẹ" }, func(c *pika.Candidate) { c.Subject = "mẹ" }},
		{"unknown category", func(c *pika.Candidate) { c.Category = "cats" }, func(c *pika.Candidate) { c.Category = "other" }},
		{"category in capitals", func(c *pika.Candidate) { c.Category = "Pets" }, func(*pika.Candidate) {}},
		{"confidence over 1", func(c *pika.Candidate) { c.Confidence = 7 }, func(c *pika.Candidate) { c.Confidence = 1 }},
		{"confidence below 0", func(c *pika.Candidate) { c.Confidence = -1 }, func(c *pika.Candidate) { c.Confidence = 0 }},
		{"confidence not a number", func(c *pika.Candidate) { c.Confidence = math.NaN() }, func(c *pika.Candidate) { c.Confidence = 0.5 }},
		{"no language", func(c *pika.Candidate) { c.Language = "" }, func(*pika.Candidate) {}},
		{"language as a word", func(c *pika.Candidate) { c.Language = "Vietnamese" }, func(*pika.Candidate) {}},
		{"language with region", func(c *pika.Candidate) { c.Language = "vi-VN" }, func(*pika.Candidate) {}},
		{"sources elsewhere", func(c *pika.Candidate) { c.Sources = []int{9, 3, -1, 3, 0} }, func(*pika.Candidate) {}},
		{"sources unordered", func(c *pika.Candidate) { c.Sources = []int{4, 3} }, func(c *pika.Candidate) { c.Sources = []int{3, 4} }},
		{
			"entities", func(c *pika.Candidate) {
				c.Entities = []pika.Entity{{Name: " Mướp ", Type: "Animal"}, {Name: "mướp"}, {Name: "?"}, {Name: "Huế"}}
			},
			func(c *pika.Candidate) { c.Entities = append(c.Entities, pika.Entity{Name: "Huế", Type: "other"}) },
		},
		{
			"end before beginning",
			func(c *pika.Candidate) {
				c.ValidFrom, c.ValidTo = at("2026-11-01T07:00:00+07:00"), at("2026-11-01T00:00:00Z")
			},
			func(c *pika.Candidate) { c.ValidFrom = at("2026-11-01T00:00:00Z") },
		},
		{"a time for unknown", func(c *pika.Candidate) { c.ValidTo = &time.Time{} }, func(*pika.Candidate) {}},
		{
			"overlong object",
			func(c *pika.Candidate) { c.Object = strings.Repeat("a", pika.MaxObjectBytes-1) + "đ" },
			func(c *pika.Candidate) { c.Object = strings.Repeat("a", pika.MaxObjectBytes-1) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in, want := good(), good()
			tt.change(&in)
			tt.want(&want)
			got, reason := extract.Check(in, twoMessages())
			if reason != "" {
				t.Fatalf("Check(%+v) is unusable: %s", in, reason)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Check (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*pika.Candidate)
		reason string
	}{
		{"empty text", func(c *pika.Candidate) { c.Text = "" }, "empty"},
		{"punctuation", func(c *pika.Candidate) { c.Text = " …?! " }, "empty"},
		{"overlong text", func(c *pika.Candidate) { c.Text = strings.Repeat("a", pika.MaxFactBytes+1) }, "over 2048"},
		{"overlong subject", func(c *pika.Candidate) { c.Subject = strings.Repeat("a", pika.MaxObjectBytes+1) }, "over 512"},
		{"no source", func(c *pika.Candidate) { c.Sources = nil }, "source"},
		{"sources outside the chunk", func(c *pika.Candidate) { c.Sources = []int{0, 2, 5} }, "source"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := good()
			tt.change(&c)
			if _, reason := extract.Check(c, twoMessages()); !strings.Contains(reason, tt.reason) {
				t.Errorf("Check's reason = %q; want one with %q", reason, tt.reason)
			}
		})
	}
}

func TestCheckAtTheLimits(t *testing.T) {
	t.Parallel()
	c := good()
	c.Text = strings.Repeat("a", pika.MaxFactBytes)
	c.Subject = strings.Repeat("b", pika.MaxObjectBytes)
	c.Object = strings.Repeat("c", pika.MaxObjectBytes)
	c.Predicate = strings.Repeat("d", pika.MaxLabelBytes)
	got, reason := extract.Check(c, twoMessages())
	if reason != "" {
		t.Fatalf("Check at the limits is unusable: %s", reason)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("Check changed what is within the limits (-want +got):\n%s", diff)
	}
}

// A single message without context is the source of what names none.
func TestCheckOnlyMessage(t *testing.T) {
	t.Parallel()
	chunk := twoMessages()
	chunk.Messages, chunk.Context = chunk.Messages[:1], nil
	c := good()
	c.Sources = nil
	got, reason := extract.Check(c, chunk)
	if diff := cmp.Diff([]int{3}, got.Sources); reason != "" || diff != "" {
		t.Errorf("Check = %v, reason %q; want source 3", got.Sources, reason)
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	single, many := extract.Vocabulary()
	if len(single) < 20 || len(many) < 20 {
		t.Errorf("Vocabulary has %d and %d predicates", len(single), len(many))
	}
	for _, p := range append(single, many...) {
		c := good()
		c.Predicate = p
		if got, _ := extract.Check(c, twoMessages()); got.Predicate != p {
			t.Errorf("Check changes the predicate %s to %s", p, got.Predicate)
		}
	}
}
