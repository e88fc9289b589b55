// Package text is what Pika knows about written language: the normal form of a
// string, its folded form (case and Latin diacritics removed, Vietnamese đ
// included), the terms that keyword search counts, and which language a text is in.
//
// Every store, model and search leg must agree on these, so they stand here once.
// What may come in: pure functions over strings. What may not: I/O, state, and
// anything that knows what a fact is.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize returns s in NFC with runs of white space made one space and none at
// the ends. Content hashes and embeddings are taken of this form.
func Normalize(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// Fold returns s normalised, in lower case, with the diacritics of Latin letters
// removed and đ made d, so that "Đà Nẵng", "đà nẵng" and "da nang" are equal.
// Marks of other scripts carry meaning and stay.
func Fold(s string) string {
	var b strings.Builder
	latin := false
	for _, r := range norm.NFD.String(Normalize(s)) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		switch r = unicode.ToLower(r); r {
		case 'đ':
			r = 'd'
		case 'ı':
			r = 'i'
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}
