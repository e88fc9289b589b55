package text

import (
	"strings"
	"unicode"
)

// Line returns s as one line that shows all it holds: in normal form, line breaks and
// other white space made single spaces, without control characters, marks that turn the
// direction of what follows, and the tag characters that are never seen.
func Line(s string) string {
	return Normalize(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) && !unicode.IsSpace(r),
			r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r >= 0xE0000 && r <= 0xE007F:
			return -1
		}
		return r
	}, s))
}
