package lexicon

import (
	_ "embed"
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/pikamem/pika/text"
)

//go:embed sentences.txt
var sentencesFile string

// Spelling is one way to write a syllable that folds to the same letters, and in how
// many of a user's texts it stands.
type Spelling struct {
	Word  string // in lower case, with its diacritics
	Texts int
}

// Weights of the language model, set on Vietnamese sentences outside sentences.txt.
const (
	pairShare   = 0.7  // of the probability that comes from the word before
	userWeight  = 0.5  // how often a text of the user counts against a sentence of the file
	phraseCount = 0.5  // how often a pair within an entry of words.txt counts
	unseen      = 0.01 // how often a word counts that was never seen
)

// Restore writes diacritics onto Vietnamese that was typed without them: "thu cung cua
// toi" becomes "thú cưng của tôi". known returns the spellings of a folded syllable in
// the user's own texts, which are added to those of everyday Vietnamese; nil: none.
// Words that carry diacritics, and words nobody knows, stay as they are.
//
// It is the most probable sequence under a bigram model with linear interpolation
// (Jelinek and Mercer, 1980), found with Viterbi's algorithm. It is a guess: search with
// the original too.
func Restore(s string, known func(folded string) []Spelling) string {
	m := everyday()
	pieces := cut(s)
	var path [][]step
	previous := []step{{word: "", score: 0}}
	for _, p := range pieces {
		if !p.word {
			continue
		}
		column := m.column(previous, m.spellings(p.text, known))
		path = append(path, column)
		previous = column
	}
	return join(pieces, trace(path))
}

// step is one spelling at one place of the sequence.
type step struct {
	word  string
	count float64
	score float64 // log probability of the best way here
	from  int     // index of the step before
}

func (m *model) column(previous, candidates []step) []step {
	for i := range candidates {
		c := &candidates[i]
		c.score = math.Inf(-1)
		single := c.count / m.total
		for j, p := range previous {
			pair := 0.0
			if p.count > 0 {
				pair = m.pairs[p.word+" "+c.word] / p.count
			}
			if score := p.score + math.Log(pairShare*min(pair, 1)+(1-pairShare)*single); score > c.score {
				c.score, c.from = score, j
			}
		}
	}
	return candidates
}

// spellings returns the candidates for a word, in a fixed order.
func (m *model) spellings(word string, known func(string) []Spelling) []step {
	lower := strings.ToLower(word)
	if text.HasDiacritics(lower) || len(lower) > maxSyllable {
		return []step{{word: lower, count: unseen}}
	}
	var steps []step
	at := map[string]int{}
	count := func(spelling string, n float64) {
		i, seen := at[spelling]
		if !seen {
			i = len(steps)
			at[spelling] = i
			steps = append(steps, step{word: spelling})
		}
		steps[i].count += n
	}
	for _, spelling := range m.byFolded[lower] {
		count(spelling, m.singles[spelling])
	}
	if known != nil {
		for _, k := range known(lower) {
			count(k.Word, userWeight*float64(k.Texts))
		}
	}
	if len(steps) == 0 {
		count(lower, unseen)
	}
	return steps
}

// maxSyllable is the length in bytes of "nghiêng" without its diacritics.
const maxSyllable = 7

// trace returns the words of the best path.
func trace(path [][]step) []string {
	if len(path) == 0 {
		return nil
	}
	best := 0
	last := path[len(path)-1]
	for i := range last {
		if last[i].score > last[best].score {
			best = i
		}
	}
	words := make([]string, len(path))
	for i := len(path) - 1; i >= 0; i-- {
		words[i] = path[i][best].word
		best = path[i][best].from
	}
	return words
}

// piece is a word of a text or what stands between two.
type piece struct {
	text string
	word bool
}

func cut(s string) []piece {
	var pieces []piece
	for s != "" {
		end, word := len(s), false
		for i, r := range s {
			is := unicode.IsLetter(r) || unicode.IsMark(r)
			if i == 0 {
				word = is
			} else if is != word {
				end = i
				break
			}
		}
		pieces = append(pieces, piece{s[:end], word})
		s = s[end:]
	}
	return pieces
}

// join puts the words in the places of the pieces that are words, with their capitals.
func join(pieces []piece, words []string) string {
	var b strings.Builder
	for _, p := range pieces {
		if !p.word {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(likeCase(words[0], p.text))
		words = words[1:]
	}
	return b.String()
}

// likeCase gives a lower-case word the capitals of another.
func likeCase(word, model string) string {
	first, size := utf8.DecodeRuneInString(model)
	switch {
	case !unicode.IsUpper(first):
		return word
	case len(model) > size && model == strings.ToUpper(model):
		return strings.ToUpper(word)
	}
	r, n := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[n:]
}

// model counts words and pairs of words in everyday Vietnamese.
type model struct {
	singles, pairs map[string]float64
	byFolded       map[string][]string
	total          float64
}

var everyday = sync.OnceValue(func() *model {
	m := &model{singles: map[string]float64{}, pairs: map[string]float64{}, byFolded: map[string][]string{}}
	for line := range strings.Lines(sentencesFile) {
		m.count(split(line), 1)
	}
	for line := range strings.Lines(wordsFile) {
		_, vietnamese, _ := strings.Cut(line, "|")
		for entry := range strings.SplitSeq(vietnamese, ",") {
			m.count(split(entry), phraseCount)
		}
	}
	return m
})

func (m *model) count(words []string, n float64) {
	for i, w := range words {
		if m.singles[w] == 0 {
			folded := text.Fold(w)
			m.byFolded[folded] = append(m.byFolded[folded], w)
		}
		m.singles[w] += n
		m.total += n
		if i > 0 {
			m.pairs[words[i-1]+" "+w] += n
		}
	}
}
