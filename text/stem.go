package text

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// Stem returns the stem of a lower-case English word: "camped" and "camping" are
// "camp" (Porter's second English stemmer, snowballstem.org). It leaves alone words
// that are not ASCII and Vietnamese syllables without their diacritics, which are whole
// words. Words of other languages in ASCII letters may be cut too, which does no harm
// where texts and questions are cut alike.
//
// What is longer than any word of English stays as it is: the stemmer's time grows with
// the square of the length.
func Stem(word string) string {
	if len(word) < 3 || len(word) > longestStemmed || !isASCII(word) || isVietnameseSyllable([]byte(word)) {
		return word
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

const longestStemmed = 64
