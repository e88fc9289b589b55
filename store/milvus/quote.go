package milvus

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pikamem/pika"
)

// quote returns s as a literal of Milvus' expression language: no byte of s can end it
// or stand for anything but itself. The result is ASCII: quotes, backslashes, control
// characters and whatever is not ASCII are written as \u or \U escapes, which the
// server's lexer knows and its parser undoes. s must be valid UTF-8 (see checkText).
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case r < ' ' || r > '~' || r == '"' || r == '\\' || r == '\'':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteByte(byte(r))
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteAll returns a list literal.
func quoteAll(all []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(s))
	}
	b.WriteByte(']')
	return b.String()
}

// checkText refuses what cannot be stored or asked for: text that is not valid UTF-8.
func checkText(field, s string) error {
	if !utf8.ValidString(s) {
		return pika.InvalidField(field, "is not valid UTF-8")
	}
	return nil
}
