package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/locomo"
	"github.com/pikamem/pika/text"
)

// set is one user's memory and the questions about it.
type set struct {
	name      string
	scope     pika.Scope
	now       time.Time // when the questions are asked
	facts     []pika.Fact
	messages  []pika.StoredMessage
	evidence  map[string][]string // what a fact (by id) or a message (by key) proves
	questions []query
}

// query is a question with the evidence that answers it.
type query struct {
	text     string
	class    string
	half     string // of the corpus: tune or report; "" elsewhere
	evidence []string
}

func newSet(name string, now time.Time) set {
	return set{name: name, scope: pika.Scope{Tenant: "bench", User: name}, now: now, evidence: map[string][]string{}}
}

// add completes a fact and adds it; one whose text is known proves more.
func (s *set) add(f pika.Fact, evidence ...string) {
	f.ID = pika.DeriveID("bench", s.name, f.Text)
	if _, known := s.evidence[f.ID]; !known {
		f.UserID, f.Confidence, f.Extractor, f.ContentHash = s.scope.User, 1, "caller", f.ID
		f.SubjectKey, f.ObjectKey = text.Fold(f.Subject), text.Fold(f.Object)
		for i := range f.Entities {
			f.Entities[i].ID = pika.EntityID(s.scope, text.Fold(f.Entities[i].Name))
		}
		s.facts = append(s.facts, f)
	}
	s.evidence[f.ID] = append(s.evidence[f.ID], evidence...)
}

// categories names LoCoMo's classes of questions as the tables print them.
func categories() []string {
	names := locomo.Categories()[1:]
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", i+1, name)
	}
	return names
}

// readLoCoMo makes a user of each conversation: its observations are the facts, resting
// on the turns they were observed in, and its turns are the messages.
func readLoCoMo(file string) ([]set, error) {
	conversations, err := locomo.Load(file)
	if err != nil {
		return nil, err
	}
	var sets []set
	for _, c := range conversations {
		s := newSet(c.ID, c.Sessions[len(c.Sessions)-1].At)
		for _, session := range c.Sessions {
			s.addSession(session)
		}
		for _, q := range c.Questions {
			if len(q.Evidence) > 0 && q.Category >= 1 && q.Category < len(locomo.Categories()) {
				s.questions = append(s.questions, query{text: q.Text, class: categories()[q.Category-1], evidence: q.Evidence})
			}
		}
		sets = append(sets, s)
	}
	return sets, nil
}

func (s *set) addSession(session locomo.Session) {
	for i, t := range session.Turns {
		m := pika.StoredMessage{
			Key: pika.MessageKey(s.scope, session.ID, t.ID), ConversationID: session.ID, MessageID: t.ID, Role: pika.RoleUser, Name: t.Speaker,
			Content: t.Content, ContentHash: pika.DeriveID(t.Content), At: session.At.Add(time.Duration(i) * time.Second),
		}
		s.messages = append(s.messages, m)
		s.evidence[m.Key] = []string{t.ID}
	}
	for _, o := range session.Observations {
		f := pika.Fact{
			Text: o.Text, Subject: o.Speaker, Predicate: pika.DefaultPredicate, Category: pika.DefaultCategory, Language: "en",
			EffectiveAt: session.At, RecordedAt: session.At,
		}
		for _, turn := range o.Evidence {
			f.Sources = append(f.Sources, pika.Source{ConversationID: session.ID, MessageID: turn})
		}
		s.add(f, o.Evidence...)
	}
}

// The bilingual corpus: one user's facts in Vietnamese and English and questions about
// them, written for this project. Rules and weights were set on the half "tune"; the half
// "report", by another author and on other subjects, is only reported.
//
//go:embed corpus
var corpusFiles embed.FS

var halves = []string{"tune", "report"}

// corpusNow is when the corpus' questions are asked.
var corpusNow = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

type corpusFact struct {
	ID, Text, Subject, Predicate, Object, Category, Language string
	Entities                                                 []pika.Entity
	ValidFrom                                                *time.Time `json:"valid_from"`
	ValidTo                                                  *time.Time `json:"valid_to"`
	Negated                                                  bool
}

func readCorpus() (set, error) {
	s := newSet("corpus", corpusNow)
	recorded := corpusNow.AddDate(0, -1, 0)
	for _, half := range halves {
		facts, err := readLines[corpusFact](path.Join("corpus", half, "facts.jsonl"))
		if err != nil {
			return s, err
		}
		for _, f := range facts {
			fact := pika.Fact{
				Text: f.Text, Subject: f.Subject, Predicate: f.Predicate, Object: f.Object, Category: f.Category, Language: f.Language,
				Entities: f.Entities, ValidFrom: f.ValidFrom, ValidTo: f.ValidTo, Negated: f.Negated, EffectiveAt: recorded, RecordedAt: recorded,
			}
			if f.ValidFrom != nil {
				fact.EffectiveAt = *f.ValidFrom
			}
			s.add(fact, f.ID)
		}
		questions, err := readLines[struct {
			Class, Text string
			Relevant    []string
		}](path.Join("corpus", half, "queries.jsonl"))
		if err != nil {
			return s, err
		}
		for _, q := range questions {
			s.questions = append(s.questions, query{text: q.Text, class: q.Class, half: half, evidence: q.Relevant})
		}
	}
	return s, nil
}

func readLines[T any](name string) ([]T, error) {
	file, err := corpusFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all []T
	for line := range bytes.Lines(file) {
		var one T
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}
