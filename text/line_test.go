package text_test

import (
	"testing"

	"github.com/pikamem/pika/text"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                                "",
		" a\n b\r\n\tc ":                  "a b c",
		"a\u0085b\u2028c\u2029d\ve\ff":    "a b c d e f",
		"a\x00b\x1b[0m\u009bc":            "ab[0mc",
		"x\u202egnp.\u202cy\u2066z\u2069": "xgnp.yz",
		"hi\U000e0049\U000e0067":          "hi",
		"Mu\u031bo\u031b\u0301p 🧑‍🌾":      "Mướp 🧑‍🌾",
	} {
		if got := text.Line(s); got != want {
			t.Errorf("Line(%q) = %q; want %q", s, got, want)
		}
	}
}
