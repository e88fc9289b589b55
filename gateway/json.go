package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

// Limits of a document beyond its bytes: they bound the memory that reading takes.
const (
	maxJSONDepth  = 64
	maxJSONValues = 250_000
)

type kind byte

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// node is one value of a JSON document.
type node struct {
	kind kind
	name string // of the member, within an object
	text string // a string's content, a number's or boolean's literal
	kids []node
}

// member returns the member of an object with the given name.
func (n *node) member(name string) *node {
	for i := range n.kids {
		if n.kids[i].name == name {
			return &n.kids[i]
		}
	}
	return nil
}

// parseJSON reads one JSON document and refuses what encoding/json lets pass:
// invalid UTF-8, half surrogate pairs, a name twice in one object.
func parseJSON(raw []byte) (node, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return node{}, unreadable("body", "is empty; it must be one JSON object")
	}
	if at := invalidUTF8(raw); at >= 0 {
		return node{}, unreadable("body", fmt.Sprintf("is not valid UTF-8 at byte %d", at))
	}
	if err := checkSyntax(raw); err != nil {
		return node{}, err
	}
	p := jsonParser{raw: raw}
	n, err := p.value(0)
	var wrong *jsonError
	switch {
	case errors.As(err, &wrong) && wrong.tooMany:
		return node{}, pika.Errorf(pika.TooLarge, "The body holds more than %d values.", maxJSONValues)
	case errors.As(err, &wrong):
		return node{}, unreadable(wrong.field(), wrong.message)
	}
	return n, err
}

// checkSyntax reports where raw stops being one JSON document. It does not repeat
// what stands there.
func checkSyntax(raw []byte) error {
	if json.Valid(raw) {
		return nil
	}
	var whole json.RawMessage
	err := json.Unmarshal(raw, &whole)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return unreadable("body", fmt.Sprintf("is not one JSON document: it cannot be read on from byte %d", syntax.Offset))
	}
	return unreadable("body", "is not one JSON document")
}

func invalidUTF8(raw []byte) int {
	if utf8.Valid(raw) {
		return -1
	}
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// jsonError is a fault at a place; the path grows as the parser unwinds.
type jsonError struct {
	path    []string // innermost first
	message string
	tooMany bool
}

func (e *jsonError) Error() string { return e.field() + ": " + e.message }

func (e *jsonError) field() string {
	path := slices.Clone(e.path)
	slices.Reverse(path)
	field := strings.TrimPrefix(strings.Join(path, ""), ".")
	if field == "" {
		return "body"
	}
	return field
}

// under adds a step to the path of a fault.
func under(err error, step string) error {
	var e *jsonError
	if errors.As(err, &e) {
		e.path = append(e.path, step)
	}
	return err
}

// jsonParser builds nodes from a document whose syntax is known to be right.
type jsonParser struct {
	raw   []byte
	at    int
	count int
}

func (p *jsonParser) value(depth int) (node, error) {
	p.count++
	switch {
	case p.count > maxJSONValues:
		return node{}, &jsonError{tooMany: true}
	case depth > maxJSONDepth:
		return node{}, &jsonError{message: fmt.Sprintf("is nested deeper than %d levels", maxJSONDepth)}
	}
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, err := p.string()
		return node{kind: kindString, text: s}, err
	case 'n':
		p.literal()
		return node{kind: kindNull}, nil
	case 't', 'f':
		return node{kind: kindBool, text: p.literal()}, nil
	}
	return node{kind: kindNumber, text: p.literal()}, nil
}

func (p *jsonParser) object(depth int) (node, error) {
	n := node{kind: kindObject}
	names := nameSet{}
	p.at++ // {
	for p.peek() != '}' {
		name, err := p.string()
		if err != nil {
			return n, err
		}
		if !names.add(&n, name) {
			return n, &jsonError{path: []string{"." + shown(name)}, message: "appears twice in one object"}
		}
		p.peek()
		p.at++ // :
		kid, err := p.value(depth + 1)
		if err != nil {
			return n, under(err, "."+shown(name))
		}
		kid.name = name
		n.kids = append(n.kids, kid)
		p.comma()
	}
	p.at++ // }
	return n, nil
}

// nameSet finds names that repeat: by looking through a small object, by a map for a
// large one.
type nameSet map[string]bool

// add reports whether name is new in n.
func (s nameSet) add(n *node, name string) bool {
	const few = 16
	if len(n.kids) < few {
		return n.member(name) == nil
	}
	if len(s) == 0 {
		for _, kid := range n.kids {
			s[kid.name] = true
		}
	}
	known := s[name]
	s[name] = true
	return !known
}

func (p *jsonParser) array(depth int) (node, error) {
	n := node{kind: kindArray}
	p.at++ // [
	for p.peek() != ']' {
		kid, err := p.value(depth + 1)
		if err != nil {
			return n, under(err, "["+strconv.Itoa(len(n.kids))+"]")
		}
		n.kids = append(n.kids, kid)
		p.comma()
	}
	p.at++ // ]
	return n, nil
}

// peek skips white space and returns the byte that follows.
func (p *jsonParser) peek() byte {
	for p.raw[p.at] == ' ' || p.raw[p.at] == '\t' || p.raw[p.at] == '\n' || p.raw[p.at] == '\r' {
		p.at++
	}
	return p.raw[p.at]
}

func (p *jsonParser) comma() {
	if p.peek() == ',' {
		p.at++
	}
}

// literal reads a number, true, false or null.
func (p *jsonParser) literal() string {
	start := p.at
	for p.at < len(p.raw) && !strings.ContainsRune(",]} \t\r\n", rune(p.raw[p.at])) {
		p.at++
	}
	return string(p.raw[start:p.at])
}

// string reads a string; without escapes it is a plain copy.
func (p *jsonParser) string() (string, error) {
	p.peek()
	p.at++ // "
	start := p.at
	for p.raw[p.at] != '"' && p.raw[p.at] != '\\' {
		p.at++
	}
	if p.raw[p.at] == '"' {
		p.at++
		return string(p.raw[start : p.at-1]), nil
	}
	return p.escaped(append([]byte(nil), p.raw[start:p.at]...))
}

// escaped reads the rest of a string from its first escape on.
func (p *jsonParser) escaped(s []byte) (string, error) {
	for p.raw[p.at] != '"' {
		if p.raw[p.at] != '\\' {
			s = append(s, p.raw[p.at])
			p.at++
			continue
		}
		if p.raw[p.at+1] != 'u' {
			s = append(s, unescaped[p.raw[p.at+1]])
			p.at += 2
			continue
		}
		r, ok := p.unicodeEscape()
		if !ok {
			return "", &jsonError{message: fmt.Sprintf("holds half of a surrogate pair at byte %d", p.at)}
		}
		s = utf8.AppendRune(s, r)
	}
	p.at++
	return string(s), nil
}

var unescaped = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unicodeEscape reads \uXXXX, or two of them that are a pair; false for half a pair.
func (p *jsonParser) unicodeEscape() (rune, bool) {
	r := p.hex()
	p.at += 6
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if p.raw[p.at] != '\\' || p.raw[p.at+1] != 'u' {
		return 0, false
	}
	pair := utf16.DecodeRune(r, p.hex())
	p.at += 6
	return pair, pair != utf8.RuneError
}

func (p *jsonParser) hex() rune {
	v, _ := strconv.ParseUint(string(p.raw[p.at+2:p.at+6]), 16, 16) // the syntax was checked
	return rune(v)
}

// shown returns a name from the request in a form that is safe and short enough to
// be repeated in an answer.
func shown(name string) string {
	const most = 64
	if len(name) > most {
		cut := most
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	if quoted := strconv.Quote(name); quoted[1:len(quoted)-1] != name {
		return quoted
	}
	return name
}
