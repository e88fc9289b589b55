package pika

import "time"

// Entity is a person, place, animal or thing that a fact names.
type Entity struct {
	ID   string `json:"id,omitempty"` // EntityID; empty in a Candidate
	Name string `json:"name"`
	Type string `json:"type"` // person, animal, place, organisation, product, event, …; "other" when unknown
}

// EntityID returns the id of an entity of the scope. key is the entity's name in
// its folded form (package text), so that "Mướp" and "mướp" are one entity.
func EntityID(scope Scope, key string) string { return DeriveID("entity", scope.ID(), key) }

// Source points at the message that proves a fact.
type Source struct {
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
}

// Candidate is one item of an extractor's answer, not yet a fact: the object of
// section 5 of the contract.
type Candidate struct {
	Text       string     `json:"text"`
	Subject    string     `json:"subject"`
	Predicate  string     `json:"predicate"`
	Object     string     `json:"object"`
	Category   string     `json:"category"`
	Entities   []Entity   `json:"entities"`
	Sources    []int      `json:"sources"` // indexes of messages in the conversation
	ValidFrom  *time.Time `json:"valid_from"`
	ValidTo    *time.Time `json:"valid_to"`
	Negated    bool       `json:"negated"`
	Confidence float64    `json:"confidence"` // 0–1
	Language   string     `json:"language"`   // BCP 47 primary tag: vi, en, …; "und" when unknown
}

// Fact is one durable statement about a user's world.
//
// Its interval is [EffectiveAt, ValidTo): when it was true in the world. RecordedAt
// is when Pika learned it. A contradiction ends the interval and names the successor
// in SupersededBy; it never removes the fact.
type Fact struct {
	ID           string
	UserID       string
	Text         string // stands alone, in the language of its message
	Subject      string // "user" or a name
	Predicate    string // snake_case
	Object       string
	Category     string
	Entities     []Entity
	Language     string
	Confidence   float64
	Negated      bool
	ValidFrom    *time.Time // as stated; nil: not stated
	ValidTo      *time.Time // end of the interval, exclusive; nil: open
	EffectiveAt  time.Time  // start of the interval: ValidFrom, else the message's time, else acceptance
	SourceIndex  int        // index of the first source message; breaks ties between equal EffectiveAt
	RecordedAt   time.Time
	SupersededBy string // id of the fact that ended this one; empty: none
	Sources      []Source
	Metadata     Metadata
	Extractor    string // who found it: openai:MODEL, rules/v1, or "caller" for POST /v1/facts

	// Keys for identity, made by extract.NewFact from the normalised text.
	ContentHash string // equal for equal statements: normalised text, subject and polarity
	SubjectKey  string // folded subject
	ObjectKey   string // folded object
}

// Holds reports whether t lies in the fact's interval.
func (f *Fact) Holds(t time.Time) bool {
	return !t.Before(f.EffectiveAt) && (f.ValidTo == nil || t.Before(*f.ValidTo))
}

// UnknownBeginning is how long before its stated end a fact begins when nothing says
// since when it held: it lies wholly before the present, so it ends no fact of now.
const UnknownBeginning = time.Microsecond

// MayHold reports whether t lies in the fact's interval, or before its stated end if
// its beginning is not known ("worked in Huế until 2020", asked for 2019). It answers
// questions; Decide goes by Holds.
func (f *Fact) MayHold(t time.Time) bool {
	openStart := f.ValidFrom == nil && f.ValidTo != nil && f.ValidTo.Sub(f.EffectiveAt) <= UnknownBeginning
	return f.Holds(t) || (openStart && t.Before(*f.ValidTo))
}

// HasSource reports whether the fact already rests on one of the given messages.
func (f *Fact) HasSource(sources []Source) bool {
	for _, have := range f.Sources {
		for _, s := range sources {
			if have == s {
				return true
			}
		}
	}
	return false
}

// singleValued are the predicates that hold one value at a time for one subject.
// Only these can supersede.
var singleValued = map[string]bool{
	"lives_in": true, "works_at": true, "works_as": true, "has_name": true, "has_nickname": true,
	"born_on": true, "born_in": true, "has_age": true, "marital_status": true, "has_spouse": true,
	"has_partner": true, "studies_at": true, "has_email": true, "has_phone": true, "has_address": true,
	"has_nationality": true, "has_gender": true, "native_language": true, "has_height": true,
	"has_weight": true, "has_blood_type": true, "prefers_language": true, "prefers_reply_style": true,
	"timezone": true,
}

// SingleValued reports whether a predicate holds one value at a time (lives_in,
// works_at, …). Predicates it does not know hold many.
func SingleValued(predicate string) bool { return singleValued[predicate] }

// Categories lists the categories an extractor may use; a caller may use others.
func Categories() []string {
	return []string{
		"identity", "home", "family", "relationships", "pets", "work", "education", "health", "food",
		"preferences", "hobbies", "possessions", "skills", "travel", "events", "plans", "goals",
		"finance", "opinions", "assistant", "other",
	}
}

// Defaults of a fact that a caller adds with only its text.
const (
	DefaultSubject   = "user"
	DefaultPredicate = "states"
	DefaultCategory  = "other"
)
