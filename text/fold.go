package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the form of s in which spellings of one word are equal: normalised,
// in lower case, Latin letters without diacritics and without variants (đ is d, ø
// is o, ß is ss, ﬁ is fi, full-width Ａ is a), so that "Đà Nẵng", "đà nẵng" and
// "da nang" are equal. Marks of other scripts carry meaning and stay. Characters
// that are not seen (soft hyphens, joiners, variation selectors) are removed.
//
// Fold(Fold(s)) == Fold(s), and the Unicode form of s (NFC, NFD) does not matter.
func Fold(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	if folded, ok := foldLatin(s); ok {
		return folded
	}
	return foldAny(s)
}

// HasDiacritics reports whether s has a Latin letter that folding changes in more
// than its case.
func HasDiacritics(s string) bool {
	latin := false
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			latin = isASCIILetter(r)
		case unicode.Is(unicode.Mn, r):
			if latin && !ignorable(r) {
				return true
			}
		case unicode.Is(unicode.Latin, r):
			return true
		default:
			latin = false
		}
	}
	return false
}

// foldASCII folds a string of nothing but ASCII; it allocates only if s changes.
func foldASCII(s string) (string, bool) {
	upper := false
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
		upper = upper || (s[i] >= 'A' && s[i] <= 'Z')
	}
	if upper {
		s = strings.ToLower(s)
	}
	if singleSpaced(s) {
		return s, true
	}
	return strings.Join(strings.Fields(s), " "), true
}

// The letters foldLatin knows: Latin-1 to Latin Extended-B, and Latin Extended
// Additional, where the Vietnamese letters with tones stand.
const (
	latinLow, latinLowEnd   = 0x00C0, 0x0250
	latinHigh, latinHighEnd = 0x1E00, 0x1F00
)

// foldedLatin holds the folded form of each of these letters, empty where foldAny
// must decide.
var foldedLatin = makeFoldedLatin()

func makeFoldedLatin() [latinLowEnd - latinLow + latinHighEnd - latinHigh]string {
	var table [latinLowEnd - latinLow + latinHighEnd - latinHigh]string
	for i := range table {
		r := rune(i) + latinLow
		if r >= latinLowEnd {
			r += latinHigh - latinLowEnd
		}
		if unicode.Is(unicode.Latin, r) {
			table[i] = foldAny(string(r))
		}
	}
	return table
}

func latinLetter(r rune) string {
	switch {
	case r >= latinLow && r < latinLowEnd:
		return foldedLatin[r-latinLow]
	case r >= latinHigh && r < latinHighEnd:
		return foldedLatin[r-latinHigh+latinLowEnd-latinLow]
	}
	return ""
}

// foldLatin folds text of ASCII, Latin letters and combining marks in one pass. It
// gives up (false) at the first other character.
func foldLatin(s string) (string, bool) {
	var b strings.Builder
	b.Grow(len(s))
	latin, space := false, false
	for _, r := range s {
		if r >= 0x300 && r < 0x370 && latin {
			continue
		}
		if r == ' ' || (r >= '\t' && r <= '\r') {
			latin, space = false, true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		if r < utf8.RuneSelf {
			latin = isASCIILetter(r)
			b.WriteByte(lowerASCII(byte(r)))
			continue
		}
		folded := latinLetter(r)
		if folded == "" {
			return "", false
		}
		latin = true
		b.WriteString(folded)
	}
	return b.String(), true
}

// foldAny folds any text: it takes the compatibility decomposition apart, drops
// what does not count, and composes the rest again.
func foldAny(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	latin := false
	for _, r := range norm.NFKD.String(s) {
		if ignorable(r) || (latin && unicode.Is(unicode.Mn, r)) {
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		r = unicode.ToLower(r)
		if plain, ok := variants[r]; ok {
			b.WriteString(plain)
		} else {
			b.WriteRune(r)
		}
	}
	return Normalize(b.String())
}

// variants are the lower-case letters that differ from another by more than a mark
// Unicode would take off.
var variants = map[rune]string{
	'đ': "d", 'ð': "d", 'ı': "i", 'ø': "o", 'ł': "l", 'ħ': "h", 'ŧ': "t", 'ŋ': "n",
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ĸ': "k", 'ς': "σ",
}

// ignorable reports characters that change nothing a reader sees in a word.
func ignorable(r rune) bool {
	switch r {
	case 0x00AD, 0x034F, 0x200C, 0x200D, 0x2060, 0xFEFF:
		return true
	}
	return (r >= 0xFE00 && r <= 0xFE0F) || (r >= 0xE0100 && r <= 0xE01EF)
}

func isASCIILetter(r rune) bool { return (r|0x20) >= 'a' && (r|0x20) <= 'z' }

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
