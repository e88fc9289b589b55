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
	Vector  []byte        `json:"vector,omitempty"` // the trace's
	Edition int64         `json:"edition"`          // tells the answers to a question apart that the third tier is to have
	Base    int64         `json:"base"`             // the version of its edition
	Ahead   bool          `json:"ahead,omitempty"`  // it was made before anybody asked, and nobody got it yet

	Class pika.AnswerClass `json:"class,omitempty"` // what Until follows from; empty: from nothing
}

// encodeAnswer leaves the answer as it is: others may be giving it.
func encodeAnswer(a *keptAnswer) ([]byte, error) {
	encoded := *a
	encoded.Vector = encodeVector(a.Trace.Vector)
	return json.Marshal(&encoded)
}

var errDamaged = errors.New("what is kept is no answer")

func decodeAnswer(b []byte) (*keptAnswer, error) {
	a := &keptAnswer{}
	if err := json.Unmarshal(b, a); err != nil || a.Trace == nil || a.Version < 0 {
		return nil, errDamaged
	}
	if len(a.Vector) > 0 {
		v, ok := decodeVector(a.Vector, len(a.Vector)/4)
		if !ok {
			return nil, errDamaged
		}
		a.Trace.Vector = v
	}
	return a, nil
}

// given is the answer as a caller gets it.
func (a *keptAnswer) given(tier pika.Tier, now time.Time) pika.Answer {
	given := a.Answer
	given.Tier, given.AgeMS = tier, max(now.Sub(a.MadeAt).Milliseconds(), 0)
	return given
}

// answerKey names the answer to a question: equal only if the scope, the model and
// everything that the answer follows from are equal. The deadline does not belong to it:
// an answer that lacks something is never kept. A question that names times which move
// with the present ("last year") is another one each day. Empty: the question has no key.
func answerKey(scope pika.Scope, model pika.EmbeddingModel, q pika.Query, now time.Time) string {
	day := ""
	if search.RelativeTimes(q, now) {
		day = now.UTC().Format(time.DateOnly)
	}
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
