package truth

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// encodedQuery is a question as every store keeps it: what is asked, and not how long it
// may take, what caches may answer and whether the answer explains itself.
type encodedQuery struct {
	Text              string        `json:"text"`
	Limit             int           `json:"limit"`
	Messages          int           `json:"messages,omitempty"`
	Mode              pika.Mode     `json:"mode"`
	AsOf              *time.Time    `json:"as_of,omitempty"`
	IncludeSuperseded bool          `json:"include_superseded,omitempty"`
	Categories        []string      `json:"categories,omitempty"`
	Predicates        []string      `json:"predicates,omitempty"`
	Entities          []string      `json:"entities,omitempty"`
	Languages         []string      `json:"languages,omitempty"`
	Conversation      string        `json:"conversation_id,omitempty"`
	Metadata          pika.Metadata `json:"metadata,omitempty"`
	RecordedAfter     *time.Time    `json:"recorded_after,omitempty"`
	RecordedBefore    *time.Time    `json:"recorded_before,omitempty"`
	MinConfidence     float64       `json:"min_confidence,omitempty"`
	MinScore          float64       `json:"min_score,omitempty"`
	Rerank            pika.Rerank   `json:"rerank,omitempty"`
	Related           int           `json:"related,omitempty"`
}

// EncodeQuery returns a question as JSON that is equal for all who ask the same, and an id
// derived from it. Text is in its normal form, and lists are sorted.
func EncodeQuery(q pika.Query) (encoded, id string, err error) {
	f := q.Filters
	b, err := json.Marshal(encodedQuery{
		Text: text.Normalize(q.Text), Limit: q.Limit, Messages: q.Messages, Mode: q.Mode, AsOf: inUTC(q.AsOf), IncludeSuperseded: q.IncludeSuperseded,
		Categories: sorted(f.Categories), Predicates: sorted(f.Predicates), Entities: sorted(f.Entities), Languages: sorted(f.Languages),
		Conversation: f.ConversationID, Metadata: f.Metadata, RecordedAfter: inUTC(f.RecordedAfter), RecordedBefore: inUTC(f.RecordedBefore),
		MinConfidence: f.MinConfidence, MinScore: q.MinScore, Rerank: q.Rerank, Related: q.Related,
	})
	if err != nil {
		return "", "", pika.Wrap(pika.Invalid, err, "the query cannot be written as JSON")
	}
	return string(b), pika.DeriveID("query", string(b)), nil
}

// DecodeQuery reads what EncodeQuery wrote.
func DecodeQuery(encoded string) (pika.Query, error) {
	e, err := DecodeJSON[encodedQuery](encoded)
	return pika.Query{
		Text: e.Text, Limit: e.Limit, Messages: e.Messages, Mode: e.Mode, AsOf: e.AsOf, IncludeSuperseded: e.IncludeSuperseded,
		Filters: pika.Filters{
			Categories: e.Categories, Predicates: e.Predicates, Entities: e.Entities, Languages: e.Languages, ConversationID: e.Conversation,
			Metadata: e.Metadata, RecordedAfter: e.RecordedAfter, RecordedBefore: e.RecordedBefore, MinConfidence: e.MinConfidence,
		},
		MinScore: e.MinScore, Rerank: e.Rerank, Related: e.Related,
	}, err
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

func sorted(members []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(members)))
}
