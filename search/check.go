package search

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// Check returns nil for a query within the limits of the contract, else an Invalid
// error that names every field at fault in the caller's words.
func Check(q pika.Query) error {
	var c checker
	c.text(q.Text)
	c.must(q.Limit >= 1 && q.Limit <= pika.MaxSearchLimit, "limit", "must be 1–%d", pika.MaxSearchLimit)
	c.must(q.Messages >= 0 && q.Messages <= pika.MaxSearchMessages, "messages", "must be 0–%d", pika.MaxSearchMessages)
	modes := []pika.Mode{pika.ModeHybrid, pika.ModeVector, pika.ModeKeyword}
	c.must(slices.Contains(modes, q.Mode), "mode", "must be hybrid, vector or keyword")
	c.must(isShare(q.MinScore), "min_score", "must be 0–1")
	c.must(slices.Contains([]pika.Rerank{"", pika.RerankNone, pika.RerankLLM}, q.Rerank), "rerank", "must be none or llm")
	c.must(q.Related >= 0 && q.Related <= pika.MaxRelated, "related", "must be 0–%d", pika.MaxRelated)
	shortest, longest := pika.MinDeadlineMS*time.Millisecond, pika.MaxDeadlineMS*time.Millisecond
	c.must(q.Deadline >= shortest && q.Deadline <= longest, "deadline_ms", "must be %d–%d", pika.MinDeadlineMS, pika.MaxDeadlineMS)
	c.filters(q.Filters)
	return c.err()
}

type checker struct{ fields []pika.FieldError }

func (c *checker) must(ok bool, field, format string, args ...any) {
	if !ok {
		c.fields = append(c.fields, pika.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) text(query string) {
	switch {
	case len(query) > pika.MaxQueryBytes:
		c.must(false, "query", "must be 1–%d bytes", pika.MaxQueryBytes)
	case !utf8.ValidString(query):
		c.must(false, "query", "must be valid UTF-8")
	default:
		c.must(text.Normalize(query) != "", "query", "must not be empty or only white space")
	}
}

func (c *checker) filters(f pika.Filters) {
	c.labels("filters.categories", f.Categories, pika.MaxLabelBytes)
	c.labels("filters.predicates", f.Predicates, pika.MaxLabelBytes)
	c.labels("filters.entities", f.Entities, pika.MaxNameBytes)
	c.labels("filters.languages", f.Languages, pika.MaxLabelBytes)
	c.must(len(f.ConversationID) <= pika.MaxIDBytes && utf8.ValidString(f.ConversationID),
		"filters.conversation_id", "must be at most %d bytes of UTF-8", pika.MaxIDBytes)
	c.must(isShare(f.MinConfidence), "filters.min_confidence", "must be 0–1")
	c.metadata(f.Metadata)
	if f.RecordedAfter != nil && f.RecordedBefore != nil {
		c.must(f.RecordedAfter.Before(*f.RecordedBefore), "filters.recorded_after", "must be before filters.recorded_before")
	}
}

func (c *checker) labels(field string, values []string, limit int) {
	for i, v := range values {
		c.must(v != "" && len(v) <= limit && utf8.ValidString(v),
			fmt.Sprintf("%s[%d]", field, i), "must be 1–%d bytes of UTF-8", limit)
	}
}

// metadata refuses values that are not strings, numbers or booleans: comparing them
// with == could panic.
func (c *checker) metadata(m pika.Metadata) {
	for _, v := range m {
		switch v.(type) {
		case string, float64, bool:
		default:
			c.must(false, "filters.metadata", "must hold only strings, numbers and booleans")
			return
		}
	}
	encoded, err := json.Marshal(m)
	c.must(err == nil && len(encoded) <= pika.MaxMetadataBytes, "filters.metadata", "must be at most %d bytes of JSON", pika.MaxMetadataBytes)
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	first := c.fields[0]
	e := pika.Errorf(pika.Invalid, "%s: %s", first.Field, first.Message)
	e.Fields = c.fields
	return e
}

func isShare(x float64) bool { return !math.IsNaN(x) && x >= 0 && x <= 1 }
