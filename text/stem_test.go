package text_test

import (
	"strings"
	"testing"

	"github.com/pikamem/pika/text"
)

func TestStem(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"camping": "camp", "camped": "camp", "camps": "camp", "allergies": "allergi", "allergy": "allergi",
		"running": "run", "at": "at", "phở": "phở", "731": "731", "": "",
		strings.Repeat("y", 61) + "ing": strings.Repeat("y", 61), strings.Repeat("y", 62) + "ing": strings.Repeat("y", 62) + "ing",
		"khy": "khy", "nghe": "nghe", "thuy": "thuy",
	} {
		if got := text.Stem(word); got != want {
			t.Errorf("Stem(%q) = %q; want %q", word, got, want)
		}
	}
}
