package extract

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

// Bounds of what an extractor reads beside the messages of its chunk.
const (
	maxContextBytes = 8 << 10
	leadIn          = 4       // messages of the conversation just before the chunk
	maxLeadInBytes  = 2 << 10 // of their content
)

// NewChunk returns the part r of a request's conversation as an extractor reads it.
//
// Its context is the end of the request's own context followed by the last few
// messages before the range, together at most 8 KiB of content; what is cut is cut
// at the front. Nothing is ever extracted from it.
//
// A relative date is anchored by the request's reference time; without one by its
// message's own timestamp; without that by the latest timestamp in the range, else
// by the time of acceptance. So that every extractor does the same, messages carry
// no timestamp of their own when the request has a reference time.
func NewChunk(req pika.JobRequest, r Range) pika.Chunk {
	chunk := pika.Chunk{Scope: req.Scope, Metadata: req.Metadata, ReferenceTime: referenceTime(req, r)}
	for i := r.From; i < r.To; i++ {
		chunk.Messages = append(chunk.Messages, pika.ChunkMessage{Index: i, Message: anchored(req, req.Conversation[i])})
	}
	var before []pika.Message
	for _, m := range req.Conversation[max(0, r.From-leadIn):r.From] {
		before = append(before, anchored(req, m))
	}
	before = lastBytes(before, maxLeadInBytes)
	chunk.Context = append(lastBytes(req.Context, maxContextBytes-contentBytes(before)), before...)
	return chunk
}

// Narrow returns the chunk of only the messages [from, to) of a chunk, counted
// within it; the messages just before them join its context. It serves to ask again
// for a part whose answer was lost.
func Narrow(chunk pika.Chunk, from, to int) pika.Chunk {
	part := chunk
	part.Messages = chunk.Messages[from:to]
	var before []pika.Message
	for _, m := range chunk.Messages[max(0, from-leadIn):from] {
		before = append(before, m.Message)
	}
	part.Context = lastBytes(slices.Concat(chunk.Context, lastBytes(before, maxLeadInBytes)), maxContextBytes)
	return part
}

func referenceTime(req pika.JobRequest, r Range) time.Time {
	if req.ReferenceTime != nil {
		return moment(*req.ReferenceTime)
	}
	var latest time.Time
	for _, m := range req.Conversation[r.From:r.To] {
		if m.Timestamp != nil && m.Timestamp.After(latest) {
			latest = *m.Timestamp
		}
	}
	if latest.IsZero() {
		latest = req.AcceptedAt
	}
	return moment(latest)
}

func anchored(req pika.JobRequest, m pika.Message) pika.Message {
	if req.ReferenceTime != nil {
		m.Timestamp = nil
	}
	return m
}

// lastBytes keeps the end of messages up to limit bytes of content; the first one
// kept may itself lose its beginning.
func lastBytes(messages []pika.Message, limit int) []pika.Message {
	from := len(messages)
	for from > 0 && limit > 0 {
		from--
		limit -= len(messages[from].Content)
	}
	kept := slices.Clone(messages[from:])
	if limit < 0 && len(kept) > 0 {
		kept[0].Content = dropBytes(kept[0].Content, -limit)
	}
	return kept
}

// dropBytes removes at least n bytes from the front of s, whole runes only.
func dropBytes(s string, n int) string {
	for n < len(s) && !utf8.RuneStart(s[n]) {
		n++
	}
	return s[min(n, len(s)):]
}

func contentBytes(messages []pika.Message) int {
	n := 0
	for _, m := range messages {
		n += len(m.Content)
	}
	return n
}
