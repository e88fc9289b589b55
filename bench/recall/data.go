package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pikamem/pika/bench/locomo"
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

// categories names the classes of questions as the tables print them.
func categories() []string {
	names := locomo.Categories()[1:]
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", i+1, name)
	}
	return names
}

func readLoCoMo(path string, speaker bool) ([]set, error) {
	conversations, err := locomo.Load(path)
	if err != nil {
		return nil, err
	}
	var sets []set
	for _, c := range conversations {
		s := set{name: c.ID}
		for _, session := range c.Sessions {
			for _, o := range session.Observations {
				s.facts = append(s.facts, item{o.Text, o.Evidence})
			}
			for _, t := range session.Turns {
				words := t.Content
				if speaker {
					words = t.Speaker + ": " + words
				}
				s.messages = append(s.messages, item{words, []string{t.ID}})
			}
		}
		for _, q := range c.Questions {
			if len(q.Evidence) > 0 && q.Category >= 1 && q.Category < len(locomo.Categories()) {
				s.questions = append(s.questions, query{q.Text, categories()[q.Category-1], q.Evidence})
			}
		}
		sets = append(sets, s)
	}
	return sets, nil
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
