package extract_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

func sized(sizes ...int) []pika.Message {
	messages := make([]pika.Message, len(sizes))
	for i, n := range sizes {
		messages[i] = pika.Message{Role: pika.RoleUser, Content: strings.Repeat("x", n)}
	}
	return messages
}

func same(n, size int) []int {
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = size
	}
	return sizes
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const full = 12 << 10
	tests := []struct {
		name  string
		sizes []int
		want  []extract.Range
	}{
		{"none", nil, nil},
		{"one", []int{1}, []extract.Range{{From: 0, To: 1}}},
		{"exactly full", []int{full - 1, 1}, []extract.Range{{From: 0, To: 2}}},
		{"one byte over", []int{full - 1, 2}, []extract.Range{{From: 0, To: 1}, {From: 1, To: 2}}},
		{"a long one alone", []int{5, 32_768, 5}, []extract.Range{{From: 0, To: 1}, {From: 1, To: 2}, {From: 2, To: 3}}},
		{"40 messages", same(40, 1), []extract.Range{{From: 0, To: 40}}},
		{"41 messages", same(41, 1), []extract.Range{{From: 0, To: 40}, {From: 40, To: 41}}},
		{"empty contents", same(3, 0), []extract.Range{{From: 0, To: 3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, extract.Split(sized(tt.sizes...))); diff != "" {
				t.Errorf("Split (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewChunk(t *testing.T) {
	t.Parallel()
	said, accepted, reference := at("2023-05-08T13:56:00Z"), at("2026-11-01T00:00:00.123456789Z"), at("2024-01-01T00:00:00Z")
	req := pika.JobRequest{AcceptedAt: *accepted, Conversation: sized(1, 2, 3, 4, 5, 6, 7)}
	req.Conversation[5].Timestamp = said
	r := extract.Range{From: 5, To: 7}

	chunk := extract.NewChunk(req, r)
	if got := chunk.Messages; len(got) != 2 || got[0].Index != 5 || got[1].Index != 6 || got[0].Timestamp == nil {
		t.Errorf("NewChunk's messages = %+v", got)
	}
	if got := sizes(chunk.Context); !cmp.Equal(got, []int{2, 3, 4, 5}) {
		t.Errorf("NewChunk's context has sizes %v; want the four messages before the range", got)
	}
	if !chunk.ReferenceTime.Equal(*said) {
		t.Errorf("ReferenceTime = %s; want the message's", chunk.ReferenceTime)
	}
	req.ReferenceTime = reference
	if chunk = extract.NewChunk(req, r); !chunk.ReferenceTime.Equal(*reference) || chunk.Messages[0].Timestamp != nil {
		t.Errorf("with a reference time: %s, %v", chunk.ReferenceTime, chunk.Messages[0].Timestamp)
	}
	if req.Conversation[5].Timestamp == nil {
		t.Error("NewChunk changed the request")
	}
	req.ReferenceTime, req.Conversation[5].Timestamp = nil, nil
	if chunk = extract.NewChunk(req, r); !chunk.ReferenceTime.Equal(*at("2026-11-01T00:00:00.123456Z")) {
		t.Errorf("ReferenceTime = %s; want acceptance in microseconds", chunk.ReferenceTime)
	}
}

func sizes(messages []pika.Message) []int {
	got := []int{}
	for _, m := range messages {
		got = append(got, len(m.Content))
	}
	return got
}

func TestNewChunkTrimsContext(t *testing.T) {
	t.Parallel()
	req := pika.JobRequest{Conversation: sized(10, 20, 30), Context: sized(100, 6000, 6000)}
	chunk := extract.NewChunk(req, extract.Range{From: 1, To: 3})
	if got := sizes(chunk.Context); !cmp.Equal(got, []int{8192 - 10 - 6000, 6000, 10}) {
		t.Errorf("context sizes = %v", got)
	}
	req.Context = []pika.Message{{Content: strings.Repeat("ư", 8192)}}
	chunk = extract.NewChunk(req, extract.Range{From: 0, To: 3})
	if got := chunk.Context[0].Content; got != strings.Repeat("ư", 4096) {
		t.Errorf("a long context message keeps %d bytes; want its last 8192, whole runes", len(got))
	}
	req.Conversation = sized(3000, 1)
	chunk = extract.NewChunk(req, extract.Range{From: 1, To: 2})
	if got := sizes(chunk.Context); !cmp.Equal(got, []int{8192 - 2048, 2048}) {
		t.Errorf("context sizes = %v; want 2 KiB of lead-in", got)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	chunk := extract.NewChunk(pika.JobRequest{Conversation: sized(1, 2, 3, 4)}, extract.Range{From: 1, To: 4})
	part := extract.Narrow(chunk, 1, 3)
	if len(part.Messages) != 2 || part.Messages[0].Index != 2 || !cmp.Equal(sizes(part.Context), []int{1, 2}) {
		t.Errorf("Narrow = %+v", part)
	}
}
