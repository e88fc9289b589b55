package text

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
	"golang.org/x/text/unicode/norm"
)

// Undetermined is the tag of a text whose language is not known.
const Undetermined = "und"

// maxSample is how many bytes Language looks at; more does not change its mind.
const maxSample = 2048

// Language returns the BCP 47 primary tag of the language s is most likely in (vi,
// en, ja, …), or Undetermined for code, emoji, numbers and what is too short to say.
//
// A script of one language decides by itself. Latin text is decided by its short
// common words, by letters only one language has and, for Vietnamese typed without
// diacritics, by words that are all Vietnamese syllables; then by trigrams. Names
// count little: "I live in Đà Nẵng" is en.
func Language(s string) string {
	s = norm.NFC.String(prose(sample(s)))
	counts := countScripts(s)
	if counts.letters == 0 || counts.looksLikeCode() {
		return Undetermined
	}
	if tag := counts.tag(s); tag != "" {
		return tag
	}
	if counts.latin*2 < counts.letters {
		return byTrigrams(s, counts.letters)
	}
	return latinLanguage(s, counts.letters)
}

// sample returns at most maxSample bytes of s, cut where a letter begins.
func sample(s string) string {
	if len(s) <= maxSample {
		return s
	}
	end := maxSample
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end]
}

// prose returns s without what is no language: code between backquotes, addresses
// of the web and of mail.
func prose(s string) string {
	if !strings.ContainsAny(s, "`/@") {
		return s
	}
	var b strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(s, "```", "`"), "`") {
		if i%2 == 1 {
			continue
		}
		for _, w := range strings.Fields(part) {
			if !strings.Contains(w, "://") && !strings.Contains(w, "@") && !strings.HasPrefix(w, "www.") {
				b.WriteString(w)
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// latinLanguage decides between the languages in Latin script.
func latinLanguage(s string, letters int) string {
	var v votes
	v.read(s)
	if tag, ok := v.winner(); ok {
		return tag
	}
	return byTrigrams(s, letters)
}

// byTrigrams asks the statistics, which know many languages and need some text.
func byTrigrams(s string, letters int) string {
	if letters < 12 {
		return Undetermined
	}
	info := whatlanggo.DetectWithOptions(s, trigramOptions)
	if info.Lang < 0 || info.Confidence < 0.1 {
		return Undetermined
	}
	if tag := info.Lang.Iso6391(); tag != "" {
		return tag
	}
	return Undetermined
}

// trigramOptions are the languages in Latin script that a text is likely to be in.
// The statistics take short texts of these for rarer ones far too often.
var trigramOptions = whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{
	whatlanggo.Eng: true, whatlanggo.Spa: true, whatlanggo.Fra: true, whatlanggo.Deu: true, whatlanggo.Por: true,
	whatlanggo.Ita: true, whatlanggo.Nld: true, whatlanggo.Ind: true, whatlanggo.Ron: true, whatlanggo.Pol: true,
	whatlanggo.Tur: true, whatlanggo.Ces: true, whatlanggo.Swe: true, whatlanggo.Dan: true, whatlanggo.Nob: true,
	whatlanggo.Hun: true, whatlanggo.Fin: true, whatlanggo.Tgl: true, whatlanggo.Hrv: true, whatlanggo.Lit: true,
	whatlanggo.Est: true, whatlanggo.Slv: true,
}}

// scripts counts the letters of a text by what decides a language.
type scripts struct {
	letters, latin, han, kana, hangul, cyrillic, arabic, devanagari int
	codeSigns                                                       int
	other                                                           map[string]int // by tag
}

// byScript are the scripts that one living language writes, or nearly so.
var byScript = []struct {
	table *unicode.RangeTable
	tag   string
}{
	{unicode.Thai, "th"},
	{unicode.Greek, "el"},
	{unicode.Hebrew, "he"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Oriya, "or"},
	{unicode.Sinhala, "si"},
	{unicode.Lao, "lo"},
	{unicode.Khmer, "km"},
	{unicode.Myanmar, "my"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
	{unicode.Ethiopic, "am"},
	{unicode.Tibetan, "bo"},
}

func countScripts(s string) scripts {
	var c scripts
	for _, r := range s {
		if r < unicode.MaxLatin1 {
			switch {
			case isASCIILetter(r) || (r >= 0xC0 && r != 0xD7 && r != 0xF7):
				c.letters++
				c.latin++
			case strings.ContainsRune("{}[]();=<>\\|$#_&*+^~", r):
				c.codeSigns++
			}
			continue
		}
		if unicode.IsLetter(r) {
			c.letters++
			c.count(r)
		}
	}
	return c
}

func (c *scripts) count(r rune) {
	switch {
	case unicode.Is(unicode.Latin, r):
		c.latin++
	case unicode.Is(unicode.Han, r):
		c.han++
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		c.kana++
	case unicode.Is(unicode.Hangul, r):
		c.hangul++
	case unicode.Is(unicode.Cyrillic, r):
		c.cyrillic++
	case unicode.Is(unicode.Arabic, r):
		c.arabic++
	case unicode.Is(unicode.Devanagari, r):
		c.devanagari++
	default:
		for _, b := range byScript {
			if unicode.Is(b.table, r) {
				if c.other == nil {
					c.other = map[string]int{}
				}
				c.other[b.tag]++
				return
			}
		}
	}
}

// looksLikeCode reports more signs of programming languages than prose ever has.
func (c *scripts) looksLikeCode() bool {
	return c.codeSigns >= 3 && c.codeSigns*6 >= c.letters
}

// tag returns the language that the scripts alone decide, or "". A letter of a
// script written without spaces stands for more than a Latin one.
func (c *scripts) tag(s string) string {
	asian := c.han + c.kana + c.hangul
	switch {
	case asian*3 >= c.letters && c.hangul >= c.kana && c.hangul > 0:
		return "ko"
	case asian*3 >= c.letters && c.kana > 0:
		return "ja"
	case asian*3 >= c.letters && c.han > 0:
		return "zh"
	case c.cyrillic*2 > c.letters:
		return cyrillicLanguage(s)
	case c.arabic*2 > c.letters:
		return arabicLanguage(s)
	case c.devanagari*2 > c.letters:
		return "hi"
	}
	for tag, n := range c.other {
		if n*2 > c.letters {
			return tag
		}
	}
	return ""
}

// cyrillicLanguage tells the languages in Cyrillic script apart by their own letters.
func cyrillicLanguage(s string) string {
	switch s = strings.ToLower(s); {
	case strings.ContainsAny(s, "ўЎ"):
		return "be"
	case strings.ContainsAny(s, "іїєґ"):
		return "uk"
	case strings.ContainsAny(s, "ѓќѕ"):
		return "mk"
	case strings.ContainsAny(s, "ђћџљњј"):
		return "sr"
	case strings.ContainsAny(s, "әғқңұһ"):
		return "kk"
	case strings.Contains(s, "ъ") && !strings.ContainsAny(s, "ыэё"):
		return "bg"
	}
	return "ru"
}

// arabicLanguage tells the languages in Arabic script apart by their own letters.
func arabicLanguage(s string) string {
	switch {
	case strings.ContainsAny(s, "ٹڈڑےںھ"):
		return "ur"
	case strings.ContainsAny(s, "پچژگکی"):
		return "fa"
	}
	return "ar"
}
