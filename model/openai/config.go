package openai

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// The defaults of Config.
const (
	DefaultBaseURL             = "https://api.openai.com/v1"
	DefaultTimeout             = 60 * time.Second
	DefaultMaxCompletionTokens = 8192
)

// Config says which server and model to use.
type Config struct {
	// APIKey is sent as a bearer token; empty for servers that want none.
	APIKey string
	// BaseURL is the address up to and with /v1. Defaults to OpenAI's own.
	BaseURL string
	// Model is the model's name at that server. It must be set.
	Model string
	// Timeout is the deadline of one HTTP call. Defaults to 60 seconds.
	Timeout time.Duration
	// HTTPClient sends the calls. Defaults to a client of its own.
	HTTPClient *http.Client
	// MaxCompletionTokens bounds one answer of an Extractor, with a reasoning
	// model's thoughts. Defaults to 8192.
	MaxCompletionTokens int
	// Dimensions is the length of an Embedder's vectors. Default: the model's own,
	// known for OpenAI's models, asked from the server for others.
	Dimensions int
	// Window is how many bytes of a text the embedding model reads at once; a longer
	// text is embedded in parts and their weighted mean taken. Defaults to a value
	// that is safe for the model named.
	Window int
	// Now tells the time; it is read for Retry-After dates. Defaults to time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(cmp.Or(c.BaseURL, DefaultBaseURL), "/")
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.MaxCompletionTokens = cmp.Or(c.MaxCompletionTokens, DefaultMaxCompletionTokens)
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// validate names the environment variable that a wrong value came from; setting is
// the one that names the model.
func (c Config) validate(setting string) error {
	u, err := url.Parse(c.BaseURL)
	switch {
	case strings.TrimSpace(c.Model) == "":
		return pika.Errorf(pika.Invalid, "%s names no model: openai:MODEL is expected", setting)
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return pika.Errorf(pika.Invalid, "the base URL of %s is not an http or https address", setting)
	case c.Timeout < 0 || c.MaxCompletionTokens < 0 || c.Dimensions < 0 || c.Window < 0:
		return pika.Errorf(pika.Invalid, "a limit of %s is negative", setting)
	}
	return nil
}
