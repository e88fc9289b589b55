package lexicon

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/pikamem/pika/text"
	"golang.org/x/text/unicode/norm"
)

// conceptMark begins the name of a concept: no word of a text does.
const conceptMark = "~"

//go:embed words.txt
var wordsFile string

// phrases say which concepts a phrase names, by the form it is compared in.
type phrases struct {
	english, exact, folded form
}

// form is one way to compare phrases: as keys with single spaces.
type form struct {
	names  map[string][]string // concepts by phrase
	starts map[string]int      // words of the longest phrase that begins with a word
}

func newForm() form { return form{names: map[string][]string{}, starts: map[string]int{}} }

func (f form) add(words []string, name string) {
	phrase := strings.Join(words, " ")
	if phrase == "" || slices.Contains(f.names[phrase], name) {
		return
	}
	f.names[phrase] = append(f.names[phrase], name)
	f.starts[words[0]] = max(f.starts[words[0]], len(words))
}

// longest returns what the longest phrase that words begin with names, and its length.
func (f form) longest(words []string) (names []string, n int) {
	for n := min(f.starts[words[0]], len(words)); n > 0; n-- {
		if found := f.names[strings.Join(words[:n], " ")]; found != nil {
			return found, n
		}
	}
	return nil, 0
}

var concepts = sync.OnceValue(func() *phrases { return readConcepts(wordsFile) })

// readConcepts reads lines of the form "dog, puppy | chó, cún": words of English and of
// Vietnamese for one concept, which is named by the first of them.
func readConcepts(file string) *phrases {
	p := &phrases{english: newForm(), exact: newForm(), folded: newForm()}
	for line := range strings.Lines(file) {
		english, vietnamese, _ := strings.Cut(line, "|")
		name := ""
		for entry := range strings.SplitSeq(english, ",") {
			words := split(entry)
			if name == "" {
				name = conceptMark + strings.Join(words, "_")
			}
			p.english.add(each(words, stem), name)
		}
		for entry := range strings.SplitSeq(vietnamese, ",") {
			words := split(entry)
			p.exact.add(words, name)
			p.folded.add(each(words, text.Fold), name)
		}
	}
	return p
}

func each(words []string, f func(string) string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = f(w)
	}
	return out
}

// Concepts returns the concepts that a text names, in Vietnamese or English, sorted and
// each once: "my puppy" and "con cún của tôi" give the same. Of overlapping entries the
// longest counts, so "phở bò" is a dish and no cow. Vietnamese without diacritics is
// read by its folded form, where one spelling may name several concepts.
//
// A concept's name begins with "~", which no term of package text does.
func Concepts(s string) []string {
	words := split(s)
	if len(words) == 0 {
		return nil
	}
	p := concepts()
	var forms []reading
	switch language := text.Language(s); {
	case language == "vi" && !text.HasDiacritics(s):
		forms = []reading{{p.exact, words}, {p.folded, words}}
	case language == "vi", text.HasDiacritics(s):
		forms = []reading{{p.exact, words}, {p.english, each(words, stem)}}
	default:
		forms = []reading{{p.english, each(words, stem)}}
	}
	return read(forms, len(words))
}

// reading is a text in one of the forms.
type reading struct {
	form
	words []string
}

// read walks over the words of a text; at each, the longest phrase of any form counts,
// of equally long ones that of the earlier form.
func read(forms []reading, words int) []string {
	var names []string
	for at := 0; at < words; {
		var best []string
		length := 0
		for _, f := range forms {
			if found, n := f.longest(f.words[at:]); n > length {
				best, length = found, n
			}
		}
		names = append(names, best...)
		at += max(length, 1)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// stem is the form in which English words are compared. Words with diacritics are none.
func stem(word string) string { return text.Stem(strings.TrimSuffix(word, "'s")) }

// split returns the words of a text in lower case.
func split(s string) []string {
	return strings.FieldsFunc(strings.ToLower(norm.NFC.String(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '\''
	})
}

// ConceptAt returns the concept of the longest entry that lower-case words begin with, and
// how many of the words it is. It is empty where no entry begins, or where the words name
// several concepts. Vietnamese words need their diacritics.
func ConceptAt(words []string) (name string, n int) {
	if len(words) == 0 {
		return "", 0
	}
	p := concepts()
	found, n := p.exact.longest(words)
	if stems, m := p.english.longest(each(words[:min(len(words), longestEntry)], stem)); m > n {
		found, n = stems, m
	}
	if len(found) != 1 {
		return "", 0
	}
	return found[0], n
}

// longestEntry bounds, in words, the entries that ConceptAt looks for.
const longestEntry = 5

// Word reports whether a lower-case word is known: it stands, with the diacritics it has,
// in the lists of this package.
func Word(word string) bool {
	return everyday().singles[word] > 0 || FunctionWord(word, "en") || entryWords()[word]
}

var entryWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range split(strings.NewReplacer(",", " ", "|", " ").Replace(wordsFile)) {
		words[w] = true
	}
	return words
})
