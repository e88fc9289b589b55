package text

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
	"golang.org/x/text/unicode/norm"
)

// Undetermined is the tag of a text whose language is not known.
const Undetermined = "und"

// Language returns the BCP 47 primary tag of the language s is most likely in (vi,
// en, ja, …), or Undetermined. Letters that only Vietnamese has decide for vi;
// otherwise function words, then trigrams.
func Language(s string) string {
	s = norm.NFC.String(s)
	if isVietnamese(s) {
		return "vi"
	}
	if lang := byFunctionWords(s); lang != "" {
		return lang
	}
	info := whatlanggo.Detect(s)
	if info.Confidence < 0.1 || info.Lang == -1 {
		return Undetermined
	}
	if tag := info.Lang.Iso6391(); tag != "" {
		return tag
	}
	return Undetermined
}

// HasDiacritics reports whether folding s changes more than its case.
func HasDiacritics(s string) bool {
	s = Normalize(s)
	return Fold(s) != strings.ToLower(s)
}

// isVietnamese reports letters no other language in Latin script uses: ơ ư đ with
// their tones, and vowels that carry two marks or a hook or dot below.
func isVietnamese(s string) bool {
	for _, r := range s {
		switch unicode.ToLower(r) {
		case 'ơ', 'ư', 'ă', 'đ':
			return true
		}
		if r >= 0x1EA0 && r <= 0x1EF9 { // the block of Vietnamese letters with tones
			return true
		}
	}
	return false
}

var functionWords = map[string]map[string]bool{
	"en": set("the a an is are was were i my me you he she it they we and of to in on at for with has have had do does did what where who when which how not"),
	"vi": set("toi cua la co khong mot nhung va cho voi thi ma o dang da se cai con nguoi minh ban em anh chi gi nao dau ai khi duoc rat thich song lam viec nha"),
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// byFunctionWords decides between English and Vietnamese typed without diacritics
// when one of them clearly leads.
func byFunctionWords(s string) string {
	var words, en, vi int
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		words++
		if functionWords["en"][w] {
			en++
		}
		if functionWords["vi"][w] {
			vi++
		}
	}
	switch {
	case en > vi && en*5 >= words:
		return "en"
	case vi > en && vi*3 >= words && vi >= 2:
		return "vi"
	}
	return ""
}
