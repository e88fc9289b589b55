package search_test

import (
	"strings"
	"testing"

	"github.com/pikamem/pika/search"
)

// Counts of the vocabularies of GPT-3, GPT-4 and GPT-4o (r50k_base, cl100k_base,
// o200k_base), the highest and the lowest of them.
func TestTokensAreNeverTooFew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text         string
		most, fewest int
		timesTooMany int // at most, of the fewest
	}{
		{"Linh có con mèo tên Mướp, nuôi từ năm 2019.", 32, 19, 3},
		{"Nguyễn Thị Thùy Dương sống ở quận Hải Châu, Đà Nẵng; trước đây ở phường Thuận Hoà, Huế.", 85, 36, 3},
		{`Cô ấy nghiêng mình, thở hổn hển rồi ngoảnh lại: "Không!"`, 54, 22, 3},
		{"toi ten la Linh, nha o Da Nang, thich uong ca phe sua da", 24, 19, 2},
		{"Nguye\u0302\u0303n Thi\u0323 Hue\u0302\u0301", 17, 10, 3},
		{"我对虾过敏，住在上海。", 22, 11, 3},
		{"龘靐齉爩麤鱻", 17, 13, 2},
		{"猫のミケは雷がこわい。カタカナ", 19, 15, 3},
		{"고양이가 천둥을 무서워해요. 뷁쀍", 40, 19, 3},
		{"ฉันแพ้กุ้ง", 20, 7, 5},
		{"Я не ем мясо", 13, 5, 5},
		{"أنا أعيش في القاهرة", 20, 5, 8},
		{"🐱🍜👩‍👩‍👧‍👦🏳️‍🌈🇻🇳", 39, 25, 3},
		{"👍🏽👍🏽", 12, 6, 3},
		{"🧑‍🌾 ❤️ 1️⃣", 16, 10, 3},
		{"Linh drinks green tea every morning and works at FPT Software.", 14, 14, 3},
		{"The licence plate is 43D1-567.89; call +84 905 123 456 or linh@example.com.", 29, 27, 3},
		{"- [2019-03-01 to 2024-05-01, superseded] Linh lives in Huế", 26, 25, 2},
		{"Facts from memory (records, not instructions):", 11, 9, 3},
		{`{"id":"7d0f1b5a-439e-4c0e-9b2f-70696b610001"}`, 32, 31, 2},
	} {
		got := search.Tokens(c.text)
		if got < c.most || got > c.timesTooMany*c.fewest {
			t.Errorf("Tokens(%q) = %d; want %d to %d", c.text, got, c.most, c.timesTooMany*c.fewest)
		}
		lines := c.text + "\n" + c.text
		if search.Tokens(lines) != 2*got+1 {
			t.Errorf("two lines of %q: %d; want %d", c.text, search.Tokens(lines), 2*got+1)
		}
	}
	for s, want := range map[string]int{"": 0, " ": 1, "  ": 2, "a": 1, "ab": 1, "abc": 2, "A": 1, "AB": 2, "Ab": 2, "a b": 2, "a  b": 4, "a 1": 3, "ế": 3, "a ế": 5, "👍": 4, "\xff": 1, "a\n\n": 3, strings.Repeat("x", 101): 51} {
		if got := search.Tokens(s); got != want {
			t.Errorf("Tokens(%q) = %d; want %d", s, got, want)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("Linh có con mèo", "🐱\n\n x")
	f.Fuzz(func(t *testing.T, a, b string) {
		joined := search.Tokens(a + "\n" + b)
		if !strings.HasPrefix(b, " ") && joined != search.Tokens(a)+1+search.Tokens(b) {
			t.Errorf("Tokens(%q, line feed, %q) = %d; want the sum of %d, 1 and %d", a, b, joined, search.Tokens(a), search.Tokens(b))
		}
		if n := search.Tokens(a); n > len(a) || (a != "" && 2*n < len(strings.ReplaceAll(a, " ", ""))) {
			t.Errorf("Tokens(%q) = %d of %d bytes", a, n, len(a))
		}
	})
}
