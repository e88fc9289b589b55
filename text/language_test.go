package text_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/pikamem/pika/text"
)

// sample is a sentence and the tag it should get.
type sample struct{ tag, sentence string }

func samples(t testing.TB) []sample {
	t.Helper()
	file, err := os.ReadFile("testdata/languages.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if tag, sentence, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(line, "#") {
			list = append(list, sample{tag, sentence})
		}
	}
	return list
}

// least is the share of sentences of each kind that must get their tag.
var least = map[string]float64{
	"vi": 1, "vi without diacritics": 0.95, "en": 0.98, "es": 0.9, "fr": 0.9, "de": 0.9, "pt": 0.9, "id": 0.9, "ro": 0.8,
	"ja": 1, "ko": 1, "zh": 1, "th": 1, "ru": 1, "und": 1,
}

func TestLanguageAccuracy(t *testing.T) {
	t.Parallel()
	right, all := map[string]int{}, map[string]int{}
	check := func(kind, tag, sentence string) {
		all[kind]++
		if got := text.Language(sentence); got == tag {
			right[kind]++
		} else {
			t.Logf("%s: Language(%q) = %s; want %s", kind, sentence, got, tag)
		}
	}
	for _, s := range samples(t) {
		check(s.tag, s.tag, s.sentence)
		if s.tag == "vi" {
			check("vi without diacritics", s.tag, text.Fold(s.sentence))
		}
	}
	for kind, share := range least {
		got := float64(right[kind]) / float64(all[kind])
		t.Logf("%-22s %3d of %3d = %.3f", kind, right[kind], all[kind], got)
		if all[kind] == 0 || got < share {
			t.Errorf("%s: accuracy %.3f; want at least %.3f", kind, got, share)
		}
	}
}

func TestLanguageIgnoresTheUnicodeForm(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		if nfc, nfd := text.Language(s.sentence), text.Language(norm.NFD.String(s.sentence)); nfc != nfd {
			t.Errorf("Language(%q) = %s as NFC, %s as NFD", s.sentence, nfc, nfd)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add("Tôi sống ở Hà Nội")
	f.Add("\xff\xfe`code` http://x ``` 漢字 คำ")
	f.Fuzz(func(t *testing.T, s string) {
		if tag := text.Language(s); len(tag) < 2 || len(tag) > 3 {
			t.Errorf("Language(%q) = %q; want a tag of two or three letters", s, tag)
		}
	})
}

func BenchmarkLanguage(b *testing.B) {
	for name, s := range map[string]string{
		"vi":                    "Tôi có một con mèo tên là Mướp và tôi sống ở Đà Nẵng",
		"vi without diacritics": "toi co mot con meo ten la Muop va toi song o Da Nang gan bien",
		"en":                    "I have a cat named Max and I have been living in Hanoi since",
		"by trigrams":           "Asunnon Helsingissa ja pidan kovasti kahvista seka koirista",
		"ja":                    "私は東京に住んでいて猫を二匹飼っています",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text.Language(s)
			}
		})
	}
}
