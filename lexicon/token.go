package lexicon

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// tokenKind says what a token of a message is.
type tokenKind int

const (
	wordToken       tokenKind = iota
	markToken                 // a sign that may change what is said: ?, a colon, quotes, %, 👍
	pauseToken                // a comma and its like
	stopToken                 // the end of a sentence or line
	decorationToken           // one of the kind decoration
)

type token struct {
	text string
	kind tokenKind
}

const (
	pauses    = ",;…"
	stops     = ".!\n\r\v\f\u0085\u2028\u2029"
	dashes    = "-–—−"
	invisible = "\u200b\ufe0f\ufeff"
)

// tokens cuts a message into its tokens; white space and what is not seen are none.
func tokens(s string) []token {
	s = strings.ReplaceAll(norm.NFC.String(strings.ToValidUTF8(s, "\ufffd")), "’", "'")
	var list []token
	for s != "" {
		t, n := next(s)
		if t.text != "" {
			list = append(list, t)
		}
		s = s[n:]
	}
	return list
}

// next returns the token that s begins with, empty for none, and its length.
func next(s string) (token, int) {
	if n := decorationLength(s); n > 0 {
		return token{s[:n], decorationToken}, n
	}
	r, n := utf8.DecodeRuneInString(s)
	if inside(r) {
		n = wordLength(s)
		return token{s[:n], wordToken}, n
	}
	switch {
	case strings.ContainsRune(stops, r):
		return token{s[:n], stopToken}, n
	case strings.ContainsRune(invisible, r), unicode.IsSpace(r), 0x1F3FB <= r && r <= 0x1F3FF:
		return token{}, n
	case strings.ContainsRune(pauses, r), strings.ContainsRune(dashes, r) && apart(s[n:]):
		return token{s[:n], pauseToken}, n
	}
	return token{s[:n], markToken}, n
}

// apart reports whether white space or nothing follows: a dash is no sign of a number then.
func apart(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r)
}

func inside(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && !strings.ContainsRune(invisible, r)
}

// wordLength returns the length of the word that s begins with. Signs between letters or
// digits belong to it: don't, e-mail, 3.5, 10:30, a@b.vn.
func wordLength(s string) int {
	end, digit := 0, false
	for i, r := range s {
		if inside(r) {
			end, digit = i+utf8.RuneLen(r), unicode.IsDigit(r)
			continue
		}
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		if i != end || !inside(after) || !strings.ContainsRune("'-_.@&", r) && !(digit && unicode.IsDigit(after) && strings.ContainsRune(",:/", r)) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return end
}

// decorationLength returns the length of the decoration that s begins with; 0: none. One
// of signs stands before white space.
func decorationLength(s string) int {
	for d := range noise()["decoration"] {
		if !strings.HasPrefix(s, d) {
			continue
		}
		if d[0] >= utf8.RuneSelf || apart(s[len(d):]) {
			return len(d)
		}
	}
	return 0
}
