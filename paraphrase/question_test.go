package paraphrase

import "testing"

func TestShared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"what is the cat called", "what is the cat called", 1},
		{"what is the cat called", "what is the cat not called", 5.0 / 6},
		{"mèo của tôi tên gì", "meo cua toi ten gi", 1},
		{"what is the cat called", "who drinks tea", 0},
		{"", "who drinks tea", 0},
	} {
		if got := Read(c.a, "").Shared(Read(c.b, "")); got != c.want {
			t.Errorf("%q and %q share %v; want %v", c.a, c.b, got, c.want)
		}
	}
}
