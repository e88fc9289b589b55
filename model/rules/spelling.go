package rules

import (
	"strings"

	"github.com/pikamem/pika/text"
)

// A spelling writes the Vietnamese words of a pattern the way a kind of text does.
type spelling func(pattern string) string

// marked leaves the diacritics.
func marked(pattern string) string { return pattern }

// unmarked takes the diacritics off and touches nothing else of a pattern.
func unmarked(pattern string) string {
	var b strings.Builder
	for _, r := range pattern {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			b.WriteString(text.Fold(string(r)))
		}
	}
	return b.String()
}
