package lexicon_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika/lexicon"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]lexicon.Cleaned{
		"":                    {},
		" … ":                 {},
		"Hello!":              {Noise: []string{"hello"}},
		"Xin chào bạn 😊":      {Noise: []string{"😊", "xin", "chào", "bạn"}},
		"😊":                   {Words: []string{"😊"}},
		"Thanks!":             {Words: []string{"<name>"}, Names: []string{"Thanks"}},
		"Hi, I live in Hanoi": {Words: []string{"i", "live", "in", "<name>"}, Names: []string{"Hanoi"}, Noise: []string{"hi"}},
		"Tôi 30 tuổi, sống ở Huế ạ. Cảm ơn bạn!": {
			Words: []string{"tôi", "<number>", "tuổi", "sống", "ở", "<name>"}, Names: []string{"Huế"}, Numbers: []string{"30"}, Breaks: []int{3},
			Noise: []string{"cảm", "ơn", "bạn", "ạ"},
		},
		"I don’t pay 3.5% - ever": {
			Words: []string{"i", "don't", "pay", "<number>", "%", "ever"}, Numbers: []string{"3.5"}, Breaks: []int{5},
		},
		"hello tôi tên Nam":       {Words: []string{"tôi", "tên", "<name>"}, Names: []string{"Nam"}, Noise: []string{"hello"}},
		"chào bạn tôi là Nam":     {Words: []string{"chào", "bạn", "tôi", "là", "<name>"}, Names: []string{"Nam"}},
		"Hello, my song is hello": {Words: []string{"<name>", "my", "song", "is", "hello"}, Names: []string{"Hello"}, Breaks: []int{1}},
		"please call me Nam":      {Words: []string{"call", "me", "<name>"}, Names: []string{"Nam"}, Noise: []string{"please"}},
		"I like 👍🏽\xff":           {Words: []string{"i", "like", "👍", "\ufffd"}},
	} {
		got := lexicon.Clean(s)
		got.Text = "" // TestCleanText
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Clean(%q) (-want +got):\n%s", s, diff)
		}
	}
}

func TestCleanText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Hi, I live  in Hanoi; I work at FPT 😊! Thanks.": "I live in Hanoi, I work at FPT",
		"Hi!": "", "Cho tôi biết? Cảm ơn": "Cho tôi biết ?", "$5 - ok\nTôi ăn chay ạ": "$ 5, ok. Tôi ăn chay",
	} {
		if got := lexicon.Clean(s).Text; got != want {
			t.Errorf("Clean(%q).Text = %q; want %q", s, got, want)
		}
	}
}

func TestBlank(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "Hi": true, "Chào buổi sáng 👋": true, "Hi. Hello!": true,
		"Thanks": false, "Dạ": false, "Um": false, "Oh, hi": false, "🙏": false, "?": false, "Hello?": false, "Bye": false, "Hi, thanks": false,
	} {
		if got := lexicon.Clean(s).Blank(); got != want {
			t.Errorf("Clean(%q).Blank() = %v", s, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Hi, I live in Hanoi 😊 thanks!", "a\u0301 -5% \xff\xfe", ":) =) ^^ ok", "Dạ, 3.5.", "hello i'm"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := lexicon.Clean(s)
		names, numbers := 0, 0
		for _, w := range c.Words {
			if w == "<name>" {
				names++
			}
			if w == "<number>" {
				numbers++
			}
		}
		if names < len(c.Names) || numbers < len(c.Numbers) {
			t.Errorf("Clean(%q) = %+v: a name or number has no place", s, c)
		}
		for _, n := range c.Noise {
			if n != strings.ToLower(n) {
				t.Errorf("Clean(%q) left out %q, not in lower case", s, n)
			}
		}
	})
}
