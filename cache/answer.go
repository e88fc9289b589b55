package cache

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/text"
)

// keptAnswer is an answer as it is kept, with what tells whether it still holds.
type keptAnswer struct {
	Version int64         `json:"version"` // of the user's memory that it was made from, or found to hold for
	MadeAt  time.Time     `json:"made_at"`
	Soft    time.Time     `json:"soft"`  // it is to be made anew from then on (early.go)
	Until   time.Time     `json:"until"` // it may not be given from then on
	Took    time.Duration `json:"took"`  // of the search that made it, in nanoseconds
	Answer  pika.Answer   `json:"answer"`
	Trace   *search.Trace `json:"trace"`
	Vectors [][]byte      `json:"vectors,omitempty"` // the trace's: of the question, then of its parts
	Edition int64         `json:"edition"`           // tells the answers to a question apart that the third tier is to have
	Base    int64         `json:"base"`              // the version of its edition
	Ahead   bool          `json:"ahead,omitempty"`   // it was made before anybody asked, and nobody got it yet

	Class pika.AnswerClass `json:"class,omitempty"` // what Until follows from; empty: from nothing
}

// encodeAnswer leaves the answer as it is: others may be giving it.
func encodeAnswer(a *keptAnswer) ([]byte, error) {
	encoded := *a
	encoded.Vectors = [][]byte{encodeVector(a.Trace.Vector)}
	for i := range a.Trace.Parts {
		encoded.Vectors = append(encoded.Vectors, encodeVector(a.Trace.Parts[i].Vector))
	}
	return json.Marshal(&encoded)
}

var errDamaged = errors.New("what is kept is no answer")

func decodeAnswer(b []byte) (*keptAnswer, error) {
	a := &keptAnswer{}
	if err := json.Unmarshal(b, a); err != nil || a.Trace == nil || a.Version < 0 {
		return nil, errDamaged
	}
	if len(a.Vectors) != 1+len(a.Trace.Parts) || !a.Trace.Sound() {
		return nil, errDamaged
	}
	for i, encoded := range a.Vectors {
		if len(encoded) == 0 {
			continue
		}
		v, ok := decodeVector(encoded, len(encoded)/4)
		switch {
		case !ok:
			return nil, errDamaged
		case i == 0:
			a.Trace.Vector = v
		default:
			a.Trace.Parts[i-1].Vector = v
		}
	}
	return a, nil
}

// answersOthers reports whether other questions may be answered from what was ranked.
func (a *keptAnswer) answersOthers() bool { return !a.Trace.Open }

// given is the answer as a caller gets it.
func (a *keptAnswer) given(tier pika.Tier, now time.Time) pika.Answer {
	given := a.Answer
	given.Tier, given.AgeMS = tier, max(now.Sub(a.MadeAt).Milliseconds(), 0)
	return given
}

// answerKey names the answer to a question: equal only if the scope, the model and
// everything that the answer follows from are equal. The deadline does not belong to it:
// an answer that lacks something is never kept. A question that names times which move
// with the present ("last year") is another one each day (dayOf). Empty: the question has no key.
func answerKey(scope pika.Scope, model pika.EmbeddingModel, q pika.Query, day string) string {
	f := q.Filters
	metadata, err := json.Marshal(f.Metadata) // sorts its keys
	if err != nil {
		return ""
	}
	return answerPrefix + "{" + scope.ID() + "}:" + digest(
		model.ID, strconv.Itoa(model.Dimensions), text.Normalize(q.Text), day, strconv.Itoa(q.Limit), strconv.Itoa(q.Messages),
		string(q.Mode), timeOf(q.AsOf), strconv.FormatBool(q.IncludeSuperseded), number(q.MinScore), string(q.Rerank),
		strconv.Itoa(q.Related), strconv.FormatBool(q.Explain),
		listOf(f.Categories), listOf(f.Predicates), listOf(f.Entities), listOf(f.Languages), f.ConversationID, string(metadata),
		timeOf(f.RecordedAfter), timeOf(f.RecordedBefore), number(f.MinConfidence))
}

// dayOf returns the day that a question follows from, empty: from none.
func dayOf(q pika.Query, now time.Time) string {
	if search.RelativeTimes(q, now) {
		return now.UTC().Format(time.DateOnly)
	}
	return ""
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func timeOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// listOf is equal for lists with the same members.
func listOf(members []string) string {
	sorted := slices.Sorted(slices.Values(members))
	for i, m := range sorted {
		sorted[i] = strconv.Quote(m)
	}
	return strings.Join(slices.Compact(sorted), ",")
}
