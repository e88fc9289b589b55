package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Terms returns the terms of s in the order they stand, with repeats.
//
// A word is a run of letters, marks and digits with at least one letter or digit.
// Each word gives its folded form, and, when folding changed more than its case,
// also its exact lower-case form with a leading "=": a query with diacritics then
// counts an exact match twice and a folded one once, and a query without finds
// both. Runs of Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar letters,
// which are written without spaces, give their overlapping pairs (a single letter
// gives itself).
func Terms(s string) []string {
	if isASCII(s) {
		return asciiTerms(strings.ToLower(s))
	}
	s = norm.NFC.String(s)
	terms := make([]string, 0, len(s)/3+1)
	start := -1
	for i, r := range s {
		if inWord(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			terms = appendWord(terms, s[start:i])
			start = -1
		}
	}
	if start >= 0 {
		terms = appendWord(terms, s[start:])
	}
	return terms
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// asciiTerms cuts words out of lower-case ASCII without copying them.
func asciiTerms(s string) []string {
	terms := make([]string, 0, len(s)/5+1)
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') {
			continue
		}
		if i > start {
			terms = append(terms, s[start:i])
		}
		start = i + 1
	}
	if start < len(s) {
		terms = append(terms, s[start:])
	}
	return terms
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isASCIILetter(r) || (r >= '0' && r <= '9')
	}
	return latinLetter(r) != "" || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || ignorable(r)
}

func appendWord(terms []string, word string) []string {
	for word != "" {
		var spaced, unspaced string
		spaced, word = cutRun(word, false)
		terms = appendSpaced(terms, spaced)
		unspaced, word = cutRun(word, true)
		terms = appendPairs(terms, unspaced)
	}
	return terms
}

// cutRun splits s after its leading run of letters that are (or are not) written
// without spaces. Marks belong to the letter before them.
func cutRun(s string, unspaced bool) (run, rest string) {
	first := true
	for i, r := range s {
		if (first || !attaches(r)) && withoutSpaces(r) != unspaced {
			return s[:i], s[i:]
		}
		first = false
	}
	return s, ""
}

func attaches(r rune) bool {
	return r >= 0x300 && (unicode.IsMark(r) || ignorable(r))
}

func withoutSpaces(r rune) bool {
	switch {
	case r < 0x0E00:
		return false
	case r == 0x30FC || r == 0xFF70: // the long vowel mark of Katakana, of no script of its own
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func appendSpaced(terms []string, word string) []string {
	folded := Fold(word)
	if strings.IndexFunc(folded, isLetterOrDigit) < 0 {
		return terms
	}
	if strings.Contains(folded, " ") { // a compatibility character may hold a space
		return append(terms, strings.Fields(folded)...)
	}
	terms = append(terms, folded)
	if exact := exactForm(word); exact != folded {
		terms = append(terms, "="+exact)
	}
	return terms
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// exactForm is the lower case of word without the characters nobody sees.
func exactForm(word string) string {
	word = strings.ToLower(word)
	if strings.IndexFunc(word, ignorable) < 0 {
		return word
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if ignorable(r) {
			return -1
		}
		return r
	}, word))
}

func appendPairs(terms []string, run string) []string {
	if run == "" {
		return terms
	}
	run = Fold(run)
	previous, count := 0, 0
	for i, r := range run {
		if count++; count > 1 {
			terms = append(terms, run[previous:i+utf8.RuneLen(r)])
		}
		previous = i
	}
	if count == 1 {
		terms = append(terms, run)
	}
	return terms
}
