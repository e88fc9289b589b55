package search

import (
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// FactFilter returns the rule by which a live fact may be part of the answer to q,
// asked at now. An index only proposes; this decides, on what the truth says.
//
// With AsOf a fact must hold then. Without, a fact is left out once its interval ended
// because another superseded it, unless IncludeSuperseded. A fact whose own stated time
// is over stays: nothing contradicts it.
func FactFilter(scope pika.Scope, q pika.Query, now time.Time) func(*pika.Fact) bool {
	f := q.Filters
	names := entityNames(f.Entities)
	return func(fact *pika.Fact) bool {
		return isCurrent(fact, q, now) &&
			oneOf(f.Categories, fact.Category) &&
			oneOf(f.Predicates, fact.Predicate) &&
			oneOf(f.Languages, fact.Language) &&
			(len(names) == 0 || touches(scope, fact, names)) &&
			(f.ConversationID == "" || isFrom(fact, f.ConversationID)) &&
			fact.Metadata.Contains(f.Metadata) &&
			(f.RecordedAfter == nil || fact.RecordedAt.After(*f.RecordedAfter)) &&
			(f.RecordedBefore == nil || fact.RecordedAt.Before(*f.RecordedBefore)) &&
			fact.Confidence >= f.MinConfidence
	}
}

// MessageFilter returns the rule for messages: of the filters the conversation, the
// metadata and the times speak of them, where the time of a message is when it was
// said; as_of leaves out what was said later. The other filters speak of facts only.
func MessageFilter(q pika.Query) func(*pika.StoredMessage) bool {
	f := q.Filters
	return func(m *pika.StoredMessage) bool {
		return (f.ConversationID == "" || m.ConversationID == f.ConversationID) && m.Metadata.Contains(f.Metadata) &&
			(q.AsOf == nil || !m.At.After(*q.AsOf)) &&
			(f.RecordedAfter == nil || m.At.After(*f.RecordedAfter)) && (f.RecordedBefore == nil || m.At.Before(*f.RecordedBefore))
	}
}

func isCurrent(fact *pika.Fact, q pika.Query, now time.Time) bool {
	if q.AsOf != nil {
		return fact.MayHold(*q.AsOf)
	}
	return q.IncludeSuperseded || fact.SupersededBy == "" || (fact.ValidTo != nil && now.Before(*fact.ValidTo))
}

func oneOf(allowed []string, value string) bool {
	return len(allowed) == 0 || slices.Contains(allowed, value)
}

// entityNames returns ids as they are and names folded, in one set: no name folds to
// an id unless it is written as one.
func entityNames(entities []string) map[string]bool {
	names := map[string]bool{}
	for _, e := range entities {
		names[e] = true
		names[text.Fold(e)] = true
	}
	return names
}

// touches reports whether the fact's subject or one of its entities is named.
func touches(scope pika.Scope, fact *pika.Fact, names map[string]bool) bool {
	subject := text.Fold(fact.Subject)
	if names[subject] || names[pika.EntityID(scope, subject)] {
		return true
	}
	return slices.ContainsFunc(fact.Entities, func(e pika.Entity) bool {
		return names[e.ID] || names[text.Fold(e.Name)]
	})
}

func isFrom(fact *pika.Fact, conversation string) bool {
	return slices.ContainsFunc(fact.Sources, func(s pika.Source) bool { return s.ConversationID == conversation })
}
