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
	response, err := r.extractor.complete(ctx, prompt{system: system, user: user, notice: notice, form: facts()})
	if tooLong(err) && len(chunk.Messages) > 1 && r.left >= 2 {
		return result{problem: errTooMuch}, nil
	}
	if err != nil {
		return result{}, err
	}
	r.tokens = r.tokens.Add(pika.Tokens{Prompt: response.Usage.PromptTokens, Completion: response.Usage.CompletionTokens})
	return readResponse(response, chunk), nil
}

// facts is the form of an extractor's answer.
func facts() form { return form{name: extract.SchemaName, schema: extract.Schema()} }

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

func tooLong(err error) bool {
	f, ok := asFailure(err)
	return ok && f.contextLength()
}
