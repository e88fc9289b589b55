package main

import (
	"slices"
	"strings"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/locomo"
	"github.com/pikamem/pika/pikatest"
)

// script knows which observations a message proves.
type script struct {
	byLine map[string][]locomo.Observation // speaker, date and content of the first evidence that is a turn of the session
}

func newScript(conversations []locomo.Conversation) *script {
	s := &script{byLine: map[string][]locomo.Observation{}}
	for _, c := range conversations {
		for _, session := range c.Sessions {
			for _, o := range session.Observations {
				s.add(session, o)
			}
		}
	}
	return s
}

func (s *script) add(session locomo.Session, o locomo.Observation) {
	for _, t := range session.Turns {
		if slices.Contains(o.Evidence, t.ID) {
			key := lineKey(t.Speaker, session.At.Format("2006-01-02"), t.Content)
			s.byLine[key] = append(s.byLine[key], o)
			return
		}
	}
}

func lineKey(speaker, date, content string) string {
	return speaker + "\n" + date + "\n" + strings.Join(strings.Fields(content), " ")
}

// answer returns the observations of the lines it is shown, each once.
func (s *script) answer(lines []pikatest.LLMLine) []pika.Candidate {
	var candidates []pika.Candidate
	seen := map[string]bool{}
	for _, line := range lines {
		if line.Context || line.Time == nil {
			continue
		}
		for _, o := range s.byLine[lineKey(line.Name, line.Time.Format("2006-01-02"), line.Content)] {
			if seen[o.Text] {
				continue
			}
			seen[o.Text] = true
			candidates = append(candidates, pika.Candidate{
				Text: o.Text, Subject: o.Speaker, Predicate: pika.DefaultPredicate, Category: pika.DefaultCategory,
				Entities: []pika.Entity{{Name: o.Speaker, Type: "person"}}, Sources: []int{line.Index}, Confidence: 0.9, Language: "en",
			})
		}
	}
	return candidates
}
