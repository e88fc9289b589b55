package extract

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of an answer; a real one has 4 levels.
const maxDepth = 32

var (
	errNotJSON = errors.New("not JSON")
	errCutOff  = errors.New("cut off")
)

// loose reads JSON as models write it: with commas before closing brackets or
// missing between items, line breaks inside strings, single quotes, Python's None,
// True and False, and with its end missing. What is there is kept as it is; nothing
// is guessed. When the input ends early, objects that were not closed are dropped,
// arrays keep their complete members, and the error is errCutOff.
type loose struct {
	in string
	at int
}

// value reads one value. With errCutOff the value is what was complete, nil if
// nothing was; with errNotJSON it is nil.
func (l *loose) value(depth int) (any, error) {
	l.space()
	if depth > maxDepth {
		return nil, errNotJSON
	}
	if l.at >= len(l.in) {
		return nil, errCutOff
	}
	switch c := l.in[l.at]; c {
	case '{':
		return l.object(depth)
	case '[':
		return l.array(depth)
	case '"', '\'':
		return l.text(c)
	}
	return l.word()
}

func (l *loose) array(depth int) (any, error) {
	l.at++
	items := []any{}
	for {
		l.separators()
		switch {
		case l.at >= len(l.in):
			return items, errCutOff
		case l.in[l.at] == ']':
			l.at++
			return items, nil
		}
		v, err := l.value(depth + 1)
		if err != nil {
			// An inner array that was cut off is not a complete member.
			return items, err
		}
		items = append(items, v)
	}
}

func (l *loose) object(depth int) (any, error) {
	l.at++
	members := map[string]any{}
	for {
		l.separators()
		switch {
		case l.at >= len(l.in):
			return partial(members), errCutOff
		case l.in[l.at] == '}':
			l.at++
			return members, nil
		}
		name, err := l.name()
		if err != nil {
			return partial(members), err
		}
		v, err := l.value(depth + 1)
		if list, ok := v.([]any); ok && err != nil {
			members[name] = list // the complete members of a list that was cut off
		}
		if err != nil {
			return partial(members), err
		}
		members[name] = v
	}
}

// partial keeps of an object that was not closed only a list of objects: that is
// the answer itself. An item without its end is dropped.
func partial(members map[string]any) any {
	kept := map[string]any{}
	for name, v := range members {
		if list, ok := v.([]any); ok && len(list) > 0 && isObject(list[0]) && members["text"] == nil {
			kept[name] = v
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// name reads a member's name and the colon after it.
func (l *loose) name() (string, error) {
	c := l.in[l.at]
	if c != '"' && c != '\'' {
		return "", errNotJSON
	}
	name, err := l.text(c)
	if err != nil {
		return "", err
	}
	l.space()
	switch {
	case l.at >= len(l.in):
		return "", errCutOff
	case l.in[l.at] != ':':
		return "", errNotJSON
	}
	l.at++
	s, _ := name.(string)
	return s, nil
}

// text reads a string up to its closing quote.
func (l *loose) text(quote byte) (any, error) {
	var b strings.Builder
	for i := l.at + 1; i < len(l.in); {
		switch c := l.in[i]; c {
		case quote:
			l.at = i + 1
			return b.String(), nil
		case '\\':
			r, n := escape(l.in[i:])
			if n == 0 {
				l.at = len(l.in)
				return nil, errCutOff
			}
			b.WriteString(r)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	l.at = len(l.in)
	return nil, errCutOff
}

var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f"}

// escape reads the escape sequence at the start of s and its length; length 0 means
// that s ends within it. An unknown escape stands for its character.
func escape(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	if s[1] != 'u' {
		if r, ok := escapes[s[1]]; ok {
			return r, 2
		}
		_, n := utf8.DecodeRuneInString(s[1:])
		return s[1 : 1+n], 1 + n
	}
	n := min(6, len(s))
	if n == 6 && strings.HasPrefix(s[6:], `\u`) {
		n = min(12, len(s))
	}
	for ; n >= 6; n -= 6 { // two halves of a surrogate pair, else one
		var r string
		if json.Unmarshal([]byte(`"`+s[:n]+`"`), &r) == nil && (n == 6 || utf8.RuneCountInString(r) == 1) {
			return r, n
		}
	}
	if len(s) < 6 {
		return "", 0
	}
	return "u", 2
}

// word reads a number, true, false or null.
func (l *loose) word() (any, error) {
	end := l.at
	for end < len(l.in) && strings.IndexByte(",]} \n\r\t:", l.in[end]) < 0 {
		end++
	}
	w := l.in[l.at:end]
	if end == len(l.in) {
		return nil, errCutOff // 0.9 may be the beginning of 0.95
	}
	l.at = end
	switch w {
	case "null", "None":
		return nil, nil
	case "true", "True":
		return true, nil
	case "false", "False":
		return false, nil
	}
	n, err := strconv.ParseFloat(w, 64)
	if err != nil {
		return nil, errNotJSON
	}
	return n, nil
}

func (l *loose) space() {
	for l.at < len(l.in) && strings.IndexByte(" \n\r\t", l.in[l.at]) >= 0 {
		l.at++
	}
}

func (l *loose) separators() {
	for l.at < len(l.in) && strings.IndexByte(" \n\r\t,", l.in[l.at]) >= 0 {
		l.at++
	}
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}
