package postgres

import (
	"cmp"
	"testing"
	"unicode/utf8"
)

// FuzzEscape checks that every string comes back, is text that PostgreSQL takes, and,
// if it was valid, keeps its order.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "Đà Nẵng", "a\x00b", "\x01", "\x01\x01", "\x01\x03ff", "\xff\xfe", "\x00\xc3", "a\x02", "😀\x00"} {
		f.Add(s, "a\x01")
		f.Add(s, s+"\x00")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []string{a, b} {
			e := escape(s)
			if unescape(e) != s {
				t.Errorf("%q comes back as %q", s, unescape(e))
			}
			if !utf8.ValidString(e) {
				t.Errorf("%q is escaped as %q, which is not UTF-8", s, e)
			}
			for i := range len(e) {
				if e[i] == 0 {
					t.Errorf("%q is escaped as %q, which holds U+0000", s, e)
				}
			}
		}
		if utf8.ValidString(a) && utf8.ValidString(b) && cmp.Compare(a, b) != cmp.Compare(escape(a), escape(b)) {
			t.Errorf("%q and %q stand in another order when escaped", a, b)
		}
	})
}
