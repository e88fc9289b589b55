package openai

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/pikamem/pika"
)

// maxRetryAfter bounds what a server may ask for: one wrong header must not park a
// job for a year.
const maxRetryAfter = time.Hour

// translate makes a *pika.Error of a failed call. Of what the server wrote only
// status, type and code are kept, and those only if they look like identifiers:
// servers repeat keys and prompts in their messages.
func (c *client) translate(raw error, header http.Header) error {
	f, answered := failureOf(raw)
	if !answered {
		return c.translateSilence(raw)
	}
	code, message := c.meaning(f)
	e := pika.Wrap(code, f, "%s", message)
	if code == pika.RateLimited || code == pika.Unavailable {
		e.RetryAfter = retryAfter(header, c.config.Now())
	}
	return e
}

// meaning is the table of refusals.
func (c *client) meaning(f *failure) (pika.Code, string) {
	switch s := f.Status; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return pika.Unauthenticated, "the model's server refused the key"
	case f.is("insufficient_quota") || s == http.StatusPaymentRequired:
		return pika.Forbidden, "the account at the model's server has no credit left"
	case s == http.StatusTooManyRequests:
		return pika.RateLimited, "the model's server limits the rate"
	case s == http.StatusRequestTimeout || s == http.StatusGatewayTimeout:
		return pika.Timeout, "the model's server ran out of time"
	case f.contextLength():
		return pika.Invalid, "the text is longer than the model's context"
	case f.wrongModel():
		return pika.Invalid, "the model's server does not know the model: check " + c.setting
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return pika.Invalid, "the address is no OpenAI-compatible server: check OPENAI_BASE_URL and " + c.setting
	case s >= 500:
		return pika.Unavailable, "the model's server reports an error"
	case s == http.StatusConflict || s == http.StatusTooEarly:
		return pika.Unavailable, "the model's server is busy"
	}
	return pika.Invalid, "the model's server refuses the request: check " + c.setting
}

// translateSilence is for calls that no server answered, or not with HTTP and JSON.
func (c *client) translateSilence(raw error) error {
	var netErr net.Error
	switch {
	case isLocal(raw):
		return pika.Wrap(pika.Invalid, raw, "the model cannot be used for this: check %s", c.setting)
	case errors.As(raw, &netErr) && netErr.Timeout():
		return pika.Wrap(pika.Timeout, withoutURL(raw), "the model's server did not answer in time")
	case isNetwork(raw):
		return pika.Wrap(pika.Unavailable, withoutURL(raw), "the model's server cannot be reached")
	}
	// The text of a decoding error quotes the body; its type says enough.
	return pika.Wrap(pika.Unavailable, fmt.Errorf("decode the response: %T", raw), "the model's server answered with something else than JSON")
}

// isLocal reports whether go-openai itself refused to send the request.
func isLocal(err error) bool {
	return errors.Is(err, goopenai.ErrChatCompletionInvalidModel) || refusesTokenLimit(err) || refusesSampling(err) ||
		errors.Is(err, goopenai.ErrReasoningEffortUnsupported)
}

func isNetwork(err error) bool {
	var u *url.Error
	var op *net.OpError
	return errors.As(err, &u) || errors.As(err, &op) || errors.Is(err, errTooLong) || strings.HasPrefix(err.Error(), "read the response: ")
}

// withoutURL drops the request's address, which may carry credentials.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// failure is a refusal of a server, made safe to log. words is the server's own
// text in lower case; it is matched against and never shown.
type failure struct {
	Status int
	Type   string
	Code   string
	words  string
}

// Error implements error.
func (f *failure) Error() string {
	s := "status " + strconv.Itoa(f.Status)
	if f.Type != "" {
		s += ", type " + f.Type
	}
	if f.Code != "" {
		s += ", code " + f.Code
	}
	return s
}

// failureOf reads a server's refusal; false if the error is none.
func failureOf(raw error) (*failure, bool) {
	// A body of another form comes as a RequestError that wraps an empty APIError.
	var req *goopenai.RequestError
	if errors.As(raw, &req) {
		return &failure{Status: req.HTTPStatusCode, words: strings.ToLower(string(req.Body))}, true
	}
	var api *goopenai.APIError
	if errors.As(raw, &api) {
		f := &failure{Status: api.HTTPStatusCode, Type: identifier(api.Type), words: strings.ToLower(api.Message)}
		if api.Code != nil {
			f.Code = identifier(fmt.Sprint(api.Code))
		}
		if api.Param != nil {
			f.words += " " + strings.ToLower(*api.Param)
		}
		return f, true
	}
	return nil, false
}

// asFailure finds the refusal within a translated error.
func asFailure(err error) (*failure, bool) {
	var f *failure
	ok := errors.As(err, &f)
	return f, ok
}

func (f *failure) is(code string) bool { return f.Type == code || f.Code == code }

func (f *failure) says(words ...string) bool {
	for _, w := range words {
		if strings.Contains(f.words, w) {
			return true
		}
	}
	return false
}

func (f *failure) contextLength() bool {
	return f.Status == http.StatusRequestEntityTooLarge || f.is("context_length_exceeded") ||
		(f.Status >= 400 && f.says("maximum context", "context length", "context window", "context size", "too many tokens", "exceed context"))
}

func (f *failure) wrongModel() bool {
	return f.is("model_not_found") || f.is("invalid_model") ||
		(f.Status < 500 && f.says("model") && f.says("not found", "does not exist", "not exist", "unknown model", "no such model"))
}

var identifierForm = regexp.MustCompile(`^[a-z0-9_.]{1,48}$`)

// identifier returns s if it is a short snake_case word, which no key is.
func identifier(s string) string {
	s = strings.ToLower(s)
	if !identifierForm.MatchString(s) {
		return ""
	}
	return s
}

func duration(s string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	if n > float64(maxRetryAfter/unit) {
		return maxRetryAfter
	}
	return time.Duration(n * float64(unit))
}
