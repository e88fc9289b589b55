package openai

import (
	"context"
	"encoding/json"
	"strings"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/pikamem/pika"
)

// prompt is what one completion is asked for.
type prompt struct {
	system string
	user   string
	notice string // what was wrong with the answer before; empty: it is the first
	form   form
}

// form is the JSON object that an answer must be.
type form struct {
	name   string
	schema json.RawMessage
}

// completer asks one model of one server for completions, in the dialect that the
// server was found to take.
type completer struct {
	client *client
	memory memory
}

// newCompleter calls nothing. A config that cannot work is Invalid and names PIKA_LLM.
func newCompleter(config Config) (*completer, error) {
	client, err := newClient(config, "PIKA_LLM")
	if err != nil {
		return nil, err
	}
	c := &completer{client: client}
	c.memory.known = firstDialect(client.config)
	// OpenAI itself takes the first dialect: a refusal without a reason is an outage.
	c.memory.proven = strings.HasPrefix(client.config.BaseURL, DefaultBaseURL)
	return c, nil
}

// complete makes one completion in the dialect that the server is known to take,
// steps down where it refuses, and remembers what it took.
func (c *completer) complete(ctx context.Context, p prompt) (goopenai.ChatCompletionResponse, error) {
	d, proven := c.memory.get()
	start := d
	var first error
	for {
		var response goopenai.ChatCompletionResponse
		raw, err := c.client.call(ctx, func(ctx context.Context) error {
			var err error
			response, err = c.client.api.CreateChatCompletion(ctx, d.request(c.client.config, p))
			return err
		})
		if err == nil {
			c.memory.took(d, start)
			return response, nil
		}
		if first == nil {
			first = err
		}
		next, again := d.without(raw, proven)
		if ctx.Err() != nil || !again {
			return response, refused(err, first, d, start)
		}
		d = next
	}
}

// refused returns the error that tells most: when looser forms failed like the
// first one did, what happened first is the cause.
func refused(last, first error, d, start dialect) error {
	if d.format != start.format && pika.CodeOf(last) == pika.CodeOf(first) {
		return first
	}
	return last
}
