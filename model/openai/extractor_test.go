package openai_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/model/openai"
	"github.com/pikamem/pika/pikatest"
)

// echo answers one item per numbered line.
func echo(lines []pikatest.LLMLine) []pika.Candidate {
	var items []pika.Candidate
	for _, l := range lines {
		if !l.Context && strings.TrimSpace(l.Content) != "" {
			items = append(items, pika.Candidate{Text: l.Content[:min(len(l.Content), 200)], Sources: []int{l.Index}, Confidence: 0.9})
		}
	}
	return items
}

type fault = pikatest.LLMFault

// script is a server whose n-th call meets the n-th fault; nil and what follows the
// last are answered well.
func script(faults ...*fault) *pikatest.LLMServer {
	s := pikatest.NewLLMServer(echo)
	s.Fault = func(_ context.Context, call pikatest.LLMCall) *fault {
		if call.Number <= len(faults) {
			return faults[call.Number-1]
		}
		return nil
	}
	return s
}

// open starts a server and returns an extractor that talks to it.
func open(t *testing.T, h http.Handler, change ...func(*openai.Config)) *openai.Extractor {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	config := openai.Config{APIKey: "sk-secret-key", BaseURL: server.URL + "/v1", Model: "test-model", HTTPClient: server.Client(), Timeout: 20 * time.Second}
	for _, c := range change {
		c(&config)
	}
	e, err := openai.NewExtractor(config)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func chunk(contents ...string) pika.Chunk {
	c := pika.Chunk{ReferenceTime: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
	for i, s := range contents {
		c.Messages = append(c.Messages, pika.ChunkMessage{Index: 10 + i, Message: pika.Message{Role: pika.RoleUser, Content: s}})
	}
	return c
}

func four() pika.Chunk { return chunk("alpha one", "beta two", "gamma three", "delta four") }

func sources(ex pika.Extraction) []int {
	var all []int
	for _, c := range ex.Candidates {
		all = append(all, c.Sources...)
	}
	return all
}

func TestConformance(t *testing.T) {
	t.Parallel()
	pikatest.Extractor(t, func(t *testing.T) pika.Extractor { return open(t, pikatest.NewLLMServer(echo)) })
}

func TestStrictSchemaIsAskedFirst(t *testing.T) {
	t.Parallel()
	server := script()
	e := open(t, server)
	ex, err := e.Extract(t.Context(), four())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{10, 11, 12, 13}, sources(ex)); diff != "" || len(ex.Unread) != 0 || ex.Cache != pika.LLMCacheMiss || ex.Tokens.Prompt == 0 {
		t.Errorf("Extract = %+v\n%s", ex, diff)
	}
	call := server.Calls()[0]
	format, _ := call.Request["response_format"].(map[string]any)
	schema, _ := format["json_schema"].(map[string]any)
	if call.Format != "json_schema" || schema["name"] != "facts" || schema["strict"] != true || schema["schema"] == nil {
		t.Errorf("response_format = %v", format)
	}
	if temperature, _ := call.Request["temperature"].(float64); temperature <= 0 || temperature > 1e-5 {
		t.Errorf("temperature = %v; want as good as 0", call.Request["temperature"])
	}
	if e.Name() != "openai:test-model" || call.Request["model"] != "test-model" || call.Request["max_tokens"] != 8192.0 {
		t.Errorf("name %s, request %v", e.Name(), call.Request)
	}
}

func refusal(status int, message string) *fault {
	return &fault{Status: status, Body: `{"error":{"message":"` + message + `","type":"invalid_request_error"}}`}
}

// refuseFormats refuses the formats given, as different servers do.
func refuseFormats(status int, body string, formats ...string) *pikatest.LLMServer {
	s := pikatest.NewLLMServer(echo)
	s.Fault = func(_ context.Context, call pikatest.LLMCall) *fault {
		if slices.Contains(formats, call.Format) {
			return &fault{Status: status, Body: body}
		}
		return nil
	}
	return s
}

func TestFormatFallsBackAndIsRemembered(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server *pikatest.LLMServer
		want   []string // formats of the calls of two chunks
	}{
		{"400 naming response_format", refuseFormats(400, `{"error":{"message":"Invalid parameter: 'response_format' of type 'json_schema' is not supported","type":"invalid_request_error"}}`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"404 with plain text", refuseFormats(404, `json_schema is unknown here`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"422 of a FastAPI server", refuseFormats(422, `{"detail":[{"loc":["body","response_format","type"],"msg":"unexpected value"}]}`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"500 of llama-cpp-python", refuseFormats(500, `{"error":{"message":"[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}]","type":"internal_server_error","param":null,"code":null}}`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"500 without a word", refuseFormats(500, `Internal Server Error`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"error as a string", refuseFormats(400, `{"error":"response_format not supported"}`, "json_schema"), []string{"json_schema", "json_object", "json_object"}},
		{"neither format", refuseFormats(400, `{"error":{"message":"unknown field response_format","type":"x"}}`, "json_schema", "json_object"), []string{"json_schema", "json_object", "", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.server)
			for range 2 {
				ex, err := e.Extract(t.Context(), four())
				if err != nil || len(ex.Candidates) != 4 {
					t.Fatalf("Extract = %+v, %v", ex, err)
				}
			}
			var got []string
			for _, call := range tt.server.Calls() {
				got = append(got, call.Format)
				if inPrompt := strings.Contains(call.System, `"additionalProperties":false`); inPrompt != (call.Format != "json_schema") {
					t.Errorf("with format %q the schema is in the prompt: %v", call.Format, inPrompt)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("formats (-want +got):\n%s", diff)
			}
		})
	}
}

// A server that took the strict schema once is not taken for one that refuses it
// because it has an outage.
func TestOutageIsNoRefusal(t *testing.T) {
	t.Parallel()
	server := script(nil, &fault{Status: 500, Body: "oops"}, nil)
	e := open(t, server)
	for _, want := range []pika.Code{"", pika.Unavailable, ""} {
		if _, err := e.Extract(t.Context(), four()); pika.CodeOf(err) != want {
			t.Fatalf("Extract = %v; want %q", err, want)
		}
	}
	for _, call := range server.Calls() {
		if call.Format != "json_schema" {
			t.Errorf("call %d asks for %q", call.Number, call.Format)
		}
	}
}

func TestParametersAreSteppedDown(t *testing.T) {
	t.Parallel()
	has := func(call pikatest.LLMCall, name string) bool { _, ok := call.Request[name]; return ok }
	tests := []struct {
		name   string
		model  string
		refuse func(pikatest.LLMCall) string
		check  func(pikatest.LLMCall) bool // the last call
	}{
		{
			"max_tokens is refused", "m",
			func(c pikatest.LLMCall) string {
				if has(c, "max_tokens") {
					return "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
				}
				return ""
			},
			func(c pikatest.LLMCall) bool { return has(c, "max_completion_tokens") && !has(c, "max_tokens") },
		},
		{
			"both names are refused", "m",
			func(c pikatest.LLMCall) string {
				if has(c, "max_tokens") || has(c, "max_completion_tokens") {
					return "max_tokens is too large: 8192. This model's maximum context length is 4096 tokens"
				}
				return ""
			},
			func(c pikatest.LLMCall) bool { return !has(c, "max_completion_tokens") && !has(c, "max_tokens") },
		},
		{
			"the bound overflows the context", "m",
			func(c pikatest.LLMCall) string {
				if has(c, "max_tokens") {
					return "maximum context length is 4096 tokens. However, you requested 8692 tokens (500 in the messages, 8192 in the completion)."
				}
				return ""
			},
			func(c pikatest.LLMCall) bool { return !has(c, "max_completion_tokens") && !has(c, "max_tokens") },
		},
		{
			"temperature is refused", "m",
			func(c pikatest.LLMCall) string {
				if has(c, "temperature") {
					return "'temperature' does not support 0 with this model"
				}
				return ""
			},
			func(c pikatest.LLMCall) bool { return !has(c, "temperature") && c.Format == "json_schema" },
		},
		{
			"a reasoning model", "gpt-5-mini", func(pikatest.LLMCall) string { return "" },
			func(c pikatest.LLMCall) bool { return !has(c, "temperature") && has(c, "max_completion_tokens") },
		},
		{
			"a reasoning model on a server with the old name only", "o3-mini",
			func(c pikatest.LLMCall) string {
				if has(c, "max_completion_tokens") {
					return "unknown field max_completion_tokens"
				}
				return ""
			},
			func(c pikatest.LLMCall) bool { return !has(c, "max_completion_tokens") && !has(c, "max_tokens") },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := pikatest.NewLLMServer(echo)
			server.Fault = func(_ context.Context, c pikatest.LLMCall) *fault {
				if message := tt.refuse(c); message != "" {
					return refusal(400, message)
				}
				return nil
			}
			e := open(t, server, func(c *openai.Config) { c.Model = tt.model })
			if ex, err := e.Extract(t.Context(), four()); err != nil || len(ex.Candidates) != 4 {
				t.Fatalf("Extract = %+v, %v", ex, err)
			}
			before := server.Count()
			if _, err := e.Extract(t.Context(), four()); err != nil || server.Count() != before+1 {
				t.Errorf("the second chunk took %d calls, %v; want 1", server.Count()-before, err)
			}
			calls := server.Calls()
			if last := calls[len(calls)-1]; !tt.check(last) {
				t.Errorf("the last request = %v", last.Request)
			}
		})
	}
}

func TestAsksAgain(t *testing.T) {
	t.Parallel()
	const oneGood = `{"facts":[{"text":"alpha one","sources":[10]},`
	prose := &fault{Content: "I could not find anything, sorry."}
	tests := []struct {
		name   string
		faults []*fault
		calls  int
		found  []int
		unread []int
	}{
		{"repairable at once", []*fault{{Content: "```json\n" + oneGood + "]}\n```"}}, 1, []int{10}, nil},
		{"no facts", []*fault{{Content: `{"facts":[]}`}}, 1, nil, nil},
		{"prose, then good", []*fault{prose}, 2, []int{10, 11, 12, 13}, nil},
		{"prose twice, then good", []*fault{prose, prose}, 3, []int{10, 11, 12, 13}, nil},
		{"prose for ever", []*fault{prose, prose, prose, prose}, 3, nil, []int{10, 11, 12, 13}},
		{"off the schema", []*fault{{Content: `{"facts":["alpha"]}`}}, 2, []int{10, 11, 12, 13}, nil},
		{"no choices", []*fault{{Choices: -1}, {Choices: -1}, {Choices: -1}}, 3, nil, []int{10, 11, 12, 13}},
		{"a null body", []*fault{{Body: "null"}}, 2, []int{10, 11, 12, 13}, nil},
		{"empty content", []*fault{{Content: " "}}, 2, []int{10, 11, 12, 13}, nil},
		{"a partly good answer is kept", []*fault{{Content: oneGood + "oops"}, prose, prose}, 3, []int{10}, []int{11, 12, 13}},
		{"cut off: two halves", []*fault{{Cut: 150}}, 3, []int{10, 11, 12, 13}, nil},
		{"cut off, then one half too", []*fault{{Content: oneGood, Finish: "length"}, prose}, 3, []int{10, 12, 13}, []int{11}},
		{"cut off for ever", []*fault{{Cut: 5}, {Cut: 5}, {Cut: 5}}, 3, nil, []int{10, 11, 12, 13}},
		{"whole, then stopped in white space", []*fault{{Content: oneGood + `]}` + "\n\n\n", Finish: "length"}}, 1, []int{10}, nil},
		{"prose, then cut off", []*fault{prose, {Content: oneGood, Finish: "length"}, prose}, 3, []int{10}, []int{11, 12, 13}},
		{"withheld: two halves", []*fault{{Refusal: "I can't help with that."}, nil, {Refusal: "no"}}, 3, []int{10, 11}, []int{12, 13}},
		{"content filter", []*fault{{Content: `{"fac`, Finish: "content_filter"}}, 3, []int{10, 11, 12, 13}, nil},
		{"too long for the context", []*fault{refusal(400, "This model's maximum context length is 10 tokens")}, 3, []int{10, 11, 12, 13}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := script(tt.faults...)
			ex, err := open(t, server).Extract(t.Context(), four())
			if err != nil {
				t.Fatal(err)
			}
			if server.Count() != tt.calls {
				t.Errorf("%d calls; want %d", server.Count(), tt.calls)
			}
			if diff := cmp.Diff(tt.found, sources(ex)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.unread, ex.Unread); diff != "" {
				t.Errorf("unread (-want +got):\n%s", diff)
			}
		})
	}
}

// The model learns what was wrong, and the last user message stays the messages.
func TestAskingAgainSaysWhy(t *testing.T) {
	t.Parallel()
	server := script(&fault{Content: "prose"}, &fault{Content: `{"facts":[1]}`})
	ex, err := open(t, server).Extract(t.Context(), four())
	if err != nil {
		t.Fatal(err)
	}
	calls := server.Calls()
	for i, want := range []string{"", "was not JSON", "each item"} {
		if !strings.Contains(calls[i].System, want) || len(calls[i].Lines) != 4 {
			t.Errorf("call %d says %q; want %q", i+1, calls[i].System[len(calls[i].System)-200:], want)
		}
	}
	if strings.Contains(calls[0].System, "previous answer") {
		t.Error("the first call speaks of a previous answer")
	}
	single := len(calls[0].System) / 4
	if ex.Tokens.Prompt < 3*single || ex.Tokens.Completion == 0 {
		t.Errorf("tokens = %+v; want those of all three asks", ex.Tokens)
	}
}

// The second half knows what came before it.
func TestHalvesKeepContext(t *testing.T) {
	t.Parallel()
	server := script(&fault{Cut: 3})
	if _, err := open(t, server).Extract(t.Context(), four()); err != nil {
		t.Fatal(err)
	}
	last := server.Calls()[2].Lines
	if len(last) != 4 || !last[0].Context || last[1].Content != "beta two" || last[2].Index != 12 {
		t.Errorf("the second half reads %+v", last)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fault
		code  pika.Code
		after time.Duration
		says  string
	}{
		{"wrong key", fault{Status: 401, Body: `{"error":{"message":"Incorrect API key provided: sk-secret-key","type":"invalid_request_error","code":"invalid_api_key"}}`}, pika.Unauthenticated, 0, "key"},
		{"forbidden", fault{Status: 403, Body: `no`}, pika.Unauthenticated, 0, "key"},
		{"rate limit", fault{Status: 429, Header: map[string]string{"Retry-After": "7"}, Body: `{"error":{"message":"slow down","type":"requests"}}`}, pika.RateLimited, 7 * time.Second, ""},
		{"rate limit in milliseconds", fault{Status: 429, Header: map[string]string{"Retry-After": "7", "Retry-After-Ms": "1500"}, Body: `x`}, pika.RateLimited, 1500 * time.Millisecond, ""},
		{"rate limit until a date", fault{Status: 429, Header: map[string]string{"Retry-After": "Sun, 01 Nov 2026 08:00:09 GMT"}, Body: `x`}, pika.RateLimited, 9 * time.Second, ""},
		{"rate limit for years", fault{Status: 429, Header: map[string]string{"Retry-After": "99999999999999999"}, Body: `x`}, pika.RateLimited, time.Hour, ""},
		{"rate limit without a word", fault{Status: 429, Header: map[string]string{"Retry-After": "-3"}, Body: ``}, pika.RateLimited, 0, ""},
		{"no credit", fault{Status: 429, Body: `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`}, pika.Forbidden, 0, "credit"},
		{"payment required", fault{Status: 402, Body: `x`}, pika.Forbidden, 0, "credit"},
		{"overloaded", fault{Status: 503, Header: map[string]string{"Retry-After": "2"}, Body: `overloaded`}, pika.Unavailable, 2 * time.Second, ""},
		{"server error", fault{Status: 500, Body: `{"error":{"message":"alpha one crashed","type":"server_error"}}`}, pika.Unavailable, 0, ""},
		{"bad gateway", fault{Status: 502, Body: `<html>`}, pika.Unavailable, 0, ""},
		{"request timeout", fault{Status: 408, Body: `x`}, pika.Timeout, 0, ""},
		{"gateway timeout", fault{Status: 504, Body: `x`}, pika.Timeout, 0, ""},
		{"wrong model", fault{Status: 404, Body: `{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}`}, pika.Invalid, 0, "PIKA_LLM"},
		{"wrong address", fault{Status: 404, Body: `page not found`}, pika.Invalid, 0, "OPENAI_BASE_URL"},
		{"another bad request", fault{Status: 400, Body: `{"error":{"message":"alpha one is not allowed","type":"sk-secret-key"}}`}, pika.Invalid, 0, "PIKA_LLM"},
		{"too long", fault{Status: 400, Body: `{"error":{"message":"x","code":"context_length_exceeded"}}`}, pika.Invalid, 0, "context"},
		{"a page in place of JSON", fault{Body: `<html>alpha one</html>`}, pika.Unavailable, 0, "JSON"},
		{"a body cut off", fault{Body: `{"choices":[{"message":{"content":"alpha one`}, pika.Unavailable, 0, "JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := pikatest.NewLLMServer(echo)
			server.Fault = func(context.Context, pikatest.LLMCall) *fault { return &tt.fault }
			e := open(t, server, func(c *openai.Config) {
				c.Now = func() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }
			})
			_, err := e.Extract(t.Context(), chunk("alpha one"))
			var got *pika.Error
			if !errors.As(err, &got) || got.Code != tt.code || got.RetryAfter != tt.after || !strings.Contains(got.Message, tt.says) {
				t.Errorf("Extract = %v (after %v); want %s after %v, saying %q", err, got.RetryAfter, tt.code, tt.after, tt.says)
			}
			for _, secret := range []string{"sk-secret", "alpha", "one crashed"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
			if server.Count() > 3 {
				t.Errorf("%d calls", server.Count())
			}
		})
	}
}

func TestHangingServer(t *testing.T) {
	t.Parallel()
	server := pikatest.NewLLMServer(echo)
	server.Fault = func(ctx context.Context, _ pikatest.LLMCall) *fault { <-ctx.Done(); return nil }
	e := open(t, server, func(c *openai.Config) { c.Timeout = 50 * time.Millisecond })
	if _, err := e.Extract(t.Context(), four()); pika.CodeOf(err) != pika.Timeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Extract = %v; want a timeout", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	hanging := open(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the request's context end with the client
		cancel()
		<-r.Context().Done()
	}))
	if _, err := hanging.Extract(ctx, four()); pika.CodeOf(err) != pika.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("Extract = %v; want the caller's cancellation", err)
	}
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	e, err := openai.NewExtractor(openai.Config{BaseURL: address + "/v1", Model: "m", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Extract(t.Context(), four()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Extract = %v; want unavailable", err)
	}
}

func TestBodyBreaksOff(t *testing.T) {
	t.Parallel()
	e := open(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"choices":`))
	}))
	if _, err := e.Extract(t.Context(), four()); pika.CodeOf(err) != pika.Unavailable {
		t.Errorf("Extract = %v; want unavailable", err)
	}
}

// A failure in a later ask fails the whole call: it is repeated, nothing is lost.
func TestFailureWhenAskingAgain(t *testing.T) {
	t.Parallel()
	server := script(&fault{Cut: 150}, nil, &fault{Status: 429, Body: "x"})
	if _, err := open(t, server).Extract(t.Context(), four()); pika.CodeOf(err) != pika.RateLimited {
		t.Errorf("Extract = %v; want rate limited", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, config := range []openai.Config{{}, {Model: " "}, {Model: "m", BaseURL: "localhost:1"}, {Model: "m", BaseURL: "http://"}, {Model: "m", Timeout: -1}} {
		_, err := openai.NewExtractor(config)
		if pika.CodeOf(err) != pika.Invalid || !strings.Contains(err.Error(), "PIKA_LLM") {
			t.Errorf("NewExtractor(%+v) = %v; want invalid, naming PIKA_LLM", config, err)
		}
	}
}
