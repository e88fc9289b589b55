package pikatest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// Extractor runs the conformance suite of pika.Extractor. open returns an extractor
// that may be shared by parallel subtests. The suite tests form, not what is found:
// an extractor that finds nothing passes it too.
func Extractor(t *testing.T, open func(t *testing.T) pika.Extractor) {
	t.Helper()
	tests := []struct {
		name string
		test func(*testing.T, pika.Extractor)
	}{
		{"name", extractorName},
		{"items obey the rules", extractorItems},
		{"nothing to read", extractorEmpty},
		{"context is never a source", extractorContext},
		{"unicode", extractorUnicode},
		{"longest message", extractorLongest},
		{"cancelled context", extractorCancelled},
		{"passed deadline", extractorDeadline},
		{"concurrent calls", extractorConcurrent},
		{"the chunk is left alone", extractorPure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

// chunkOf returns a chunk of user messages whose indexes begin at first.
func chunkOf(first int, contents ...string) pika.Chunk {
	said := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	chunk := pika.Chunk{ReferenceTime: said, Scope: pika.Scope{Tenant: "t1", User: "u1"}}
	for i, c := range contents {
		m := pika.Message{ID: c, Role: pika.RoleUser, Name: "Linh", Content: c, Timestamp: &said}
		chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Index: first + i, Message: m})
	}
	return chunk
}

var bilingualTalk = []string{
	"Tôi tên là Linh, tôi sống ở Đà Nẵng.",
	"I work at FPT and I have a cat named Mướp.",
	"Tôi không thích cà phê. Tôi bị dị ứng với tôm.",
	"My birthday is on 3 March 1995 and I am learning Japanese.",
}

func extractorName(t *testing.T, e pika.Extractor) {
	if first, second := e.Name(), e.Name(); first == "" || first != second {
		t.Errorf("Name() = %q, then %q", first, second)
	}
}

func extractorItems(t *testing.T, e pika.Extractor) {
	checkExtraction(t, e, chunkOf(5, bilingualTalk...))
}

// checkExtraction extracts and holds the answer against the port's contract.
func checkExtraction(t *testing.T, e pika.Extractor, chunk pika.Chunk) pika.Extraction {
	t.Helper()
	ex, err := e.Extract(t.Context(), chunk)
	if err != nil {
		t.Fatalf("Extract = %v", err)
	}
	for _, c := range ex.Candidates {
		again, reason := extract.Check(c, chunk)
		if reason != "" {
			t.Errorf("a candidate is not usable: %s", reason)
		} else if diff := cmp.Diff(again, c); diff != "" {
			t.Errorf("a candidate is not in normal form (-want +got):\n%s", diff)
		}
	}
	for _, r := range ex.Rejected {
		if r.Outcome != pika.Rejected || r.Reason == "" {
			t.Errorf("a rejected item has outcome %q and reason %q", r.Outcome, r.Reason)
		}
	}
	if !slices.IsSorted(ex.Unread) {
		t.Errorf("Unread = %v; want ascending", ex.Unread)
	}
	for _, i := range ex.Unread {
		if !slices.ContainsFunc(chunk.Messages, func(m pika.ChunkMessage) bool { return m.Index == i }) {
			t.Errorf("Unread names message %d, which is not of the chunk", i)
		}
	}
	return ex
}

func extractorEmpty(t *testing.T, e pika.Extractor) {
	for _, chunk := range []pika.Chunk{chunkOf(0), chunkOf(0, " "), chunkOf(3, "\n", "\t ")} {
		if ex := checkExtraction(t, e, chunk); len(ex.Candidates) != 0 {
			t.Errorf("Extract finds %d facts in nothing", len(ex.Candidates))
		}
	}
}

func extractorContext(t *testing.T, e pika.Extractor) {
	chunk := chunkOf(4, "Yes, that is right.")
	for _, c := range bilingualTalk {
		chunk.Context = append(chunk.Context, pika.Message{Role: pika.RoleUser, Name: "Linh", Content: c})
	}
	for _, c := range checkExtraction(t, e, chunk).Candidates {
		if !slices.Equal(c.Sources, []int{4}) {
			t.Errorf("sources = %v; want only message 4", c.Sources)
		}
	}
}

func extractorUnicode(t *testing.T, e pika.Extractor) {
	checkExtraction(t, e, chunkOf(0,
		"Tôi sống ở Đa\u0300 Na\u0306\u0303ng.", // NFD
		"私は東京に住んでいます。", "Я живу в Москве.", "أسكن في القاهرة", "I love 🍜👨‍👩‍👧!",
		"I live in\u2028Paris\x00\u200b\ufeff now", "\u202eI have a dog", "I live in \xff\xfe somewhere",
	))
}

func extractorLongest(t *testing.T, e pika.Extractor) {
	long := make([]byte, pika.MaxMessageBytes)
	for i := range long {
		long[i] = "I like tea. "[i%12]
	}
	checkExtraction(t, e, chunkOf(199, string(long)))
}

func extractorCancelled(t *testing.T, e pika.Extractor) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Extract(ctx, chunkOf(0, bilingualTalk...)); !errors.Is(err, context.Canceled) {
		t.Errorf("Extract with a cancelled context = %v", err)
	}
}

func extractorDeadline(t *testing.T, e pika.Extractor) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := e.Extract(ctx, chunkOf(0, bilingualTalk...)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Extract after its deadline = %v", err)
	}
}

func extractorConcurrent(t *testing.T, e pika.Extractor) {
	chunk := chunkOf(0, bilingualTalk...)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := e.Extract(t.Context(), chunk); err != nil {
				t.Errorf("Extract = %v", err)
			}
		})
	}
	group.Wait()
}

func extractorPure(t *testing.T, e pika.Extractor) {
	chunk, before := chunkOf(2, bilingualTalk...), chunkOf(2, bilingualTalk...)
	checkExtraction(t, e, chunk)
	if diff := cmp.Diff(before, chunk); diff != "" {
		t.Errorf("Extract changed its chunk (-want +got):\n%s", diff)
	}
}

// FakeExtractor is an extractor that answers what a function says: deterministic,
// without a model.
type FakeExtractor struct {
	answer func(pika.Chunk) pika.Extraction
}

var _ pika.Extractor = (*FakeExtractor)(nil)

// NewExtractor returns a fake that calls answer for every chunk, possibly from many
// goroutines at once. Items that extract.Check refuses become Rejected.
func NewExtractor(answer func(pika.Chunk) pika.Extraction) *FakeExtractor {
	return &FakeExtractor{answer: answer}
}

// Name implements pika.Extractor: "fake".
func (f *FakeExtractor) Name() string { return "fake" }

// Extract implements pika.Extractor.
func (f *FakeExtractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	if err := ctx.Err(); err != nil {
		return pika.Extraction{}, pika.Wrap(pika.CodeOf(err), err, "the call ended before it began")
	}
	ex := f.answer(chunk)
	found := ex.Candidates
	ex.Candidates = nil
	for _, c := range found {
		c, reason := extract.Check(c, chunk)
		if reason == "" {
			ex.Candidates = append(ex.Candidates, c)
		} else {
			ex.Rejected = append(ex.Rejected, pika.FactOutcome{Text: c.Text, Outcome: pika.Rejected, Reason: reason})
		}
	}
	return ex, nil
}
