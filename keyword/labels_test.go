package keyword_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

func TestCountFact(t *testing.T) {
	t.Parallel()
	text := "Linh có mèo"
	plain := keyword.Count(text)
	for name, c := range map[string]struct {
		fact   pika.Fact
		labels []string
	}{
		"none":     {pika.Fact{}, nil},
		"defaults": {pika.Fact{Predicate: pika.DefaultPredicate, Category: "Other", Entities: []pika.Entity{{Type: "other"}, {}}}, nil},
		"all": {pika.Fact{Predicate: "has_pet", Category: "pets", Entities: []pika.Entity{{Type: "person"}, {Type: "animal"}, {Type: "Person"}}},
			[]string{"#category:pets", "#predicate:has_pet", "#type:animal", "#type:person"}},
		"folded": {pika.Fact{Predicate: "Thích  Ăn", Category: "Đồ ăn\tvặt"}, []string{"#category:do_an_vat", "#predicate:thich_an"}},
	} {
		c.fact.Text = text
		var want []keyword.TermCount
		for _, l := range c.labels {
			want = append(want, keyword.TermCount{Term: l, Count: 1})
		}
		got := keyword.CountFact(&c.fact)
		if diff := cmp.Diff(append(want, plain.Terms...), got.Terms); diff != "" {
			t.Errorf("%s: terms (-want +got):\n%s", name, diff)
		}
		if got.Length != plain.Length {
			t.Errorf("%s: length = %d; want %d", name, got.Length, plain.Length)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	if got := keyword.Label(keyword.LabelType, " "); got != "" {
		t.Errorf("the label of no name = %q", got)
	}
	long := keyword.Label(keyword.LabelCategory, strings.Repeat("ﷺ", 20))
	if len(long) > pika.MaxTermBytes || !utf8.ValidString(long) || !strings.HasPrefix(long, "#category:") {
		t.Errorf("a long label = %q", long)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if l := keyword.Label("x", "a"+string(r)+"b"); strings.ContainsFunc(l, unicode.IsSpace) || !utf8.ValidString(l) {
			t.Errorf("U+%04X: label %q", r, l)
		}
	}
}

// FuzzLabels checks that no text gives a term that is a label.
func FuzzLabels(f *testing.F) {
	f.Add("#predicate:likes ＃type:x ﹟category:pets")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range keyword.Count(s).Terms {
			if strings.HasPrefix(c.Term, "#") {
				t.Errorf("%q gives the term %q", s, c.Term)
			}
		}
	})
}
