package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/activities"
	"github.com/pikamem/pika/extract"
)

// ExtractFactsInput is a job of kind pika.JobExtract.
type ExtractFactsInput struct {
	Request  pika.JobRequest `json:"request"`
	Settings Settings        `json:"settings"`
}

// ExtractFacts takes a conversation to facts: its messages into the truth and,
// embedded, into the index; then chunk by chunk through the extractor into the
// truth, the index and the graph. Chunks that cannot be read end up among the
// unread messages. The job fails when none of its items could be stored and
// something went wrong; a conversation without facts is complete.
func ExtractFacts(ctx workflow.Context, in ExtractFactsInput) (JobResult, error) {
	e := extractFactsImpl{request: in.Request}
	if err := e.setup(ctx, in.Request, in.Settings); err != nil {
		return JobResult{}, err
	}
	e.run(ctx)
	return e.end(ctx, e.failure())
}

// maxChunksInFlight bounds how many chunks of one job are read and written at once.
const maxChunksInFlight = 4

// What a chunk is sent of the conversation before it and of its context: enough
// for any lead-in that extract.NewChunk takes.
const (
	leadInMessages = 8
	leadInBytes    = 16 << 10
)

type extractFactsImpl struct {
	jobImpl
	request pika.JobRequest
}

func (e *extractFactsImpl) run(ctx workflow.Context) {
	e.progress.begun = true
	stored, err := call(quick(ctx, fmt.Sprintf("store %d messages", len(e.request.Conversation))), truth.StoreMessages,
		activities.StoreMessagesInput{Job: e.job, Request: e.request})
	if err != nil {
		e.wentWrong(ctx, err)
		return
	}
	e.progress.total = len(stored.Ranges)
	vectors := start(bulk(ctx, fmt.Sprintf("embed %d messages", len(stored.Keys))), indexes.WriteMessageVectors,
		activities.WriteMessageVectorsInput{Scope: e.job.Scope, Keys: stored.Keys})
	e.chunks(ctx, stored.Ranges)
	if _, err := vectors.get(ctx); err != nil {
		e.logger.Warn("message vectors lag behind the truth", "messages", len(stored.Keys))
		return
	}
	e.messages = stored.Keys
}

// chunks runs every chunk, a few at a time, and waits for all of them.
func (e *extractFactsImpl) chunks(ctx workflow.Context, ranges []extract.Range) {
	e.summaries = make([]pika.JobSummary, len(ranges))
	slots := workflow.NewSemaphore(ctx, maxChunksInFlight)
	all := workflow.NewWaitGroup(ctx)
	for i, r := range ranges {
		if slots.Acquire(ctx, 1) != nil {
			break // cancelled
		}
		all.Go(ctx, func(ctx workflow.Context) {
			defer slots.Release(1)
			e.chunk(ctx, i, r)
		})
	}
	all.Wait(ctx)
}

func (e *extractFactsImpl) chunk(ctx workflow.Context, i int, r extract.Range) {
	found, err := call(modelCall(ctx, e.settings, fmt.Sprintf("part %d: read %d messages", i, r.To-r.From)), model.Extract, e.input(i, r))
	e.progress.read++
	if err != nil {
		e.wentWrong(ctx, err)
		e.summaries[i] = unread(r)
		e.progress.written++
		return
	}
	e.summaries[i] = found.Summary
	e.write(ctx, i, found.Facts, found.Rejected)
}

// input returns what a chunk needs of the request and nothing more, because every
// byte of it stays in the job's history.
func (e *extractFactsImpl) input(i int, r extract.Range) activities.ExtractInput {
	slim := e.request
	slim.Conversation, slim.Facts = nil, nil
	slim.Context = tail(e.request.Context, len(e.request.Context), leadInBytes)
	lead := tail(e.request.Conversation[:r.From], leadInMessages, leadInBytes)
	offset := r.From - len(lead)
	return activities.ExtractInput{
		Request: slim, Chunk: i, Range: r, Window: e.request.Conversation[offset:r.To], Offset: offset,
	}
}

// failure says why the job failed, or nil if it did not.
func (e *extractFactsImpl) failure() *pika.JobError {
	if e.counts.Stored+e.counts.Duplicates > 0 {
		return nil
	}
	if e.problem != nil {
		return jobError(e.problem)
	}
	if n := len(extract.Merge(e.summaries...).UnreadMessages); n > 0 && n == len(e.request.Conversation) {
		return &pika.JobError{Code: pika.Unavailable, Message: "the extractor gave no usable answer for any message"}
	}
	return nil
}

// tail returns the end of messages: at most n, and no more than it takes to reach
// limit bytes of content.
func tail(messages []pika.Message, n, limit int) []pika.Message {
	from := len(messages)
	for bytes := 0; from > 0 && len(messages)-from < n && bytes < limit; from-- {
		bytes += len(messages[from-1].Content)
	}
	return messages[from:]
}

func unread(r extract.Range) pika.JobSummary {
	var s pika.JobSummary
	for i := r.From; i < r.To; i++ {
		s.UnreadMessages = append(s.UnreadMessages, i)
	}
	return s
}
