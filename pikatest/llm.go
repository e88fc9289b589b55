package pikatest

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// LLMLine is one message as it stands in the prompt that a model is sent.
type LLMLine struct {
	Index   int  // in the conversation; -1 for a context line
	Context bool // read, never extracted from
	Role    pika.Role
	Name    string
	Time    *time.Time
	Content string
}

// LLMItem is one fact as it stands in a prompt that asks for an order.
type LLMItem struct {
	Number int
	Text   string
}

// LLMCall is one chat completion asked of an LLMServer: Lines are to be extracted from,
// or Items are to be ordered by a Question.
type LLMCall struct {
	Number   int    // counts from 1
	Format   string // json_schema, json_object, or empty
	System   string // the system message
	User     string // the last user message
	Lines    []LLMLine
	Question string
	Items    []LLMItem
	Request  map[string]any // the body as it came
}

// LLMFault is what goes wrong in one call. Zero members change nothing.
type LLMFault struct {
	Status  int               // HTTP status in place of 200; Body is the answer
	Header  map[string]string // added to the response
	Body    string            // the whole body in place of a completion
	Content string            // the message's content in place of the answer
	Cut     int               // > 0: the content ends after so many bytes, finish_reason length
	Finish  string            // finish_reason in place of stop
	Refusal string            // the model refuses; there is no content
	Choices int               // < 0: a completion without choices
}

// LLMServer is an OpenAI-compatible chat completion server whose answers a function
// writes: a stub for tests, and for benchmarks that replay recorded facts. It is an
// http.Handler for POST …/chat/completions, safe for many calls at once.
type LLMServer struct {
	// Fault says what goes wrong in a call; nil means nothing does. It may block until
	// ctx ends, which makes a server that hangs. It is set before the first call.
	Fault func(ctx context.Context, call LLMCall) *LLMFault

	// Order says which items of a prompt that asks for an order help to answer the
	// question, by their numbers, the best first. nil: none does. It is set before the
	// first call.
	Order func(question string, items []LLMItem) []int

	answer func(lines []LLMLine) []pika.Candidate
	mu     sync.Mutex
	calls  []LLMCall
	count  int
}

const maxLLMRequestBytes = 8 << 20

// maxRecordedCalls bounds the calls that Calls returns, so that a benchmark does not
// keep every prompt.
const maxRecordedCalls = 64

// NewLLMServer returns a server that answers with the items answer returns for the
// lines of a prompt. Its usage counts four bytes as one token.
func NewLLMServer(answer func(lines []LLMLine) []pika.Candidate) *LLMServer {
	return &LLMServer{answer: answer}
}

// Count returns how many completions were asked for.
func (s *LLMServer) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Calls returns the first 64 calls.
func (s *LLMServer) Calls() []LLMCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]LLMCall(nil), s.calls...)
}

// ServeHTTP implements http.Handler.
func (s *LLMServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		http.Error(w, `{"error":{"message":"not found","type":"invalid_request_error"}}`, http.StatusNotFound)
		return
	}
	call, err := readCall(r)
	if err != nil {
		http.Error(w, `{"error":{"message":"unreadable request","type":"invalid_request_error"}}`, http.StatusBadRequest)
		return
	}
	call = s.record(call)
	fault := &LLMFault{}
	if s.Fault != nil {
		if f := s.Fault(r.Context(), call); f != nil {
			fault = f
		}
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range fault.Header {
		w.Header().Set(name, value)
	}
	if fault.Status != 0 || fault.Body != "" {
		w.WriteHeader(cmp.Or(fault.Status, http.StatusOK))
		_, _ = w.Write([]byte(fault.Body)) // the client may be gone
		return
	}
	_ = json.NewEncoder(w).Encode(s.completion(call, fault))
}

func (s *LLMServer) record(call LLMCall) LLMCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	call.Number = s.count
	if len(s.calls) < maxRecordedCalls {
		s.calls = append(s.calls, call)
	}
	return call
}

func (s *LLMServer) completion(call LLMCall, fault *LLMFault) map[string]any {
	content, finish := fault.Content, cmp.Or(fault.Finish, "stop")
	if content == "" && fault.Refusal == "" {
		content = s.content(call)
	}
	if fault.Cut > 0 {
		content, finish = content[:min(fault.Cut, len(content))], "length"
	}
	message := map[string]any{"role": "assistant", "content": content}
	if fault.Refusal != "" {
		message = map[string]any{"role": "assistant", "content": nil, "refusal": fault.Refusal}
	}
	choices := []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}
	if fault.Choices < 0 {
		choices = []any{}
	}
	prompt, completion := promptBytes(call.Request)/4, len(content)/4
	return map[string]any{
		"id": "chatcmpl-" + strconv.Itoa(call.Number), "object": "chat.completion", "model": call.Request["model"], "choices": choices,
		"usage": map[string]int{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
	}
}

// content is what the model says when nothing goes wrong.
func (s *LLMServer) content(call LLMCall) string {
	if len(call.Items) == 0 {
		return answerJSON(s.answer(call.Lines))
	}
	order := []int{}
	if s.Order != nil {
		order = append(order, s.Order(call.Question, call.Items)...)
	}
	b, err := json.Marshal(map[string]any{"order": order})
	if err != nil {
		panic("pikatest: numbers that are not JSON: " + err.Error())
	}
	return string(b)
}

// answerJSON writes items as the contract's object; absent lists are empty, not null.
func answerJSON(items []pika.Candidate) string {
	facts := make([]pika.Candidate, len(items))
	for i, c := range items {
		if c.Entities == nil {
			c.Entities = []pika.Entity{}
		}
		if c.Sources == nil {
			c.Sources = []int{}
		}
		facts[i] = c
	}
	b, err := json.Marshal(map[string]any{"facts": facts})
	if err != nil {
		panic("pikatest: items that are not JSON: " + err.Error()) // NaN or a year over 9999
	}
	return string(b)
}

func promptBytes(request map[string]any) int {
	n := 0
	for _, m := range messagesOf(request) {
		content, _ := m["content"].(string)
		n += len(content)
	}
	return n
}

func messagesOf(request map[string]any) []map[string]any {
	list, _ := request["messages"].([]any)
	var messages []map[string]any
	for _, m := range list {
		if m, ok := m.(map[string]any); ok {
			messages = append(messages, m)
		}
	}
	return messages
}

func readCall(r *http.Request) (LLMCall, error) {
	call := LLMCall{}
	// The body is read to its end: only then does the request's context end with the client.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxLLMRequestBytes))
	if err != nil {
		return call, err
	}
	if err := json.Unmarshal(body, &call.Request); err != nil {
		return call, err
	}
	if f, ok := call.Request["response_format"].(map[string]any); ok {
		call.Format, _ = f["type"].(string)
	}
	for _, m := range messagesOf(call.Request) {
		content, _ := m["content"].(string)
		switch m["role"] {
		case "system":
			call.System = content
		case "user":
			call.User = content
			if call.Question, call.Items = ParseLLMItems(content); call.Items == nil {
				call.Lines = ParseLLMLines(content)
			}
		}
	}
	return call, nil
}

var lineForm = regexp.MustCompile(
	`^\[(\d+|context)\] (user|assistant|system|tool)(?: ([^:]*?))??(?: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)))?: (.*)$`)

// ParseLLMLines reads the messages of a prompt: lines "[i] role name time: content"
// and "[context] role name time: content"; other lines are passed over.
func ParseLLMLines(prompt string) []LLMLine {
	var lines []LLMLine
	for _, s := range strings.Split(prompt, "\n") {
		m := lineForm.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		l := LLMLine{Index: -1, Context: m[1] == "context", Role: pika.Role(m[2]), Name: m[3], Content: m[5]}
		if !l.Context {
			l.Index, _ = strconv.Atoi(m[1])
		}
		if at, err := time.Parse(time.RFC3339, m[4]); err == nil {
			l.Time = &at
		}
		lines = append(lines, l)
	}
	return lines
}

var itemForm = regexp.MustCompile(`^\[(\d+)\] (.*)$`)

// ParseLLMItems reads a prompt that asks for an order: a first line "Question: …", then
// lines "[n] text" and no others. Of another prompt it returns nothing.
func ParseLLMItems(prompt string) (question string, items []LLMItem) {
	lines := strings.Split(prompt, "\n")
	question, ok := strings.CutPrefix(lines[0], "Question: ")
	if !ok {
		return "", nil
	}
	for _, s := range lines[1:] {
		m := itemForm.FindStringSubmatch(s)
		if m == nil {
			return "", nil
		}
		n, _ := strconv.Atoi(m[1])
		items = append(items, LLMItem{Number: n, Text: m[2]})
	}
	return question, items
}
