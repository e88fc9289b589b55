package search

import (
	"regexp"
	"strings"

	"github.com/pikamem/pika/lexicon"
)

// Bounds of what a question is split into.
const (
	maxParts      = 3 // more are left together in the last
	shortestPart  = 3 // words; less is no question of its own: "tea and coffee"
	maxSplitBytes = 512
)

// seams are where one question may end and the next begin.
var seams = regexp.MustCompile(`(?i)\s*[?;]\s*(?:(?:và|còn|and|also)\s+)?|,?\s+(?:và|and|còn|as well as|cũng như)\s+|,\s+`)

// Split returns the questions that are asked at once: "Thú cưng mà tôi thích và gia đình
// của tôi" asks two. A question that asks one thing gives none, and so does one that is
// too long to be a question. What cannot be told apart by its words stays together.
func Split(question, language string) []string {
	if len(question) > maxSplitBytes {
		return nil
	}
	var parts []string
	carried := ""
	for _, piece := range seams.Split(strings.TrimRight(question, "?!. "), -1) {
		piece = strings.TrimSpace(carried + " " + piece)
		carried = ""
		switch {
		case piece == "":
		case asksSomething(piece, language) && len(parts) < maxParts:
			parts = append(parts, piece)
		case len(parts) > 0:
			parts[len(parts)-1] += " " + piece
		default:
			carried = piece
		}
	}
	if carried != "" || len(parts) < 2 {
		return nil
	}
	return parts
}

// asksSomething reports whether a piece is long enough, and says what it is about.
func asksSomething(piece, language string) bool {
	words := strings.Fields(strings.ToLower(piece))
	for _, w := range words {
		if !lexicon.FunctionWord(strings.Trim(w, `.,:!?"'()`), language) {
			return len(words) >= shortestPart
		}
	}
	return false
}
