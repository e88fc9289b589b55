package extract

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// The ways in which an answer can have lost something. Each reads as words for the
// model that is asked again.
var (
	ErrTruncated = errors.New("the answer was cut off before its end")
	ErrNotJSON   = errors.New("the answer was not the JSON object that was asked for")
	ErrOffSchema = errors.New("the answer was JSON, but its items do not follow the schema")
)

// maxStarts bounds how many brackets of an answer are tried as the beginning of JSON.
const maxStarts = 100

// Parse reads a model's answer to Prompt(chunk). It finds the JSON in code fences,
// prose and a reasoning block, reads it leniently, and checks every item.
//
// What could be used is returned whatever else went wrong; items that could not are
// rejected with a reason. The error is ErrTruncated, ErrNotJSON or ErrOffSchema
// when something was, or may have been, lost, and nil when the answer as a whole was
// fine: then a message without an item had nothing to tell.
func Parse(answer string, chunk pika.Chunk) ([]pika.Candidate, []pika.FactOutcome, error) {
	items, err := findItems(answer)
	candidates, rejected := []pika.Candidate{}, []pika.FactOutcome{}
	for i, item := range items {
		c := candidate(item)
		reason := "an answer holds too many items"
		if i < pika.MaxFactsPerCommit {
			c, reason = Check(c, chunk)
		}
		if reason == "" {
			candidates = append(candidates, c)
		} else {
			rejected = append(rejected, rejection(c.Text, reason))
		}
	}
	if err == nil && len(rejected) > len(candidates) {
		err = ErrOffSchema
	}
	return candidates, rejected, err
}

var reasoning = regexp.MustCompile(`(?s)^\s*<think>.*?</think>`)

// findItems returns the items of the first list of facts in an answer. Items that
// stand alone count as a list: one object per line, or what follows a broken item.
func findItems(answer string) ([]any, error) {
	answer = reasoning.ReplaceAllString(strings.TrimPrefix(answer, "\ufeff"), "")
	var f finding
	for at, tries := nextStart(answer, 0), 0; at >= 0 && tries < maxStarts && !f.whole; tries++ {
		at = f.read(answer, at)
	}
	return f.items, f.problem()
}

// finding is what the brackets of an answer have yielded so far.
type finding struct {
	items  []any
	whole  bool  // a complete list was found: what follows is prose
	empty  bool  // a list without items was found
	parsed bool  // something was JSON
	lost   error // the worst that happened within something that looked like an answer
}

// read tries the bracket at a position as the beginning of JSON and returns where
// the next one to try is, -1 for none.
func (f *finding) read(answer string, at int) int {
	l := loose{in: answer, at: at}
	v, err := l.value(0)
	f.parsed = f.parsed || err == nil
	items, found := itemsOf(v)
	switch {
	case found && err == nil && (len(items) > 0 || isObject(v)):
		f.items, f.whole, f.lost = items, true, nil
	case found && (err == nil || len(items) > 0):
		f.items, f.empty = append(f.items, items...), true
		f.note(err)
		return nextStart(answer, l.at)
	case isItem(v):
		f.items = append(f.items, v)
	case err != nil && likeAnswer(answer[at:]):
		f.note(err)
	}
	if err != nil {
		return nextStart(answer, at+1)
	}
	return nextStart(answer, l.at)
}

func (f *finding) note(err error) {
	switch {
	case errors.Is(err, errCutOff):
		f.lost = ErrTruncated
	case err != nil && f.lost == nil:
		f.lost = ErrOffSchema
	}
}

func (f *finding) problem() error {
	switch {
	case f.lost != nil:
		return f.lost
	case len(f.items) > 0 || f.empty || f.whole:
		return nil
	case f.parsed:
		return ErrOffSchema
	}
	return ErrNotJSON
}

// likeAnswer reports whether s, which begins with a bracket, goes on like JSON, so
// that an error in it means loss and not just a bracket in prose.
func likeAnswer(s string) bool {
	rest := strings.TrimLeft(s, "[{ \n\r\t")
	return rest == "" || rest[0] == '"' || rest[0] == '\''
}

// itemsOf recognises the answer itself: {"facts":[…]}, the same under another name
// or one level deeper, or the bare list. A list without items is one only when it
// is complete.
func itemsOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, len(v) == 0 || hasItem(v)
	case map[string]any:
		if list, ok := v[SchemaName].([]any); ok {
			return list, true
		}
		if isItem(v) {
			return nil, false
		}
		return listWithin(v)
	}
	return nil, false
}

func listWithin(members map[string]any) ([]any, bool) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch m := members[name].(type) {
		case []any:
			if hasItem(m) {
				return m, true
			}
		case map[string]any:
			if list, ok := m[SchemaName].([]any); ok {
				return list, true
			}
			if isItem(m) && len(members) == 1 {
				return []any{m}, true
			}
		}
	}
	return nil, false
}

func hasItem(list []any) bool {
	for _, v := range list {
		if isItem(v) {
			return true
		}
	}
	return false
}

func isItem(v any) bool {
	members, ok := v.(map[string]any)
	if !ok {
		return false
	}
	_, ok = members["text"].(string)
	return ok
}

func nextStart(s string, from int) int {
	i := strings.IndexAny(s[from:], "{[")
	if i < 0 {
		return -1
	}
	return from + i
}
