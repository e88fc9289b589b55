package search

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// exactMark begins the term of a word with its diacritics (see text.Terms).
const exactMark = "="

// Bounds of what counts as a slip of the fingers.
const (
	shortestTypo = 4 // letters of a word that may hold one slip
	longerTypo   = 8 // … and two
	mostNear     = 4 // words of the vocabulary taken for one
)

// Vocabulary is what a search knows of the words in one user's memory. A nil one knows
// nothing. It is never changed.
type Vocabulary struct {
	terms     map[string]int                // in how many texts of the first list: the facts
	facts     int64                         // how many there are
	length    int64                         // how many words they have
	spellings map[string][]lexicon.Spelling // by folded word
	words     map[int][]string              // folded words without digits, by their number of letters
	size      int                           // in bytes, roughly
}

// NewVocabulary puts the terms of several corpora together.
func NewVocabulary(lists ...[]pika.TermDocuments) *Vocabulary {
	v := &Vocabulary{terms: map[string]int{}, spellings: map[string][]lexicon.Spelling{}, words: map[int][]string{}}
	for i, list := range lists {
		for _, t := range list {
			v.add(t)
			if i == 0 {
				v.terms[t.Term] += t.Documents
			}
		}
	}
	return v
}

const bytesPerTerm = 96 // of the maps, beside the term itself

func (v *Vocabulary) add(t pika.TermDocuments) {
	_, known := v.terms[t.Term]
	if !known {
		v.terms[t.Term] = 0
		v.size += bytesPerTerm + len(t.Term)
	}
	if word, ok := strings.CutPrefix(t.Term, exactMark); ok {
		folded := text.Fold(word)
		at := slices.IndexFunc(v.spellings[folded], func(s lexicon.Spelling) bool { return s.Word == word })
		if at < 0 {
			v.spellings[folded] = append(v.spellings[folded], lexicon.Spelling{Word: word, Texts: t.Documents})
			return
		}
		v.spellings[folded][at].Texts += t.Documents
		return
	}
	if n := utf8.RuneCountInString(t.Term); !known && n >= shortestTypo-1 && isWord(t.Term) {
		v.words[n] = append(v.words[n], t.Term)
	}
}

// isWord leaves out what is no word of a text, and codes, where every sign counts.
func isWord(term string) bool { return !strings.ContainsAny(term, "~#=0123456789") }

// Holds reports whether a term stands in the user's texts.
func (v *Vocabulary) Holds(term string) bool {
	if v == nil {
		return false
	}
	_, ok := v.terms[term]
	return ok
}

// rarity is the inverse document frequency of a term that stands in n of all documents, as
// BM25 has it.
func rarity(n, all float64) float64 { return math.Log(1 + (max(all-n, 0)+0.5)/(n+0.5)) }

// Spellings returns how the user's texts write a word that folds to these letters.
func (v *Vocabulary) Spellings(folded string) []lexicon.Spelling {
	if v == nil {
		return nil
	}
	return v.spellings[folded]
}

// Near returns words of the user's texts that a word which is not among them may be a
// slip for: with one letter left out, added, changed or two neighbours swapped
// (Damerau, CACM 7(3), 1964), in words of 8 letters or more two such. Fewest slips
// first.
func (v *Vocabulary) Near(word string) []string {
	letters := []rune(word)
	if v == nil || len(letters) < shortestTypo || !isWord(word) {
		return nil
	}
	most := mostSlips(letters)
	var near [3][]string
	for n := len(letters) - most; n <= len(letters)+most; n++ {
		for _, candidate := range v.words[n] {
			if d := text.Slips(letters, []rune(candidate), most); d <= most {
				near[d] = append(near[d], candidate)
			}
		}
	}
	for _, words := range near {
		if len(words) > 0 {
			slices.Sort(words)
			return words[:min(len(words), mostNear)]
		}
	}
	return nil
}

func mostSlips(word []rune) int {
	if len(word) >= longerTypo {
		return 2
	}
	return 1
}
