package search

import (
	"strings"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Plan is what a search makes of a question before it reads anything.
type Plan struct {
	Text              string // the question in normal form
	Language          string // BCP 47 tag, or text.Undetermined
	MissingDiacritics bool   // Vietnamese typed without its diacritics
	Rare              bool   // it names an id, a code, a number or a quotation
	Weights           Weights
}

// Weights say how much each leg's calibrated score counts; 0 leaves the leg out. The
// unit of the vector leg is one standard deviation of the cosines it returned, that of
// the keyword leg one nat of BM25 (see Fuse).
type Weights struct {
	Vector  float64
	Keyword float64
}

// Weights of the keyword leg against a vector leg of weight 1.
//
// They were set on the bilingual set in testdata (40 facts, 80 questions) and one
// LoCoMo conversation (conv-30), and hold on the two others; bench/recall prints the
// table. What the numbers follow from:
//   - A BM25 score is a sum of Robertson–Spärck Jones weights, that is, log-odds. On
//     English conversations 0.2–0.5 of it per standard deviation of cosine are within
//     a point of recall of each other; 0.3 is the middle. Rank fusion with equal
//     weights loses to all of them.
//   - A Vietnamese word with diacritics gives two terms, the exact and the folded one,
//     so a match counts twice: half the weight. Paraphrases lose quickly beyond it.
//   - Without diacritics the vectors find one Vietnamese fact in three, the folded
//     terms nearly all: the keyword leg leads.
//   - A question in plain ASCII letters whose language is not known may be either.
//   - Ids and codes are matched by letters, not by meaning.
const (
	keywordWeight                  = 0.30
	keywordWeightVietnamese        = 0.15
	keywordWeightMissingDiacritics = 2.00
	keywordWeightUndetermined      = 0.50
	keywordWeightRare              = 0.20 // added
)

// NewPlan reads the question. It is pure and takes microseconds.
func NewPlan(q pika.Query) Plan {
	p := Plan{Text: text.Normalize(q.Text), Language: text.Language(q.Text)}
	p.MissingDiacritics = p.Language == "vi" && !text.HasDiacritics(p.Text)
	p.Rare = namesRare(p.Text)
	p.Weights = Weights{Vector: 1, Keyword: p.keywordWeight()}
	switch q.Mode {
	case pika.ModeVector:
		p.Weights.Keyword = 0
	case pika.ModeKeyword:
		p.Weights.Vector = 0
	}
	return p
}

func (p Plan) keywordWeight() float64 {
	w := keywordWeight
	switch {
	case p.MissingDiacritics:
		w = keywordWeightMissingDiacritics
	case p.Language == "vi":
		w = keywordWeightVietnamese
	case p.Language != "en" && isASCII(p.Text):
		w = keywordWeightUndetermined
	}
	if p.Rare {
		w += keywordWeightRare
	}
	return w
}

// namesRare reports whether the question holds something only its letters identify: a
// quotation, a token with digits (years and small numbers are too common), or a word
// in capitals in a question that has small letters too.
func namesRare(question string) bool {
	if strings.Count(question, `"`) >= 2 || strings.ContainsAny(question, "“”«»") {
		return true
	}
	mixed := strings.ContainsFunc(question, unicode.IsLower)
	for _, word := range strings.FieldsFunc(question, isSeparator) {
		if isCode(word) || (mixed && isAcronym(word)) {
			return true
		}
	}
	return false
}

func isSeparator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}

func isCode(word string) bool {
	if !strings.ContainsFunc(word, unicode.IsDigit) {
		return false
	}
	if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) {
		return true
	}
	year := len(word) == 4 && (strings.HasPrefix(word, "19") || strings.HasPrefix(word, "20"))
	return len(word) > 2 && !year
}

func isAcronym(word string) bool {
	letters := 0
	for _, r := range word {
		if !unicode.IsUpper(r) {
			return false
		}
		letters++
	}
	return letters >= 2
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
