package lexicon

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed noise.txt
var noiseFile string

// noiseWords are the phrases of noise.txt by their kind.
type noiseWords map[string]map[string]bool

var noise = sync.OnceValue(func() noiseWords { return readNoise(noiseFile) })

// readNoise reads lines of the form "greeting: hello, xin chào"; a line that begins with
// "#" is for people.
func readNoise(file string) noiseWords {
	w := noiseWords{}
	for line := range strings.Lines(file) {
		kind, phrases, found := strings.Cut(line, ": ")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		separator := ","
		if kind == "decoration" {
			separator = " "
		}
		for phrase := range strings.SplitSeq(phrases, separator) {
			w.add(kind, strings.TrimSpace(phrase))
		}
	}
	return w
}

func (w noiseWords) add(kind, phrase string) {
	if w[kind] == nil {
		w[kind] = map[string]bool{}
	}
	w[kind][phrase] = true
}

// has reports whether the words together are a phrase of a kind.
func (w noiseWords) has(kind string, tokens []token) bool {
	if len(tokens) == 0 {
		return false
	}
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = strings.ToLower(t.text)
	}
	return w[kind][strings.Join(words, " ")]
}

// any reports whether one of the words is of a kind.
func (w noiseWords) any(kind string, tokens []token) bool {
	for _, t := range tokens {
		if w[kind][strings.ToLower(t.text)] {
			return true
		}
	}
	return false
}
