package gateway

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

// maxFilterValues bounds each list of a search's filters.
const maxFilterValues = 100

// rule is what a schema says of one member beyond its Go type. low and high bound
// bytes, items or the value, whichever the member has.
type rule struct {
	schema, member string
	low, high      float64
	above          bool // low itself is excluded
	format         string
	enum           []any
}

// rules bind the limits of package pika to the members of requests.
var rules = []rule{
	{schema: "ExtractRequest", member: "user_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "ExtractRequest", member: "conversation_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "ExtractRequest", member: "conversation", low: 1, high: pika.MaxConversationLen},
	{schema: "ExtractRequest", member: "context", high: pika.MaxContextLen},
	{schema: "ExtractRequest", member: "priority", enum: names(pika.PriorityHigh, pika.PriorityNormal, pika.PriorityLow)},
	{schema: "ExtractRequest", member: "callback_url", high: 2048, format: formatLine},
	{schema: "Message", member: "id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "Message", member: "role", enum: names(pika.Roles()...)},
	{schema: "Message", member: "name", high: pika.MaxNameBytes, format: formatLine},
	{schema: "Message", member: "content", low: 1, high: pika.MaxMessageBytes, format: formatBlock},
	{schema: "BatchRequest", member: "conversations", low: 1, high: pika.MaxBatchLen},

	{schema: "FactsRequest", member: "user_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "FactsRequest", member: "facts", low: 1, high: pika.MaxFactsPerCommit},
	{schema: "GivenFact", member: "text", low: 1, high: pika.MaxFactBytes, format: formatBlock},
	{schema: "GivenFact", member: "subject", low: 1, high: pika.MaxObjectBytes, format: formatLine},
	{schema: "GivenFact", member: "predicate", low: 1, high: pika.MaxLabelBytes, format: formatLabel},
	{schema: "GivenFact", member: "object", high: pika.MaxObjectBytes, format: formatLine},
	{schema: "GivenFact", member: "category", low: 1, high: pika.MaxLabelBytes, format: formatLabel},
	{schema: "GivenFact", member: "entities", high: pika.MaxEntities},
	{schema: "GivenFact", member: "sources", high: pika.MaxSources},
	{schema: "GivenFact", member: "confidence", high: 1, above: true},
	{schema: "GivenFact", member: "language", low: 2, high: pika.MaxLabelBytes, format: formatLanguage},
	{schema: "GivenEntity", member: "name", low: 1, high: pika.MaxNameBytes, format: formatLine},
	{schema: "GivenEntity", member: "type", low: 1, high: pika.MaxLabelBytes, format: formatLine},
	{schema: "Source", member: "conversation_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "Source", member: "message_id", low: 1, high: pika.MaxIDBytes, format: formatID},

	{schema: "KeyRequest", member: "name", low: 1, high: pika.MaxNameBytes, format: formatLine},
	{schema: "KeyRequest", member: "role", enum: names(pika.KeyRoles()...)},

	{schema: "Invalidation", member: "user_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "Warming", member: "user_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "SearchRequest", member: "user_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "SearchRequest", member: "query", low: 1, high: pika.MaxQueryBytes, format: formatBlock},
	{schema: "SearchRequest", member: "limit", low: 1, high: pika.MaxSearchLimit},
	{schema: "SearchRequest", member: "mode", enum: names(pika.ModeHybrid, pika.ModeVector, pika.ModeKeyword)},
	{schema: "SearchRequest", member: "rerank", enum: names(pika.RerankNone, pika.RerankLLM)},
	{schema: "SearchRequest", member: "related", high: pika.MaxRelated},
	{schema: "SearchRequest", member: "messages", high: pika.MaxSearchMessages},
	{schema: "SearchRequest", member: "min_score", high: 1},
	{schema: "SearchRequest", member: "deadline_ms", low: pika.MinDeadlineMS, high: pika.MaxDeadlineMS},
	{schema: "SearchRequest", member: "cache", enum: names(pika.CacheDefault, pika.CacheRefresh, pika.CacheOff)},
	{schema: "SearchFilters", member: "categories", high: maxFilterValues},
	{schema: "SearchFilters", member: "categories[]", low: 1, high: pika.MaxLabelBytes, format: formatLine},
	{schema: "SearchFilters", member: "predicates", high: maxFilterValues},
	{schema: "SearchFilters", member: "predicates[]", low: 1, high: pika.MaxLabelBytes, format: formatLine},
	{schema: "SearchFilters", member: "entities", high: maxFilterValues},
	{schema: "SearchFilters", member: "entities[]", low: 1, high: pika.MaxNameBytes, format: formatLine},
	{schema: "SearchFilters", member: "languages", high: maxFilterValues},
	{schema: "SearchFilters", member: "languages[]", low: 2, high: pika.MaxLabelBytes, format: formatLanguage},
	{schema: "SearchFilters", member: "conversation_id", low: 1, high: pika.MaxIDBytes, format: formatID},
	{schema: "SearchFilters", member: "min_confidence", high: 1},
}

func names[T ~string](values ...T) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// apply writes the rule into a schema.
func (r rule) apply(s *huma.Schema) {
	s.Enum, s.Format = r.enum, r.format
	low, high := int(r.low), int(r.high)
	switch {
	case len(r.enum) > 0:
	case s.Type == huma.TypeArray:
		s.MinItems, s.MaxItems = &low, &high
	case s.Type == huma.TypeString:
		s.MinLength, s.MaxLength = &low, &high
		s.Description = withLimit(s.Description, fmt.Sprintf("%d–%d bytes of UTF-8", low, high))
	case r.above:
		s.ExclusiveMinimum, s.Maximum = &r.low, &r.high
	default:
		s.Minimum, s.Maximum = &r.low, &r.high
	}
}

func withLimit(description, limit string) string {
	if description == "" {
		return limit
	}
	return description + "; " + limit
}
