package openai

import (
	"context"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/extract"
)

// ask makes one completion and reads its answer. An answer that could not be used is
// no error: the result names its problem.
func (r *reading) ask(ctx context.Context, chunk pika.Chunk, notice string) (result, error) {
	r.left--
	system, user := extract.Prompt(chunk)
	response, err := r.extractor.complete(ctx, system, user, notice)
	if tooLong(err) && len(chunk.Messages) > 1 && r.left >= 2 {
		return result{problem: errTooMuch}, nil
	}
	if err != nil {
		return result{}, err
	}
	r.tokens = r.tokens.Add(pika.Tokens{Prompt: response.Usage.PromptTokens, Completion: response.Usage.CompletionTokens})
	return readResponse(response, chunk), nil
}

func readResponse(response goopenai.ChatCompletionResponse, chunk pika.Chunk) result {
	if len(response.Choices) == 0 {
		return result{problem: extract.ErrNotJSON}
	}
	choice := response.Choices[0]
	if choice.Message.Refusal != "" {
		return result{problem: errWithheld}
	}
	var got result
	got.candidates, got.rejected, got.problem = extract.Parse(choice.Message.Content, chunk)
	switch {
	case choice.FinishReason == goopenai.FinishReasonContentFilter:
		got.problem = errWithheld
	case choice.FinishReason == goopenai.FinishReasonLength && got.problem != nil:
		// An answer that is whole and was stopped in the white space after it is fine.
		got.problem = extract.ErrTruncated
	}
	return got
}

// complete makes one completion in the dialect that the server is known to take,
// steps down where it refuses, and remembers what it took.
func (e *Extractor) complete(ctx context.Context, system, user, notice string) (goopenai.ChatCompletionResponse, error) {
	d, proven := e.memory.get()
	start := d
	var first error
	for {
		var response goopenai.ChatCompletionResponse
		raw, err := e.client.call(ctx, func(ctx context.Context) error {
			var err error
			response, err = e.client.api.CreateChatCompletion(ctx, d.request(e.client.config, system, user, notice))
			return err
		})
		if err == nil {
			e.memory.took(d, start)
			return response, nil
		}
		if first == nil {
			first = err
		}
		next, again := d.without(raw, proven)
		if ctx.Err() != nil || !again {
			return response, e.refused(err, first, d, start)
		}
		d = next
	}
}

// refused returns the error that tells most: when looser forms failed like the
// first one did, what happened first is the cause.
func (e *Extractor) refused(last, first error, d, start dialect) error {
	if d.format != start.format && pika.CodeOf(last) == pika.CodeOf(first) {
		return first
	}
	return last
}

func tooLong(err error) bool {
	f, ok := asFailure(err)
	return ok && f.contextLength()
}
