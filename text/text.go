// Package text is what Pika knows about written language: the normal form of a
// string, its folded form (case and Latin diacritics removed, Vietnamese đ
// included), the terms that keyword search counts, its sentences, and which
// language it is in.
//
// Every store, model and search leg must agree on these, so they stand here once.
// What may come in: pure functions over strings. What may not: I/O, state, and
// anything that knows what a fact is.
package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Normalize returns s in NFC with runs of white space made one space and none at
// the ends. Content hashes and embeddings are taken of this form.
func Normalize(s string) string {
	s = norm.NFC.String(s)
	if singleSpaced(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// singleSpaced reports that s is ASCII or letters with at most single spaces
// inside, so that normalising its white space would change nothing. It may say no
// to a string that is.
func singleSpaced(s string) bool {
	space := true // a space at the start is one too many
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			if space {
				return false
			}
			space = true
			continue
		case c >= '\t' && c <= '\r':
			return false
		case c == 0xC2 || c == 0xE1 && i+1 < len(s) && s[i+1] == 0x9A || c == 0xE2 || c == 0xE3:
			return false // the first bytes of every white space outside ASCII
		}
		space = false
	}
	return !space || s == ""
}
