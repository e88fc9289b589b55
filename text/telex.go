package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// telexTones are the keys of the Telex input method that set a tone, as combining marks.
var telexTones = map[byte]string{'s': "\u0301", 'f': "\u0300", 'r': "\u0309", 'x': "\u0303", 'j': "\u0323"}

// telexLetters are the keys that change the letter before, doubled ones first.
var telexLetters = strings.NewReplacer("uow", "ươ", "dd", "đ", "aa", "â", "ee", "ê", "oo", "ô", "aw", "ă", "ow", "ơ", "uw", "ư")

// Telex returns the Vietnamese syllable that a lower-case word would have become had the
// Telex input method been on: "nhaf" is "nhà", "ddoong" is "đông". ok is false for a word
// that is no syllable typed that way.
func Telex(word string) (syllable string, ok bool) {
	if len(word) < 3 || len(word) > 10 || !isASCII(word) {
		return "", false
	}
	letters := telexLetters.Replace(word)
	tone := ""
	if mark, is := telexTones[letters[len(letters)-1]]; is {
		tone, letters = mark, letters[:len(letters)-1]
	}
	if (tone == "" && letters == word) || !isVietnameseSyllable([]byte(Fold(letters))) {
		return "", false
	}
	if tone == "" {
		return letters, true
	}
	at := tonePlace(letters)
	if at < 0 {
		return "", false
	}
	return norm.NFC.String(letters[:at] + tone + letters[at:]), true
}

const vowels = "aăâeêioôơuưy"

// tonePlace returns where in a syllable the mark of its tone stands: after the vowel that
// has a mark of its own, else after the first of two final vowels or before the final
// consonant.
func tonePlace(syllable string) int {
	var ends []int // of the vowels of the rhyme
	marked, last := -1, rune(0)
	for i, r := range syllable {
		if strings.ContainsRune(vowels, r) && !isOnset(syllable, i, last, r) {
			ends = append(ends, i+len(string(r)))
			if r > 0x7F {
				marked = i + len(string(r))
			}
		}
		last = r
	}
	switch {
	case len(ends) == 0:
		return -1
	case marked >= 0:
		return marked
	case len(ends) == 1:
		return ends[0]
	case len(ends) == 2 && ends[1] == len(syllable):
		return ends[0]
	}
	return ends[1]
}

// isOnset reports whether a vowel letter belongs to the consonant before it: qu, gi.
func isOnset(syllable string, at int, last, r rune) bool {
	rest := at+1 < len(syllable) && strings.ContainsRune(vowels, []rune(syllable[at+1:])[0])
	return rest && ((last == 'q' && r == 'u') || (last == 'g' && r == 'i'))
}
