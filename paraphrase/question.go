package paraphrase

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
	"golang.org/x/text/unicode/norm"
)

// Question is a question that was read.
type Question struct {
	language string
	words    []word
	bare     bool // it has no diacritics
	long     bool // it has more words than are compared
}

// word is a word of a question.
type word struct {
	text    string // in small letters, Vietnamese with the diacritics that it most likely has
	typed   string // as it stood, in small letters
	folded  string // the same without diacritics
	filler  bool   // it only holds the sentence together
	capital bool   // it begins with a capital letter, and not the sentence
}

// maxWords bounds what is compared; a longer question asks the same as none.
const maxWords = 64

// yesOrNo ends a question whether something is so: it denies nothing.
var yesOrNo = regexp.MustCompile(`(?i)[\s,]+(?:hay\s+)?(?:không|khong|ko|chưa|chua)(?:[\s,]+(?:nhỉ|nhi|vậy|vay|ạ|thế|hả|ta|đấy|nè))*[\s?.!]*$`)

// Read reads a question. restored is the same in which Vietnamese without diacritics has
// got those it most likely has; empty: everyday language decides.
func Read(question, restored string) *Question {
	question = text.Normalize(question)
	q := &Question{language: text.Language(question)}
	if restored == "" || restored == question {
		restored = question
		if q.language == "vi" && !text.HasDiacritics(question) {
			restored = lexicon.Restore(question, nil)
		}
	}
	typed, likely := split(yesOrNo.ReplaceAllString(question, "")), split(yesOrNo.ReplaceAllString(restored, ""))
	if len(typed) != len(likely) {
		likely = typed
	}
	from, to := withoutChatter(likely, endsOf(question, len(likely)))
	typed, likely = typed[from:to], likely[from:to]
	q.long, q.bare = len(typed) > maxWords, !text.HasDiacritics(question)
	if q.long {
		return q
	}
	shouted := strings.ToUpper(question) == question
	for i := range typed {
		q.words = append(q.words, word{
			text: strings.ToLower(likely[i]), typed: strings.ToLower(typed[i]), folded: text.Fold(typed[i]),
			filler:  lexicon.FunctionWord(strings.ToLower(typed[i]), q.language),
			capital: (i > 0 || !lexicon.Word(strings.ToLower(typed[i]))) && !shouted && unicode.IsUpper([]rune(typed[i])[0]) && !phrases().known[strings.ToLower(typed[i])],
		})
	}
	return q
}

// Shared is the part of the words of two questions that stands in both (Jaccard's index): how
// much they look alike, which says nothing of what they ask.
func (q *Question) Shared(o *Question) float64 {
	mine, all := map[string]bool{}, map[string]bool{}
	for _, w := range q.words {
		mine[w.folded], all[w.folded] = true, true
	}
	shared := map[string]bool{}
	for _, w := range o.words {
		if all[w.folded] = true; mine[w.folded] {
			shared[w.folded] = true
		}
	}
	return float64(len(shared)) / float64(max(len(all), 1))
}

// contractions writes out what English draws together.
var contractions = strings.NewReplacer("can't", "can not", "Can't", "can not", "won't", "will not", "n't", " not", "hat's", "hat is", "ho's", "ho is", "here's", "here is",
	"hen's", "hen is", "How's", "how is", "how's", "how is", "'re ", " are ", "'ve ", " have ", "'ll ", " will ", "I'm ", "I am ", "i'm ", "i am ", "I'd ", "I would ", "i'd ", "i would ")

// withoutChatter leaves out the chatter before and after a question: clauses of nothing
// else, and what asks to be told, to the last word of it. ends says after which words a
// clause ends.
func withoutChatter(words []string, ends []bool) (from, to int) {
	chatter, run := phrases().chatter, 0
	for run < len(words) && chatter[strings.ToLower(words[run])] != "" {
		run++
	}
	for i := range run {
		if chatter[strings.ToLower(words[i])] == tell {
			from = i + 1
			for from < run && !ends[from-1] && chatter[strings.ToLower(words[from])] == after {
				from++
			}
		}
		if ends[i] {
			from = max(from, i+1)
		}
	}
	to = len(words)
	for i := len(words) - 1; i > from && chatter[strings.ToLower(words[i])] != ""; i-- {
		if ends[i-1] || chatter[strings.ToLower(words[i])] == tell {
			to = i
		}
	}
	if from >= to {
		return 0, len(words)
	}
	return from, to
}

// The kinds of chatter.
const (
	tell   = "tell"  // asks to be told
	after  = "after" // may follow that
	filler = "-"
)

// endsOf returns after which words of a text a clause ends.
func endsOf(s string, words int) []bool {
	ends := make([]bool, words+1)
	at, inside := -1, false
	for _, r := range contractions.Replace(s) {
		switch {
		case isPart(r):
			if !inside {
				at++
			}
			inside = true
		default:
			inside = false
			if at >= 0 && at < words && strings.ContainsRune(",.!?;:–—…", r) {
				ends[at] = true
			}
		}
	}
	return ends
}

func isPart(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune("'-%+#", r)
}

// split cuts words, with the apostrophes and hyphens inside them.
func split(s string) []string {
	s = contractions.Replace(strings.NewReplacer("’", "'", "‘", "'").Replace(norm.NFC.String(s)))
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !isPart(r)
	})
	kept := words[:0]
	for _, w := range words {
		trimmed := strings.Trim(w, "'-")
		if trimmed != "" && strings.HasPrefix(w, "-") && unicode.IsDigit([]rune(trimmed)[0]) {
			trimmed = "-" + trimmed // below zero
		}
		if trimmed != "" {
			kept = append(kept, trimmed)
		}
	}
	return kept
}

// namesOf returns the words that either question writes as names.
func namesOf(a, b *Question) map[string]bool {
	names := map[string]bool{}
	for _, q := range []*Question{a, b} {
		for _, w := range q.words {
			if w.capital {
				names[name(w.text)] = true
			}
		}
	}
	return names
}

// name is a name without the ending of its possessive.
func name(w string) string { return strings.TrimSuffix(w, "'s") }
