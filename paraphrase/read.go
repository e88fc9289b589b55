package paraphrase

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

//go:embed words.txt
var wordsFile string

// entry is what a phrase means to a guard; an empty value: nothing.
type entry struct {
	guard Guard // noise, same or a Guard
	value string
}

const (
	noise   Guard = "noise"   // chatter: only runs before and after the question are left out
	ignored Guard = "ignored" // says nothing anywhere
	same    Guard = "same"    // words that say the same
	past    Guard = "past"    // the past of a verb
	short   Guard = "short"   // how a word is shortened
)

// table is the phrases by their words.
type table struct {
	chatter map[string]string // single words, and their kind
	short   map[string]string // words by how they are shortened
	entries map[string]entry
	longest map[string]int  // words of the longest phrase that begins with a word
	known   map[string]bool // every word of it
}

var phrases = sync.OnceValue(func() *table {
	t, err := readTable(wordsFile)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return t
})

// readTable reads lines "guard value : phrase, phrase". The first line that has a phrase
// counts.
func readTable(file string) (*table, error) {
	t := &table{chatter: map[string]string{}, short: map[string]string{}, entries: map[string]entry{}, longest: map[string]int{}, known: map[string]bool{}}
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, list, ok := strings.Cut(line, " : ")
		guard, value, two := strings.Cut(strings.TrimSpace(head), " ")
		if !ok || !two {
			return nil, fmt.Errorf("paraphrase: no guard, value and phrases: %q", line)
		}
		if value == "-" {
			value = ""
		}
		for phrase := range strings.SplitSeq(list, ",") {
			t.add(split(strings.ToLower(phrase)), entry{Guard(guard), value})
		}
	}
	return t, nil
}

func (t *table) add(words []string, e entry) {
	if len(words) == 0 {
		return
	}
	phrase := strings.Join(words, " ")
	if e.guard == short {
		t.short[phrase] = e.value
		return
	}
	if e.guard == noise {
		if t.chatter[phrase] != tell {
			t.chatter[phrase] = cmp.Or(e.value, filler)
		}
		t.known[phrase] = true
		return
	}
	if _, taken := t.entries[phrase]; !taken {
		t.entries[phrase] = e
	}
	t.longest[words[0]] = max(t.longest[words[0]], len(words))
	for _, w := range words {
		t.known[w] = true
	}
}

// match returns the longest phrase that words begin with, and its length.
func (t *table) match(words []word) (entry, int) {
	for n := min(t.longest[words[0].text], len(words)); n > 0; n-- {
		key := words[0].text
		for _, w := range words[1:n] {
			key += " " + w.text
		}
		if e, ok := t.entries[key]; ok {
			return e, n
		}
	}
	if e, ok := t.entries[singular(words[0].text)]; ok && e.guard == Owner {
		return e, 1
	}
	return entry{}, 0
}

// singular is an English noun without the endings of its possessive and its plural.
func singular(w string) string { return strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "s") }

// reading is what the guards read in a question.
type reading struct {
	values   map[Guard][]string
	persons  []string // who stands in it, and the words of direction, in their order
	sequence []string // what says something, in its order
	taken    int      // words of the last concept
	asks     bool     // it has a word of questions
	literal  []string // the words that say something, as they stand
}

// speakers are the words for who asks.
var speakers = map[string]string{"i": "i", "me": "me", "tôi": "i", "mình": "i", "tớ": "i", "tui": "i", "em": "i", "anh": "i", "chị": "i", "cháu": "i", "con": "i"}

// ownSpeakers are those that mean who asks and nothing else: beside one of them the others are
// somebody of the family.
var ownSpeakers = []string{"i", "me", "my", "tôi", "mình", "tớ", "tui"}

// read asks every guard. names are words that are names.
func read(words []word, names map[string]bool) *reading {
	r := &reading{values: map[Guard][]string{}}
	table := phrases()
	own := slices.ContainsFunc(words, func(w word) bool { return slices.Contains(ownSpeakers, w.text) })
	owned := false // the word before is whose something is
	for i := 0; i < len(words); {
		w := words[i].text
		e, n := table.match(words[i:])
		bare := name(w)
		if n == 0 && strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "eed") && len(w) > len("red") {
			r.values[Tense] = append(r.values[Tense], "past")
		}
		switch {
		case names[bare] && n <= 1:
			r.take(Entity, bare, w)
			r.persons = append(r.persons, bare)
			i++
		case n <= 1 && r.concept(words[i:], n) > 0:
			i += r.taken
		case n <= 1 && own && speakers[w] != "" && !slices.Contains(ownSpeakers, w):
			r.phrase(entry{Owner, w}, words[i:i+1])
			i, owned = i+1, true
			continue
		case n == 0 || (n == 1 && speakers[w] != ""):
			r.other(w, owned)
			i++
		default:
			r.phrase(e, words[i:i+n])
			i += n
		}
		owned = n > 0 && e.guard == Owner
	}
	return r
}

// phrase takes what a phrase of the table says.
func (r *reading) phrase(e entry, words []word) {
	literal := make([]string, len(words))
	for i, w := range words {
		literal[i] = w.text
	}
	switch {
	case e.value == "":
		r.asks = r.asks || e.guard == Asked
		return
	case e.guard == past:
		r.values[Tense] = append(r.values[Tense], "past")
		r.other(e.value, false)
		return
	case e.guard == same:
		r.take(Content, e.value, strings.Join(literal, " "))
		return
	case e.guard == Direction || e.guard == Owner || (e.guard == Asked && (e.value == "who" || e.value == "whose")):
		r.persons = append(r.persons, e.value)
	}
	r.asks = r.asks || e.guard == Asked
	if e.guard != Direction {
		r.take(e.guard, e.value, strings.Join(literal, " "))
	}
}

// concept takes an entry of the lexicon that words begin with, if it is longer than the
// phrase of a guard there, and returns how many of them it is.
func (r *reading) concept(words []word, phrase int) int {
	texts := make([]string, 0, len(words))
	for _, w := range words {
		texts = append(texts, name(w.text))
	}
	concept, n := lexicon.ConceptAt(texts)
	if n <= phrase { // a guard reads it
		return 0
	}
	r.take(Content, concept, strings.Join(texts[:n], " "))
	r.taken = n
	return n
}

// other takes a word that the table does not have, or that stands for a speaker.
func (r *reading) other(w string, afterOwner bool) {
	switch speaker := speakers[w]; {
	case speaker != "":
		if !afterOwner {
			r.persons = append(r.persons, speaker)
		}
	case unicode.IsDigit([]rune(w)[0]):
		r.take(Number, strings.TrimLeft(w, "0"), w)
	case strings.HasSuffix(w, "n't"):
		r.take(Negation, "not", w)
	case lexicon.FunctionWord(w, "en") || lexicon.FunctionWord(w, "vi"):
	default:
		r.take(Content, text.Stem(name(w)), w)
	}
}

func (r *reading) take(g Guard, value, literal string) {
	r.values[g] = append(r.values[g], value)
	r.literal = append(r.literal, literal)
	if slices.Contains(ordered, g) {
		r.sequence = append(r.sequence, value)
	}
}

// ordered are the guards whose words may not change places with each other.
var ordered = []Guard{Content, Antonym, Entity, Owner}

func isDirection(person string) bool { return slices.Contains([]string{"from", "to", "for"}, person) }

// direction is who stands in what order, where there is something that one may do to
// another.
func (r *reading) direction() []string {
	if len(r.values[Content])+len(r.values[Antonym])+len(r.values[Scope]) == 0 && !slices.ContainsFunc(r.persons, isDirection) {
		return nil
	}
	distinct := slices.Clone(r.persons)
	slices.Sort(distinct)
	if len(slices.Compact(distinct)) < 2 {
		return nil
	}
	return r.persons
}
