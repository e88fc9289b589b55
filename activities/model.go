package activities

import (
	"context"
	"fmt"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// ExtractInput is one chunk of a conversation.
type ExtractInput struct {
	// Request is the job's, without facts and conversation, its context cut to the
	// end that a chunk can see.
	Request pika.JobRequest `json:"request"`
	Chunk   int             `json:"chunk"`
	Range   extract.Range   `json:"range"`

	// Window holds the messages [Offset, Range.To) of the conversation: the chunk's
	// own and a few before it.
	Window []pika.Message `json:"window"`
	Offset int            `json:"offset"`
}

// ExtractResult is what an extractor found in a chunk.
type ExtractResult struct {
	Facts    []pika.Fact        `json:"facts,omitempty"`
	Rejected []pika.FactOutcome `json:"rejected,omitempty"`
	Summary  pika.JobSummary    `json:"summary"`
}

// Extract reads one chunk with the extractor and turns its candidates into facts
// with ids. It heartbeats while the extractor works.
func (m *Model) Extract(ctx context.Context, in ExtractInput) (ExtractResult, error) {
	defer beat(ctx)()
	request := in.Request
	request.Conversation = make([]pika.Message, in.Range.To)
	copy(request.Conversation[in.Offset:], in.Window)

	found, err := m.Extractor.Extract(ctx, extract.NewChunk(request, in.Range))
	if err != nil {
		return ExtractResult{}, fmt.Errorf("extract from %d messages: %w", in.Range.To-in.Range.From, err)
	}
	name := m.Extractor.Name()
	facts := extract.NewFacts(request, in.Chunk, found, name)
	kept, over := atMost(facts, pika.MaxFactsPerCommit)
	return ExtractResult{
		Facts:    kept,
		Rejected: append(found.Rejected, over...),
		Summary:  extract.Summarize(found, name),
	}, nil
}

// atMost keeps the first limit facts and rejects the others, so that each is
// accounted for.
func atMost(facts []pika.Fact, limit int) ([]pika.Fact, []pika.FactOutcome) {
	if len(facts) <= limit {
		return facts, nil
	}
	var over []pika.FactOutcome
	for _, f := range facts[limit:] {
		over = append(over, pika.FactOutcome{
			Text: f.Text, Outcome: pika.Rejected,
			Reason: fmt.Sprintf("one part of a conversation can give %d facts at most", limit),
		})
	}
	return facts[:limit], over
}
