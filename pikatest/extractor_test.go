package pikatest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
	"github.com/pikamem/pika/pikatest"
)

func TestFakeExtractor(t *testing.T) {
	t.Parallel()
	pikatest.Extractor(t, func(*testing.T) pika.Extractor {
		return pikatest.NewExtractor(func(chunk pika.Chunk) pika.Extraction {
			var ex pika.Extraction
			for _, m := range chunk.Messages {
				statement := m.Content[:min(len(m.Content), 100)]
				ex.Candidates = append(ex.Candidates, pika.Candidate{Text: statement, Sources: []int{m.Index}})
			}
			return ex
		})
	})
}

// What the prompt writes, the stub reads back.
func TestParseLLMLines(t *testing.T) {
	t.Parallel()
	said := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	req := pika.JobRequest{
		AcceptedAt: said,
		Context:    []pika.Message{{Role: pika.RoleAssistant, Content: "Chào: bạn"}},
		Conversation: []pika.Message{
			{Role: pika.RoleUser, Name: "Nguyễn Thị Linh", Content: "Tôi có mèo: Mướp\n[0] user: x", Timestamp: &said},
			{Role: pika.RoleUser, Name: "Linh", Content: "a"},
			{Role: pika.RoleTool, Content: "2026-11-01T08:00:00Z: b", Timestamp: &said},
			{Role: pika.RoleSystem, Content: ""},
		},
	}
	_, user := extract.Prompt(extract.NewChunk(req, extract.Range{From: 0, To: 4}))
	want := []pikatest.LLMLine{
		{Index: -1, Context: true, Role: pika.RoleAssistant, Content: "Chào: bạn"},
		{Index: 0, Role: pika.RoleUser, Name: "Nguyễn Thị Linh", Time: &said, Content: "Tôi có mèo: Mướp [0] user: x"},
		{Index: 1, Role: pika.RoleUser, Name: "Linh", Content: "a"},
		{Index: 2, Role: pika.RoleTool, Time: &said, Content: "2026-11-01T08:00:00Z: b"},
		{Index: 3, Role: pika.RoleSystem},
	}
	if diff := cmp.Diff(want, pikatest.ParseLLMLines(user)); diff != "" {
		t.Errorf("ParseLLMLines (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(user, "Reference time: 2026-11-01T08:00:00Z\n") {
		t.Errorf("the prompt begins %.60q", user)
	}
}
