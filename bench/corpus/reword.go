package corpus

import (
	"strings"
	"unicode"

	"github.com/pikamem/pika/text"
)

// Words that people put around a question without asking for anything else.
var (
	vietnameseAsides = [][2]string{{"cho mình hỏi ", ""}, {"nhắc lại giúp mình ", ""}, {"", " vậy"}, {"", " nhỉ"}, {"à mà ", " ạ"}}
	englishAsides    = [][2]string{{"please tell me ", ""}, {"remind me ", ""}, {"can you say ", " again"}, {"hey, ", ""}, {"", " please"}}
)

// Reword says a question as somebody may who asks it again: with words of politeness around
// it (half of the time), without its diacritics, with a slip of the fingers, or without
// capitals and signs. random returns a number below its argument.
func Reword(random func(int) int, question string) string {
	switch random(8) {
	case 0, 1:
		if bare := text.Fold(question); text.Language(question) == "vi" && bare != question {
			return bare
		}
	case 2:
		if slip := misspelt(question); slip != question {
			return slip
		}
	case 3:
		return strings.ToLower(strings.TrimRight(question, "?.! "))
	}
	asides := englishAsides
	if text.Language(question) == "vi" {
		asides = vietnameseAsides
	}
	a := asides[random(len(asides))]
	return a[0] + strings.TrimRight(question, "?. ") + a[1] + "?"
}

// misspelt swaps two letters in the longest word.
func misspelt(question string) string {
	longest := ""
	for word := range strings.FieldsFuncSeq(question, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(word) > len(longest) {
			longest = word
		}
	}
	letters := []rune(longest)
	if len(letters) < 5 {
		return question
	}
	letters[2], letters[3] = letters[3], letters[2]
	return strings.Replace(question, longest, string(letters), 1)
}
