package rules

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pikamem/pika/text"
)

// maxSentence is how many bytes of a sentence are read; people say facts shorter.
const maxSentence = 600

// dropped stands where something was that is not the speaker's own statement. No
// sentence that holds it is read.
const dropped = "\ufffc"

var (
	fencedCode = regexp.MustCompile("(?s)```.*?(?:```|$)")
	inlineCode = regexp.MustCompile("`[^`\n]*`")
	quotedLine = regexp.MustCompile(`(?m)^\s*(?:>|\||\$ |#!).*$`)
	quotation  = regexp.MustCompile(`(?s)"[^"]*"|“[^”]*[”"]|«[^»]*»|‘[^’]*’(?:\s|$|[.,!?])`)
	address    = regexp.MustCompile(`\S*(?:://|www\.)\S*`)
	apostrophe = strings.NewReplacer("’", "'", "ʼ", "'", "`", "'", "\u00a0", " ")
	faces      = regexp.MustCompile(`(?:\s*(?:[:;=]-?[()DPp3]+|=\)+|:v|<3|\^\^|[\x{2600}-\x{27BF}\x{1F000}-\x{1FAFF}\x{FE0F}\x{200D}]))+`)
)

// sentences returns the sentences of a message that its author states in his own
// words, in NFC: no code, no quotations, no quoted lines. Faces and emoji are gone.
func sentences(content string) []string {
	var list []string
	for _, s := range text.Sentences(withoutFaces(cleaned(content))) {
		s = text.Normalize(apostrophe.Replace(s))
		if s == "" || len(s) > maxSentence || strings.Contains(s, dropped) || !utf8.ValidString(s) {
			continue
		}
		list = append(list, s)
	}
	return list
}

// withoutFaces removes faces and emoji. People end sentences with them, so one before a
// capital letter counts as a full stop.
func withoutFaces(s string) string {
	var b strings.Builder
	start := 0
	for _, at := range faces.FindAllStringIndex(s, -1) {
		b.WriteString(s[start:at[0]])
		start = at[1]
		if r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[start:], " ")); unicode.IsUpper(r) {
			b.WriteByte('.')
		}
		b.WriteByte(' ')
	}
	return b.String() + s[start:]
}

// cleaned removes code and addresses, and puts the dropped mark in place of
// quotations of more than two words; the marks of shorter ones are taken off, they
// are names.
func cleaned(content string) string {
	content = fencedCode.ReplaceAllString(content, dropped)
	content = inlineCode.ReplaceAllString(content, dropped)
	content = quotedLine.ReplaceAllString(content, dropped)
	content = address.ReplaceAllString(content, dropped)
	content = quotation.ReplaceAllStringFunc(content, func(q string) string {
		inner := strings.Trim(q, "\"“”«»‘’.,!? \n")
		if len(strings.Fields(inner)) > 2 || strings.HasSuffix(inner, "?") {
			return dropped + " "
		}
		return inner + q[len(strings.TrimRight(q, " \n.,!?")):]
	})
	return content
}
