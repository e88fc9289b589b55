package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/pikamem/pika/text"
)

func TestEveryCharacterFoldsOnce(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= 0x1FFFF; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", string(r) + "\u0301"} {
			if once := text.Fold(s); text.Fold(once) != once {
				t.Errorf("U+%04X: Fold(%q) = %q, folded again %q", r, s, once, text.Fold(once))
			}
		}
	}
}
