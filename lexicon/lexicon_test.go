package lexicon_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

func TestConceptsAreTheSameInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"I have a puppy", "tôi có một con cún"},
		{"allergies", "bị dị ứng"},
		{"What is my phone number?", "Số điện thoại của tôi là gì?"},
		{"She went to the hospital", "Cô ấy đi bệnh viện"},
	} {
		english, vietnamese := lexicon.Concepts(pair[0]), lexicon.Concepts(pair[1])
		shared := slices.ContainsFunc(english, func(c string) bool { return slices.Contains(vietnamese, c) })
		if !shared {
			t.Errorf("%q is %v, %q is %v: nothing in common", pair[0], english, pair[1], vietnamese)
		}
	}
}

func TestConcepts(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct{ has, hasNot string }{
		"My dogs bark":             {"~dog", "~cat"},
		"con chó của tôi":          {"~dog", ""},
		"con cho cua toi o nha":    {"~dog", ""},
		"uống cà phê buổi sáng":    {"~coffee", ""},
		"":                         {},
		"🙂 42 東京":                  {},
		"~dog":                     {"~dog", ""},
		"Bác sĩ hẹn tái khám":      {"~doctor", ""},
		"The doctor's appointment": {"~doctor", ""},
	} {
		got := lexicon.Concepts(s)
		if (want.has != "" && !slices.Contains(got, want.has)) || (want.hasNot != "" && slices.Contains(got, want.hasNot)) {
			t.Errorf("Concepts(%q) = %v; want %q and not %q", s, got, want.has, want.hasNot)
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("Concepts(%q) = %v, not sorted or not distinct", s, got)
		}
	}
}

// The longest entry counts: a dish of beef is no cow.
func TestLongestEntryCounts(t *testing.T) {
	t.Parallel()
	if got := lexicon.Concepts("Linh ăn phở bò mỗi sáng chủ nhật"); !slices.Contains(got, "~beef_noodle_soup") || slices.Contains(got, "~cow") {
		t.Errorf("phở bò is %v", got)
	}
}

func TestFunctionWord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		word, language string
		want           bool
	}{
		{"của", "vi", true},
		{"cua", "vi", true},
		{"mèo", "vi", false},
		{"what", "en", true},
		{"cat", "en", false},
		{"what", "vi", false},
		{"was", "fr", false},
		{"", "en", false},
	} {
		if got := lexicon.FunctionWord(tt.word, tt.language); got != tt.want {
			t.Errorf("FunctionWord(%q, %s) = %v", tt.word, tt.language, got)
		}
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	known := func(folded string) []lexicon.Spelling {
		if folded == "muop" {
			return []lexicon.Spelling{{Word: "mướp", Texts: 3}}
		}
		return nil
	}
	for s, want := range map[string]string{
		"thu cung cua toi":           "thú cưng của tôi",
		"Toi di ung voi hai san":     "Tôi dị ứng với hải sản",
		"MUOP sinh nhat ngay nao?":   "MƯỚP sinh nhật ngày nào?",
		"bác sĩ cua toi":             "bác sĩ của tôi",
		"xzxq  12/3, wifi":           "xzxq  12/3, wifi",
		"":                           "",
		"🙂":                          "🙂",
		"antidisestablishmentarisms": "antidisestablishmentarisms",
	} {
		if got := lexicon.Restore(s, known); got != want {
			t.Errorf("Restore(%q) = %q; want %q", s, got, want)
		}
	}
}

//go:embed testdata/questions.txt
var questions string

// TestRestoreAccuracy holds the share of syllables that come back right on questions
// that the sentences it learned from do not hold.
func TestRestoreAccuracy(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for line := range strings.Lines(questions) {
		want := strings.Fields(strings.ToLower(strings.TrimSpace(line)))
		got := strings.Fields(lexicon.Restore(text.Fold(line), nil))
		if len(got) != len(want) {
			t.Fatalf("%q became %q", line, got)
		}
		for i := range want {
			all++
			if got[i] == want[i] {
				right++
			}
		}
	}
	share := float64(right) / float64(all)
	t.Logf("%d of %d syllables, %.3f", right, all, share)
	if share < 0.85 {
		t.Errorf("%.3f of the syllables are right; want 0.85", share)
	}
}

func FuzzRestore(f *testing.F) {
	for _, s := range []string{"thu cung cua toi", "Đà Nẵng", "\xff\xfe", "a\u0301", "NHA", "ǅ x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := lexicon.Restore(s, nil)
		if text.Fold(got) != text.Fold(s) {
			t.Errorf("Restore(%q) = %q: other letters", s, got)
		}
	})
}

func FuzzConcepts(f *testing.F) {
	f.Add("phở bò my dog's \xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range lexicon.Concepts(s) {
			if !strings.HasPrefix(c, "~") || strings.ContainsAny(c, " \n") {
				t.Errorf("Concepts(%q) holds %q", s, c)
			}
		}
	})
}

func BenchmarkRestore(b *testing.B) {
	question := "hom nao dua lon di kiem tra thi luc va khi nao toi phai di xem lai bao tu"
	lexicon.Restore(question, nil)
	for b.Loop() {
		lexicon.Restore(question, nil)
	}
}

func BenchmarkConcepts(b *testing.B) {
	lexicon.Concepts("")
	for b.Loop() {
		lexicon.Concepts("Which medicine does my younger daughter take for her allergy in the morning?")
	}
}

func TestConceptAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		want  string
		n     int
	}{
		{"nhóm máu của tôi", "~blood_type", 2},
		{"blood types of mine", "~blood_type", 2},
		{"của tôi", "", 0},
		{"", "", 0},
	} {
		if name, n := lexicon.ConceptAt(strings.Fields(c.words)); name != c.want || n != c.n {
			t.Errorf("ConceptAt(%q) = %q, %d; want %q, %d", c.words, name, n, c.want, c.n)
		}
	}
}

func TestWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{"ngày": true, "blood": true, "with": true, "nogày": false, "blodo": false, "": false} {
		if got := lexicon.Word(word); got != want {
			t.Errorf("Word(%q) = %v", word, got)
		}
	}
}
