package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// set is one user's memory and the questions about it.
type set struct {
	name      string
	facts     []item
	messages  []item
	questions []query
}

// item is a fact or a message. evidence names what it proves: for a fact the turns it
// was observed in, for a message itself.
type item struct {
	text     string
	evidence []string
}

// query is a question with the evidence that answers it.
type query struct {
	text     string
	class    string
	evidence []string
}

type conversation struct {
	ID           string                     `json:"sample_id"`
	Conversation map[string]json.RawMessage `json:"conversation"`
	Observation  map[string]map[string][]observation
	QA           []struct {
		Question string
		Evidence []string
		Category int
	} `json:"qa"`
}

// observation is a pair: text, and the turn or turns that prove it.
type observation struct {
	text  string
	turns []string
}

// UnmarshalJSON reads ["text", "D1:3"] and ["text", ["D1:3", "D1:4"]].
func (o *observation) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("an observation has %d members, not 2", len(pair))
	}
	o.turns = turnsIn(string(pair[1]))
	return json.Unmarshal(pair[0], &o.text)
}

var turn = regexp.MustCompile(`D\d+:\d+`)

// turnsIn finds the turns named in a text; the data separates them in several ways.
func turnsIn(s string) []string { return turn.FindAllString(s, -1) }

var categories = []string{"1 multi-hop", "2 temporal", "3 open-domain", "4 single-hop", "5 adversarial"}

func readLoCoMo(path string, speaker bool) ([]set, error) {
	var conversations []conversation
	if err := readJSON(path, &conversations); err != nil {
		return nil, err
	}
	var sets []set
	for _, c := range conversations {
		s := set{name: c.ID}
		for _, bySpeaker := range c.Observation {
			for _, observations := range bySpeaker {
				for _, o := range observations {
					s.facts = append(s.facts, item{o.text, o.turns})
				}
			}
		}
		var err error
		if s.messages, err = c.messages(speaker); err != nil {
			return nil, err
		}
		for _, q := range c.QA {
			evidence := turnsIn(strings.Join(q.Evidence, " "))
			if len(evidence) > 0 && q.Category >= 1 && q.Category <= len(categories) {
				s.questions = append(s.questions, query{q.Question, categories[q.Category-1], evidence})
			}
		}
		sets = append(sets, s)
	}
	return sets, nil
}

func (c conversation) messages(speaker bool) ([]item, error) {
	var messages []item
	for n := 1; ; n++ {
		raw, ok := c.Conversation[fmt.Sprintf("session_%d", n)]
		if !ok {
			if _, dated := c.Conversation[fmt.Sprintf("session_%d_date_time", n)]; dated {
				continue
			}
			return messages, nil
		}
		var turns []struct {
			Speaker, Text string
			ID            string `json:"dia_id"`
		}
		if err := json.Unmarshal(raw, &turns); err != nil {
			return nil, fmt.Errorf("session %d: %w", n, err)
		}
		for _, t := range turns {
			words := t.Text
			if speaker {
				words = t.Speaker + ": " + words
			}
			messages = append(messages, item{words, []string{t.ID}})
		}
	}
}

func readBilingual(path string) (set, error) {
	var file struct {
		Facts   []struct{ ID, Text string }
		Queries []struct {
			Class, Text string
			Relevant    []string
		}
	}
	if err := readJSON(path, &file); err != nil {
		return set{}, err
	}
	s := set{name: "bilingual"}
	for _, f := range file.Facts {
		s.facts = append(s.facts, item{f.Text, []string{f.ID}})
	}
	for _, q := range file.Queries {
		s.questions = append(s.questions, query{q.Text, q.Class, q.Relevant})
	}
	return s, nil
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
