package text_test

import (
	"testing"

	"github.com/pikamem/pika/text"
)

func TestSlips(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		most int
		want int
	}{
		{"birth", "brith", 2, 1},
		{"chese", "cheese", 2, 1},
		{"cheese", "chease", 2, 1},
		{"điệnn", "điện", 1, 1},
		{"", "", 1, 0},
		{"a", "", 1, 1},
		{"guitar", "violin", 2, 3},
		{"favuorite", "favourite", 2, 1},
		{"abcd", "badc", 2, 2},
	} {
		if got := text.Slips([]rune(c.a), []rune(c.b), c.most); got != c.want {
			t.Errorf("Slips(%q, %q, %d) = %d; want %d", c.a, c.b, c.most, got, c.want)
		}
		if got := text.Slips([]rune(c.b), []rune(c.a), c.most); got != c.want {
			t.Errorf("Slips(%q, %q, %d) = %d; want %d", c.b, c.a, c.most, got, c.want)
		}
	}
}
