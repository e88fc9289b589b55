package text

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"
)

// Sentences returns the sentences of s in order, by the Unicode rules (UAX 29),
// trimmed and without empty ones. A line break ends a sentence too: people write
// lists and end lines without a full stop.
func Sentences(s string) []string {
	var list []string
	for line := range strings.Lines(s) {
		for it := sentences.FromString(line); it.Next(); {
			if sentence := strings.TrimSpace(it.Value()); sentence != "" {
				list = append(list, sentence)
			}
		}
	}
	return list
}
