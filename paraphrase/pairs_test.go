package paraphrase

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pair is a line of the sets in bench/cache/testdata.
type pair struct {
	Class, Kind string
	A, B        string
}

func pairsOf(t *testing.T, name string) (pairs []pair) {
	t.Helper()
	for _, language := range []string{"vi", "en"} {
		file, err := os.ReadFile(filepath.Join("../bench/cache/testdata/pairs", name+"."+language+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(file)) {
			var p pair
			if err := json.Unmarshal([]byte(line), &p); err != nil {
				t.Fatal(err)
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

func (p pair) compare(without Guard) Verdict {
	return compare(Read(p.A, ""), Read(p.B, ""), without)
}

// No pair of questions that only look alike is taken for the same.
func TestNearMisses(t *testing.T) {
	t.Parallel()
	for _, p := range pairsOf(t, "near_miss") {
		if v := p.compare(""); v.Same {
			t.Errorf("%s: %q and %q are taken for the same (%s)", p.Class, p.A, p.B, v.Kind)
		}
	}
}

// Questions that were taken for the same once.
func TestToldApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("từ ", 70)
	for _, p := range []pair{
		{A: "Tôi làm nghề gì?", B: "Em tôi làm nghề gì?"},
		{A: "Sinh nhật của tôi", B: "Sinh nhật của con tôi"},
		{A: "Tôi cho ai vay tiền?", B: "Ai cho tôi vay tiền?"},
		{A: "Is Ann before Bob?", B: "Is Bob before Ann?"},
		{A: "Who is Tom's boss?", B: "Tom is whose boss?"},
		{A: "Tôi sinh ngày nào?", B: "Tôi sinh năm nào?"},
		{A: "What is Jonn's address?", B: "What is Johnn's address?"},
		{A: "Số của Hoà", B: "Số của Hoa là số điện thoại gì"},
		{A: "Tôi hẹn ngày 1.5 với ai", B: "Tôi hẹn ngày 15 với ai"},
		{A: "nhiệt độ -5 ở đâu", B: "nhiệt độ 5 ở đâu"},
		{A: "When did I learn C++?", B: "When did I learn C#?"},
		{A: "bà tôi tên là gì", B: "ba tôi tên là gì"},
		{A: long + "tôi thích Hùng", B: long + "tôi ghét Hùng"},
		{A: "Where do I live?", B: "What do I do for a living?"},
		{A: "What do I do for a living?", B: "What do I live for?"},
		{A: "What do I do for a living?", B: "How do I live?"},
		{A: "where do you live", B: "How do I live?"},
		{A: "Tôi sống ở đâu?", B: "Tôi sống như thế nào?"},
		{A: "What may I eat?", B: "What must I eat?"},
		{A: "Tôi có thể ăn gì?", B: "Tôi phải ăn gì?"},
		{A: "What did I cook?", B: "When did I cook?"},
		{A: "Tôi nấu gì?", B: "Tôi nấu lúc nào?"},
		{A: "😀", B: "'"},
		{A: "gì?", B: "?"},
	} {
		if v := p.compare(""); v.Same {
			t.Errorf("%q and %q are taken for the same (%s)", p.A, p.B, v.Kind)
		}
	}
}

// Most pairs that ask the same are found.
func TestSame(t *testing.T) {
	t.Parallel()
	found, all := map[string]int{}, map[string]int{}
	total := 0
	pairs := pairsOf(t, "same")
	for _, p := range pairs {
		v := p.compare("")
		all[p.Kind]++
		if v.Same {
			found[p.Kind]++
			total++
		} else {
			t.Logf("%s: %s: %q and %q", p.Kind, v.Refused, p.A, p.B)
		}
	}
	t.Logf("%d of %d; %v of %v", total, len(pairs), found, all)
	if 10*total < 6*len(pairs) {
		t.Errorf("%d of %d pairs are found; want 60 %%", total, len(pairs))
	}
}

// Each guard is needed: without it a pair of its class passes.
func TestEveryGuardIsNeeded(t *testing.T) {
	t.Parallel()
	pairs := append(pairsOf(t, "near_miss"), pair{A: "When did I marry?", B: "Where did I marry?"}, pair{A: "Ai nấu phở?", B: "Khi nào nấu phở?"})
	for _, g := range Guards() {
		passes := 0
		for _, p := range pairs {
			if p.compare(g).Same {
				passes++
			}
		}
		t.Logf("without %s %d pass", g, passes)
		if passes == 0 {
			t.Errorf("without the guard %s nothing passes: it is not needed", g)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		Read("cho mình hỏi thú cưng của tôi tên gì vậy nhỉ?", "")
	}
}

// BenchmarkCompare compares a question with one that asks something else, and with the same.
func BenchmarkCompare(b *testing.B) {
	for name, other := range map[string]string{"other": "Sinh nhật của vợ tôi ngày nào?", "same": "thu cung cua toi ten gi"} {
		b.Run(name, func(b *testing.B) {
			kept, asked := Read("Thú cưng của tôi tên gì?", ""), Read(other, "")
			for b.Loop() {
				Compare(kept, asked)
			}
		})
	}
}
