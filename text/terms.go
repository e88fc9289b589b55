package text

import (
	"strings"
	"unicode"
)

// Terms returns the terms of s in the order they stand, with repeats.
//
// A word is a run of letters, marks and digits. Each word gives its folded form,
// and, when folding changed more than its case, also its exact lower-case form with
// a leading "=": a query with diacritics then counts an exact match twice and a
// folded one once, and a query without finds both. Runs of Han, Hiragana, Katakana,
// Thai, Lao, Khmer and Myanmar letters, which are written without spaces, give
// their overlapping pairs (a single letter gives itself).
func Terms(s string) []string {
	var terms []string
	for _, w := range strings.FieldsFunc(Normalize(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	}) {
		terms = appendWord(terms, w)
	}
	return terms
}

func appendWord(terms []string, word string) []string {
	for word != "" {
		spaced, rest := cutRun(word, false)
		if spaced != "" {
			folded, exact := Fold(spaced), strings.ToLower(spaced)
			terms = append(terms, folded)
			if exact != folded {
				terms = append(terms, "="+exact)
			}
		}
		var unspaced string
		unspaced, word = cutRun(rest, true)
		terms = appendPairs(terms, unspaced)
	}
	return terms
}

// cutRun splits s after its leading run of letters that are (or are not) written
// without spaces.
func cutRun(s string, unspaced bool) (run, rest string) {
	for i, r := range s {
		if !unicode.IsMark(r) && withoutSpaces(r) != unspaced {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func withoutSpaces(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func appendPairs(terms []string, run string) []string {
	letters := []rune(run)
	if len(letters) == 1 {
		return append(terms, run)
	}
	for i := 0; i+1 < len(letters); i++ {
		terms = append(terms, string(letters[i:i+2]))
	}
	return terms
}
