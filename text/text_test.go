package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"github.com/pikamem/pika/text"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                          "",
		" ":                         "",
		"a":                         "a",
		"  a \t\n b\u00a0 c\u3000":  "a b c",
		"a b":                       "a b",
		"a\u1680b\u2003c\u0085d":    "a b c d",
		"Đa\u0300 Na\u0306\u0303ng": "Đà Nẵng",
		"“a” – b…":                  "“a” – b…",
		"東京 タワー":                    "東京 タワー",
	} {
		if got := text.Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"Hello  World ":            "hello world",
		"Đà Nẵng":                  "da nang",
		"đường ĐỒNG Khởi":          "duong dong khoi",
		"Mướp":                     "muop",
		"TRƯỜNG ƯỚC":               "truong uoc",
		"İstanbul ISPARTA ığdır":   "istanbul isparta igdir",
		"Straße Æsir Œuvre Łódź Ø": "strasse aesir oeuvre lodz o",
		"ﬁancée ﬂ":                 "fiancee fl",
		"Ａｂｃ１２":                    "abc12",
		"z̃a̧l̕g̈o":                "zalgo",
		"東京 タワー":                   "東京 タワー",
		"ｱｲｽ":                      "アイス",
		"が か\u3099":                "が が",
		"고양이":                      "고양이",
		"สวัสดี":                   "สวัสดี",
		"नमस्ते":                   "नमस्ते",
		"مَرحبا":                   "مَرحبا",
		"Ёлка Й":                   "ёлка й",
		"ΣΊΣΥΦΟΣ":                  "σίσυφοσ",
		"❤️ 👨‍👩‍👧":                 "❤ 👨👩👧",
		"co\u00adoperate":          "cooperate",
		"x² ½ …":                   "x2 1⁄2 ...",
	} {
		if got := text.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q; want %q", in, got, want)
		}
		if got := text.Fold(norm.NFD.String(in)); got != want {
			t.Errorf("Fold(NFD of %q) = %q; want %q", in, got, want)
		}
	}
}

func TestHasDiacritics(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"": false, "Pho 2": false, "phở": true, "Đ": true, "a\u0301": true, "東京": false, "Ёлка": false,
		"x² …": false, "😀": false, "❤️": false, "a\ufe0f": false, "1\u0301": false, "naïve": true,
	} {
		if got := text.HasDiacritics(in); got != want {
			t.Errorf("HasDiacritics(%q) = %t; want %t", in, got, want)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":                       {},
		"I have 2 cats, 2 dogs!": {"i", "have", "2", "cats", "2", "dogs"},
		"Đà Nẵng":                {"da", "=đà", "nang", "=nẵng"},
		"da nang":                {"da", "nang"},
		"Mèo tên Mướp":           {"meo", "=mèo", "ten", "=tên", "muop", "=mướp"},
		"東京タワー":                  {"東京", "京タ", "タワ", "ワー"},
		"猫":                      {"猫"},
		"iPhone用ケース":             {"iphone", "用ケ", "ケー", "ース"},
		"고양이가 좋아":                {"고양이가", "좋아"},
		"มะลิ":                   {"มะ", "ะล", "ลิ"},
		"नमस्ते दुनिया":          {"नमस्ते", "दुनिया"},
		"مرحبا بك":               {"مرحبا", "بك"},
		"❤️ 😀 1️⃣ -- …":          {"1\u20e3"},
		"co\u00adoperate":        {"cooperate"},
		"ﬁne":                    {"fine", "=ﬁne"},
		"l'été":                  {"l", "ete", "=été"},
		"user@mail.com":          {"user", "mail", "com"},
		"Straße":                 {"strasse", "=straße"},
		"می\u200cخواهم":          {"میخواهم"},
	} {
		for form, s := range map[string]string{"NFC": norm.NFC.String(in), "NFD": norm.NFD.String(in)} {
			if diff := cmp.Diff(want, text.Terms(s)); diff != "" {
				t.Errorf("Terms(%s of %q): -want +got\n%s", form, in, diff)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":     nil,
		" \n ": nil,
		"Tôi tên Linh. Tôi ở Huế! Còn bạn?": {"Tôi tên Linh.", "Tôi ở Huế!", "Còn bạn?"},
		"one\ntwo\r\nthree":                 {"one", "two", "three"},
		"It is 3.5 km, e.g. near.":          {"It is 3.5 km, e.g. near."},
		"私は猫。犬も。":                           {"私は猫。", "犬も。"},
	} {
		if diff := cmp.Diff(want, text.Sentences(in)); diff != "" {
			t.Errorf("Sentences(%q): -want +got\n%s", in, diff)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Đà Nẵng", "İı ﬁ ½ ¨ ͅ", "a\u200d\u0301", "か\ufe0f\u3099", "ﷺ", "\xff", "ẞ K Ω", "a \u0301b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := text.Fold(s)
		if again := text.Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, folded again %q", s, folded, again)
		}
		if !utf8.ValidString(s) {
			return
		}
		if !utf8.ValidString(folded) {
			t.Errorf("Fold(%q) = %q is not valid UTF-8", s, folded)
		}
		if nfd := text.Fold(norm.NFD.String(s)); nfd != folded {
			t.Errorf("Fold(%q) = %q, of its NFD %q", s, folded, nfd)
		}
		if n := text.Normalize(s); text.Normalize(n) != n || text.Fold(n) != folded {
			t.Errorf("Normalize(%q) = %q is not the normal form", s, n)
		}
	})
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{"Đà Nẵng 2 cats", "東京タワーx", "❤️ 1️⃣", "ﷺ", "\u0301a", "ก\u200dข"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		terms := text.Terms(s)
		if diff := cmp.Diff(terms, text.Terms(norm.NFD.String(s))); diff != "" {
			t.Errorf("Terms of the NFC and NFD of %q differ:\n%s", s, diff)
		}
		for _, term := range terms {
			if term == "" || term == "=" || strings.ContainsAny(term, " \t\n") || !utf8.ValidString(term) {
				t.Errorf("Terms(%q) holds %q", s, term)
			}
			if !strings.HasPrefix(term, "=") && text.Fold(term) != term {
				t.Errorf("Terms(%q) holds %q, which is not folded", s, term)
			}
		}
	})
}

var benchmarkTexts = map[string]string{
	"ascii": "I have a cat named Max and I have been living in Hanoi since",
	"vi":    "Tôi có một con mèo tên là Mướp và tôi sống ở Đà Nẵng",
	"ja":    "私は東京に住んでいて猫を二匹飼っています",
}

func BenchmarkFold(b *testing.B) {
	for name, s := range benchmarkTexts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text.Fold(s)
			}
		})
	}
}

func BenchmarkTerms(b *testing.B) {
	for name, s := range benchmarkTexts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text.Terms(s)
			}
		})
	}
}
