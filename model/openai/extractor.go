package openai

import (
	"context"
	"strings"

	"github.com/pikamem/pika"
)

// maxAsks bounds the completions of one chunk: one, and two more for answers that
// could not be used.
const maxAsks = 3

// Extractor finds facts by chat completion.
type Extractor struct{ *completer }

var _ pika.Extractor = (*Extractor)(nil)

// NewExtractor returns an extractor over one model of one server. It calls nothing.
// A config that cannot work is Invalid and names PIKA_LLM.
func NewExtractor(config Config) (*Extractor, error) {
	c, err := newCompleter(config)
	if err != nil {
		return nil, err
	}
	return &Extractor{c}, nil
}

// Name implements pika.Extractor: openai:MODEL.
func (e *Extractor) Name() string { return "openai:" + e.client.config.Model }

// Extract implements pika.Extractor. An answer that was cut off, or refused for what
// some message says, is asked for again in two halves; one of another form once more
// with the reason. What stays unusable is Unread; what was usable of it is kept.
//
// Beside the errors of the port: Forbidden when the account has no credit, Invalid
// when the server does not know the model or a single message is too long for it.
func (e *Extractor) Extract(ctx context.Context, chunk pika.Chunk) (pika.Extraction, error) {
	if ctx.Err() != nil {
		return pika.Extraction{}, ended(ctx)
	}
	if !saysSomething(chunk) {
		return pika.Extraction{Cache: pika.LLMCacheMiss}, nil
	}
	r := reading{extractor: e, left: maxAsks}
	got, err := r.read(ctx, chunk)
	if err != nil {
		return pika.Extraction{}, err
	}
	return pika.Extraction{
		Candidates: got.candidates, Rejected: got.rejected, Unread: got.unread,
		Tokens: r.tokens, Cache: pika.LLMCacheMiss,
	}, nil
}

func saysSomething(chunk pika.Chunk) bool {
	for _, m := range chunk.Messages {
		if strings.TrimSpace(m.Content) != "" {
			return true
		}
	}
	return false
}
