package openai

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	goopenai "github.com/sashabaranov/go-openai"
)

// format is how an answer's form is asked for, the strictest first.
type format int

const (
	formatSchema format = iota // response_format json_schema, strict
	formatObject               // response_format json_object, the schema in the prompt
	formatText                 // no response_format, the schema in the prompt
)

// tokenLimit is how an answer's length is bounded.
type tokenLimit int

const (
	limitCompletion tokenLimit = iota // max_completion_tokens, OpenAI's present name
	limitTokens                       // max_tokens, what many other servers know
	limitNone                         // the server's own bound
)

// dialect is what a server takes.
type dialect struct {
	format      format
	limit       tokenLimit
	limitTries  int  // names of the limit that were refused
	temperature bool // whether the temperature may be set
}

// greedy stands for a temperature of 0: go-openai leaves a zero out, which servers
// read as 1. It is as good as 0 and no server divides by it into infinity.
const greedy = 1e-6

// firstDialect is what to try first: what OpenAI takes, at other servers with the
// older name of the limit, which those that know only one of the names know.
func firstDialect(config Config) dialect {
	reasons := reasoningModel(config.Model)
	d := dialect{temperature: !reasons}
	if !reasons && !strings.HasPrefix(config.BaseURL, DefaultBaseURL) {
		d.limit = limitTokens
	}
	return d
}

// reasoningModel reports OpenAI's models that take neither a temperature nor max_tokens.
func reasoningModel(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}

// request writes one chat completion in this dialect. The notice is added to the
// system message: the user message must stay the last and hold its data alone.
func (d dialect) request(config Config, p prompt) goopenai.ChatCompletionRequest {
	system := p.system
	if d.format != formatSchema {
		system += "\n\nThe answer follows this JSON schema:\n" + string(p.form.schema)
	}
	if p.notice != "" {
		system += "\n\n" + p.notice
	}
	req := goopenai.ChatCompletionRequest{
		Model: config.Model,
		Messages: []goopenai.ChatCompletionMessage{
			{Role: goopenai.ChatMessageRoleSystem, Content: system},
			{Role: goopenai.ChatMessageRoleUser, Content: p.user},
		},
		ResponseFormat: d.responseFormat(p.form),
	}
	if d.temperature {
		req.Temperature = greedy
	}
	switch d.limit {
	case limitCompletion:
		req.MaxCompletionTokens = config.MaxCompletionTokens
	case limitTokens:
		//lint:ignore SA1019 many servers that are not OpenAI's know only this name
		req.MaxTokens = config.MaxCompletionTokens
	}
	return req
}

func (d dialect) responseFormat(f form) *goopenai.ChatCompletionResponseFormat {
	switch d.format {
	case formatSchema:
		return &goopenai.ChatCompletionResponseFormat{
			Type: goopenai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &goopenai.ChatCompletionResponseFormatJSONSchema{
				Name: f.name, Schema: f.schema, Strict: true,
			},
		}
	case formatObject:
		return &goopenai.ChatCompletionResponseFormat{Type: goopenai.ChatCompletionResponseFormatTypeJSONObject}
	}
	return nil
}

// without returns the dialect to try after a refusal, and whether there is one.
// proven says that this server took the dialect's form before: then a refusal that
// gives no reason is not about the form.
func (d dialect) without(raw error, proven bool) (dialect, bool) {
	switch {
	case refusesTokenLimit(raw):
		return d.otherLimit()
	case refusesSampling(raw):
		return d.plainTemperature()
	}
	f, answered := failureOf(raw)
	if !answered || !mayBeDialect(f.Status) {
		return d, false
	}
	switch {
	case f.says("max_tokens", "max_completion_tokens"):
		return d.otherLimit()
	case f.says("in the completion") && d.limit != limitNone: // the bound itself overflows the context
		d.limit = limitNone
		return d, true
	case f.says("temperature"):
		return d.plainTemperature()
	case f.says("response_format", "response format", "json_schema", "json_object", "json schema", "structured output", "guided", "grammar"):
		return d.looser()
	case proven || f.contextLength() || f.wrongModel() || f.Status == http.StatusNotFound:
		return d, false
	}
	return d.looser()
}

// mayBeDialect reports the statuses with which servers refuse a parameter. 500 is
// among them: some local servers fail in their own validation.
func mayBeDialect(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusNotImplemented:
		return true
	}
	return false
}

func (d dialect) looser() (dialect, bool) {
	if d.format == formatText {
		return d, false
	}
	d.format++
	return d, true
}

// otherLimit tries the other name of the limit once, then none.
func (d dialect) otherLimit() (dialect, bool) {
	if d.limit == limitNone {
		return d, false
	}
	d.limitTries++
	switch {
	case d.limitTries > 1:
		d.limit = limitNone
	case d.limit == limitCompletion:
		d.limit = limitTokens
	default:
		d.limit = limitCompletion
	}
	return d, true
}

func (d dialect) plainTemperature() (dialect, bool) {
	if !d.temperature {
		return d, false
	}
	d.temperature = false
	return d, true
}

// refusesTokenLimit and refusesSampling report go-openai's own checks for models it
// knows by name.
func refusesTokenLimit(err error) bool {
	return errors.Is(err, goopenai.ErrReasoningModelMaxTokensDeprecated)
}

func refusesSampling(err error) bool {
	return errors.Is(err, goopenai.ErrReasoningSamplingUnsupported) || errors.Is(err, goopenai.ErrReasoningModelLimitationsOther)
}

// memory holds what a server was found to take.
type memory struct {
	mu     sync.Mutex
	known  dialect
	proven bool
}

func (m *memory) get() (dialect, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known, m.proven
}

// took records a dialect that worked. start is the one its call began with: when
// another call has proved something else meanwhile, that stands.
func (m *memory) took(d, start dialect) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proven && m.known != start {
		return
	}
	m.known, m.proven = d, true
}
