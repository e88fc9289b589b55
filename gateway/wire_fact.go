package gateway

import (
	"cmp"
	"time"

	"github.com/pikamem/pika"
)

// factsRequest is the body of POST /v1/facts.
type factsRequest struct {
	UserID string      `json:"user_id" doc:"Whose memory this is"`
	Facts  []givenFact `json:"facts"`
}

// givenFact is a fact that a caller adds; only the text is required.
type givenFact struct {
	Text       string        `json:"text" doc:"A statement that stands alone"`
	Subject    string        `json:"subject,omitempty" doc:"user or a name; defaults to user"`
	Predicate  string        `json:"predicate,omitempty" doc:"snake_case; defaults to states"`
	Object     string        `json:"object,omitempty"`
	Category   string        `json:"category,omitempty" doc:"Defaults to other"`
	Entities   []givenEntity `json:"entities,omitempty"`
	Sources    []pika.Source `json:"sources,omitempty" doc:"The messages that prove it"`
	ValidFrom  *time.Time    `json:"valid_from,omitempty" doc:"Since when it is true"`
	ValidTo    *time.Time    `json:"valid_to,omitempty" doc:"Until when it was true, exclusive"`
	Negated    bool          `json:"negated,omitempty"`
	Confidence float64       `json:"confidence,omitempty" doc:"Over 0, up to 1; defaults to 1"`
	Language   string        `json:"language,omitempty" doc:"Detected when missing"`
	Metadata   metadata      `json:"metadata,omitempty"`
}

type givenEntity struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty" doc:"person, animal, place, …; defaults to other"`
}

func (g givenFact) fact() pika.GivenFact {
	f := pika.GivenFact{
		Candidate: pika.Candidate{
			Text: g.Text, Subject: cmp.Or(g.Subject, pika.DefaultSubject), Predicate: cmp.Or(g.Predicate, pika.DefaultPredicate),
			Object: g.Object, Category: cmp.Or(g.Category, pika.DefaultCategory), ValidFrom: moment(g.ValidFrom),
			ValidTo: moment(g.ValidTo), Negated: g.Negated, Confidence: cmp.Or(g.Confidence, 1), Language: g.Language,
		},
		Sources: g.Sources, Metadata: pika.Metadata(g.Metadata),
	}
	for _, e := range g.Entities {
		f.Entities = append(f.Entities, pika.Entity{Name: e.Name, Type: cmp.Or(e.Type, "other")})
	}
	return f
}

// factFields is what every view of a fact shows.
type factFields struct {
	ID           string        `json:"id"`
	Text         string        `json:"text"`
	Subject      string        `json:"subject"`
	Predicate    string        `json:"predicate"`
	Object       string        `json:"object"`
	Category     string        `json:"category"`
	Entities     []pika.Entity `json:"entities"`
	Language     string        `json:"language"`
	Confidence   float64       `json:"confidence"`
	Negated      bool          `json:"negated"`
	ValidFrom    *time.Time    `json:"valid_from"`
	ValidTo      *time.Time    `json:"valid_to"`
	RecordedAt   time.Time     `json:"recorded_at"`
	SupersededBy *string       `json:"superseded_by"`
	Sources      []pika.Source `json:"sources"`
	Metadata     metadata      `json:"metadata"`
}

// factView is a fact of /v1/facts.
type factView struct {
	factFields
	UserID string `json:"user_id"`
}

func newFactFields(f pika.Fact) factFields {
	view := factFields{
		ID: f.ID, Text: f.Text, Subject: f.Subject, Predicate: f.Predicate, Object: f.Object, Category: f.Category,
		Entities: append([]pika.Entity{}, f.Entities...), Language: f.Language, Confidence: f.Confidence, Negated: f.Negated,
		ValidFrom: f.ValidFrom, ValidTo: f.ValidTo, RecordedAt: f.RecordedAt.UTC(),
		Sources: append([]pika.Source{}, f.Sources...), Metadata: metadata(f.Metadata),
	}
	if f.SupersededBy != "" {
		view.SupersededBy = &f.SupersededBy
	}
	if view.Metadata == nil {
		view.Metadata = metadata{}
	}
	return view
}

func newFactView(f pika.Fact) factView {
	return factView{factFields: newFactFields(f), UserID: f.UserID}
}
