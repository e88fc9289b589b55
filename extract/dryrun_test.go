package extract_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	chunk := func(cache pika.LLMCache, unread ...int) pika.JobSummary {
		return extract.Summarize(pika.Extraction{Cache: cache, Unread: unread, Tokens: pika.Tokens{Prompt: 3, Completion: 2}, Saved: pika.Tokens{Prompt: 7, Completion: 1}}, "openai:m")
	}
	tests := []struct {
		name string
		in   []pika.JobSummary
		want pika.JobSummary
	}{
		{"none", nil, pika.JobSummary{Degraded: []string{}, LLMCache: "miss"}},
		{
			"every chunk exact",
			[]pika.JobSummary{chunk("exact"), chunk("exact")},
			pika.JobSummary{Extractor: "openai:m", Degraded: []string{}, LLMCache: "exact", Tokens: pika.Tokens{Prompt: 6, Completion: 4}, TokensSaved: pika.Tokens{Prompt: 14, Completion: 2}},
		},
		{
			"one semantic",
			[]pika.JobSummary{chunk("exact"), chunk("semantic")},
			pika.JobSummary{Extractor: "openai:m", Degraded: []string{}, LLMCache: "semantic", Tokens: pika.Tokens{Prompt: 6, Completion: 4}, TokensSaved: pika.Tokens{Prompt: 14, Completion: 2}},
		},
		{
			"one miss, unread",
			[]pika.JobSummary{chunk("semantic", 7, 5), chunk("", 1), chunk("exact", 5)},
			pika.JobSummary{Extractor: "openai:m", Degraded: []string{}, LLMCache: "miss", Tokens: pika.Tokens{Prompt: 9, Completion: 6}, TokensSaved: pika.Tokens{Prompt: 21, Completion: 3}, UnreadMessages: []int{1, 5, 7}},
		},
		{
			"rules",
			[]pika.JobSummary{extract.Summarize(pika.Extraction{}, "rules/v1"), extract.Summarize(pika.Extraction{}, "rules/v1")},
			pika.JobSummary{Extractor: "rules/v1", Degraded: []string{"llm"}, LLMCache: "miss"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, extract.Merge(tt.in...)); diff != "" {
				t.Errorf("Merge (-want +got):\n%s", diff)
			}
		})
	}
}

type extractorFunc func(pika.Chunk) (pika.Extraction, error)

func (extractorFunc) Name() string { return "openai:m" }

func (f extractorFunc) Extract(_ context.Context, c pika.Chunk) (pika.Extraction, error) { return f(c) }

func TestDryRun(t *testing.T) {
	t.Parallel()
	req := bilingual()
	req.Conversation = sized(same(81, 1)...)
	perChunk := extractorFunc(func(c pika.Chunk) (pika.Extraction, error) {
		first := c.Messages[0].Index
		item := good()
		item.Sources = []int{first}
		return pika.Extraction{
			Candidates: []pika.Candidate{item},
			Rejected:   []pika.FactOutcome{{Outcome: pika.Rejected, Reason: "r"}},
			Unread:     []int{first},
			Tokens:     pika.Tokens{Prompt: 1},
		}, nil
	})
	job, err := extract.DryRun(t.Context(), perChunk, req)
	if err != nil {
		t.Fatal(err)
	}
	if job.Status != pika.Completed || job.Progress.Total != 3 || len(job.Facts) != 6 || job.Summary.Tokens.Prompt != 3 {
		t.Errorf("DryRun = %+v", job)
	}
	if diff := cmp.Diff([]int{0, 40, 80}, job.Summary.UnreadMessages); diff != "" {
		t.Errorf("unread (-want +got):\n%s", diff)
	}
	f := job.Facts[0]
	if f.Outcome != pika.Stored || f.Reason != extract.DryRunReason || len(f.Stores) != 0 || f.FactID != "" || job.Facts[1].Outcome != pika.Rejected {
		t.Errorf("outcomes = %+v", job.Facts)
	}
}

func TestDryRunPassesErrorsOn(t *testing.T) {
	t.Parallel()
	down := pika.Errorf(pika.Unavailable, "no model")
	_, err := extract.DryRun(t.Context(), extractorFunc(func(pika.Chunk) (pika.Extraction, error) { return pika.Extraction{}, down }), bilingual())
	if !errors.Is(err, down) || pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("DryRun's error = %v", err)
	}
}
