package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/pikamem/pika"
)

// maxResponseBytes bounds what is read of one response: 256 embeddings of 4,096
// numbers as text are about 14 MB.
const maxResponseBytes = 64 << 20

// client is what Extractor and Embedder share: one server with its deadline and its
// failures. go-openai repeats nothing by itself.
type client struct {
	api     *goopenai.Client
	config  Config
	setting string // the environment variable that names the model
}

func newClient(config Config, setting string) (*client, error) {
	config = config.withDefaults()
	if err := config.validate(setting); err != nil {
		return nil, err
	}
	wire := goopenai.DefaultConfig(config.APIKey)
	wire.BaseURL = config.BaseURL
	wire.HTTPClient = doer{client: config.HTTPClient}
	return &client{api: goopenai.NewClientWithConfig(wire), config: config, setting: setting}, nil
}

// call runs one HTTP call under the deadline and translates its failure. The raw
// error is returned beside it, for finding out what the server refused.
func (c *client) call(ctx context.Context, send func(context.Context) error) (raw, err error) {
	within, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	var header http.Header
	raw = send(context.WithValue(within, headerKey{}, &header))
	if raw == nil {
		return nil, nil
	}
	if ctx.Err() != nil {
		return raw, ended(ctx)
	}
	if within.Err() != nil {
		return raw, pika.Wrap(pika.Timeout, within.Err(), "the model's server did not answer within %s", c.config.Timeout)
	}
	return raw, c.translate(raw, header)
}

// ended is the error of a context of the caller that is over.
func ended(ctx context.Context) error {
	code := pika.CodeOf(ctx.Err())
	return pika.Wrap(code, ctx.Err(), "the call ended before the model's server answered")
}

// headerKey finds in a call's context where the header of a refusal goes: go-openai
// does not pass it on.
type headerKey struct{}

// doer reads each response whole, within its bound, so that a failure while reading
// is told apart from an answer that makes no sense.
type doer struct{ client *http.Client }

// Do implements goopenai.HTTPDoer.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	res, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if header, ok := req.Context().Value(headerKey{}).(*http.Header); ok {
		*header = res.Header
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxResponseBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the response: %w", err)
	case len(body) > maxResponseBytes:
		return nil, errTooLong
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

var errTooLong = errors.New("the response is too long")

// retryAfter reads how long a server wants to be left alone: retry-after-ms, else
// Retry-After in seconds or as a date; 0 when it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if d := duration(h.Get("Retry-After-Ms"), time.Millisecond); d > 0 {
		return d
	}
	s := h.Get("Retry-After")
	if d := duration(s, time.Second); d > 0 {
		return d
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return min(at.Sub(now), maxRetryAfter)
	}
	return 0
}
