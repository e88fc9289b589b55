package search

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// Plan is what a search makes of a question before it reads anything but the words of
// the user's memory.
type Plan struct {
	Text              string   // the question in normal form, with diacritics restored
	Parts             []string // the questions it asks at once; none if it asks one
	Language          string   // BCP 47 tag, or text.Undetermined
	MissingDiacritics bool     // Vietnamese typed without its diacritics
	Rare              bool     // it names an id, a code, a number or a quotation
	Negative          bool     // it asks for what is not so
	Past              bool     // it asks for what was so, without naming a time
	Periods           []Period // the times it names
	Weights           Weights
}

// Weights say how much each leg's calibrated score counts; 0 leaves the leg out. The
// unit of the vector leg is one standard deviation of the cosines it returned, that of
// the keyword leg one nat of BM25 (see Fuse), that of the graph leg a fact that touches
// an entity of the question.
type Weights struct {
	Vector  float64
	Keyword float64
	Concept float64 // of a concept's BM25 score; part of the keyword leg
	Graph   float64
}

// Weights against a vector leg of weight 1.
//
// They were set on the tuning half of the bilingual corpus in testdata and on one LoCoMo
// conversation (conv-30); bench/recall prints the tables. What the numbers follow from:
//   - A BM25 score is a sum of Robertson–Spärck Jones weights, that is, log-odds. On
//     English conversations 0.2–0.5 of it per standard deviation of cosine are within
//     a point of recall of each other; 0.3 is the middle. Rank fusion with equal
//     weights loses to all of them.
//   - Vietnamese syllables are shared by many words, so a match says less, and
//     paraphrases lose quickly beyond half of that.
//   - Ids and codes are matched by letters, not by meaning.
//   - A concept matches in either language, where words cannot.
const (
	keywordWeight           = 0.35
	keywordWeightVietnamese = 0.15
	keywordWeightRare       = 0.20 // added
	conceptWeight           = 0.15
	graphWeight             = 0.30
)

// NewPlan reads the question, in microseconds. Vietnamese without diacritics gets those
// that everyday language and the user's vocabulary make most likely; only then is words
// called. It may return nil, and may be nil itself: then everyday language decides.
func NewPlan(q pika.Query, words func() *Vocabulary, now time.Time) Plan {
	p := Plan{Text: text.Normalize(q.Text), Language: text.Language(q.Text)}
	p.MissingDiacritics = lacksDiacritics(p.Text, p.Language)
	p.Rare = namesRare(p.Text)
	if p.MissingDiacritics {
		var v *Vocabulary
		if words != nil {
			v = words()
		}
		p.Text = lexicon.Restore(p.Text, v.Spellings)
	}
	p.Parts = Split(p.Text, p.Language)
	p.Negative, p.Past = isNegative(p.Text), past.MatchString(p.Text)
	p.Periods = Periods(p.Text, now)
	p.Weights = Weights{Vector: 1, Keyword: p.keywordWeight(), Concept: conceptWeight, Graph: graphWeight}
	switch q.Mode {
	case pika.ModeVector:
		p.Weights = Weights{Vector: 1}
	case pika.ModeKeyword: // nothing else is weighed against it
		p.Weights = Weights{Keyword: 1, Concept: p.Weights.Concept / p.Weights.Keyword}
	}
	return p
}

// lacksDiacritics reports whether a text is Vietnamese typed without its diacritics.
func lacksDiacritics(s, language string) bool { return language == "vi" && !text.HasDiacritics(s) }

func (p *Plan) keywordWeight() float64 {
	w := keywordWeight
	if p.Language == "vi" {
		w = keywordWeightVietnamese
	}
	if p.Rare {
		w += keywordWeightRare
	}
	return w
}

// questions returns every text that is searched for: the whole, then its parts.
func (p *Plan) questions() []string { return append([]string{p.Text}, p.Parts...) }

// negations are words of questions for what is not so. A question that only ends in
// "không" asks whether something is so.
var negations = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:not|n't|never|no longer|without|avoid\w*|cannot|không|chưa|đừng|kiêng|cấm|chẳng)(?:[^\pL]+\pL|$)|n't\b`)

// past are words of questions for what was so before now.
var past = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:used to|did|was|were|had|before|previous\w*|former\w*|earlier|originally|ever|từng|trước đây|trước kia|hồi trước|ngày xưa|ngày trước|hồi đó|lúc đó|đã từng)(?:[^\pL]|$)`)

var yesOrNo = regexp.MustCompile(`(?i)(?:không|chưa)[\s?.!]*$`)

func isNegative(question string) bool {
	return negations.MatchString(yesOrNo.ReplaceAllString(question, ""))
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
