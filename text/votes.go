package text

import (
	"strings"
	"unicode"
)

// votes is what the words of a Latin text say about its language.
type votes struct {
	score      [latinTags]float64
	words      int
	syllables  int  // words that could be Vietnamese without diacritics
	foreign    int  // words that could not
	vietnamese bool // a letter with a Vietnamese tone was seen
}

// read counts every word of s.
func (v *votes) read(s string) {
	var buf [32]byte
	start, first := -1, true
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && r != '\'' && r != '’' {
			v.word(s[start:i], first, buf[:0])
			start, first = -1, false
		}
		if r == '.' || r == '!' || r == '?' || r == '\n' {
			first = true
		}
	}
	if start >= 0 {
		v.word(s[start:], first, buf[:0])
	}
}

// word counts one word; first says that it opens a sentence, where a capital letter
// does not make a name.
func (v *votes) word(w string, first bool, buf []byte) {
	v.words++
	lower := appendLower(buf, w)
	name := !first && w[0] != lower[0] && len(w) > 1
	if languages, ok := commonWords[string(lower)]; ok {
		v.common(languages)
		if isVietnameseSyllable(lower) {
			v.syllables++
		} else if languages == 1<<viTag { // with its diacritics
			v.vietnamese = true
		}
		return
	}
	weight := 1.0
	if name {
		weight = 0.3
	}
	switch tag, strength := byLetters(lower); {
	case strength > 0:
		v.score[tag] += strength * weight
		v.vietnamese = v.vietnamese || tag == viTag
	case isVietnameseSyllable(lower):
		v.syllables++
		v.score[viTag] += 0.3 * weight
	case !name:
		v.foreign++
	}
}

// common adds a word's vote, shared among the languages that use it.
func (v *votes) common(languages uint32) {
	n := 0
	for l := languages; l != 0; l &= l - 1 {
		n++
	}
	for tag := range latinTags {
		if languages&(1<<tag) != 0 {
			v.score[tag] += 1 / float64(n)
		}
	}
}

// winner returns the language that leads clearly enough.
func (v *votes) winner() (string, bool) {
	if v.words >= 4 && v.syllables == v.words {
		v.score[viTag] += 0.25 * float64(v.words)
	}
	best, second := 0, -1
	for tag := 1; tag < latinTags; tag++ {
		switch {
		case v.score[tag] > v.score[best]:
			best, second = tag, best
		case second < 0 || v.score[tag] > v.score[second]:
			second = tag
		}
	}
	lead := v.score[best] - v.score[second]
	if best == viTag && !v.vietnamese && !v.soundsVietnamese() {
		return "", false
	}
	need := 0.5
	if share := float64(v.words) * 0.12; share > need {
		need = min(share, 3)
	}
	return tagNames[best], v.score[best] >= need && lead >= 0.2
}

// soundsVietnamese reports that nearly all words are Vietnamese syllables: what
// Vietnamese without diacritics looks like, and hardly anything else.
func (v *votes) soundsVietnamese() bool {
	return v.syllables >= 2 && v.foreign*4 <= v.syllables && v.score[viTag] >= 0.8
}

// appendLower appends the lower case of w to buf.
func appendLower(buf []byte, w string) []byte {
	for _, r := range w {
		if r < 0x80 {
			buf = append(buf, lowerASCII(byte(r)))
			continue
		}
		if r == '’' {
			r = '\''
		}
		buf = append(buf, string(unicode.ToLower(r))...)
	}
	return buf
}

// byLetters returns the language whose own letters a lower-case word has, and how
// much that says; 0: nothing.
func byLetters(lower []byte) (int, float64) {
	for _, r := range string(lower) {
		switch {
		case r < 0x80:
			continue
		case r == 'ơ' || r == 'ư' || (r >= 0x1EA0 && r <= 0x1EF9):
			return viTag, 1.5
		}
		for _, own := range ownLetters {
			if strings.ContainsRune(own.letters, r) {
				return own.tag, own.strength
			}
		}
	}
	return 0, 0
}

// ownLetters are letters that speak for one language in Latin script.
var ownLetters = []struct {
	letters  string
	tag      int
	strength float64
}{
	{"ñ¿¡", esTag, 0.8},
	{"ß", deTag, 1.5},
	{"äö", deTag, 0.4},
	{"ü", deTag, 0.3},
	{"ãõ", ptTag, 0.5},
	{"œ", frTag, 1},
	{"èêëîïôûù", frTag, 0.3},
	{"ç", frTag, 0.3},
	{"țșţ", roTag, 1.5},
	{"ąęłńśźż", plTag, 1.2},
	{"ığş", trTag, 1.2},
	{"ěřů", csTag, 1.5},
	{"čšž", csTag, 0.4},
	{"đ", viTag, 0.7},
	{"ă", roTag, 0.4},
	{"å", svTag, 0.8},
	{"æø", daTag, 1},
	{"őű", huTag, 1.5},
}
