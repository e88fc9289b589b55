// Package locomo reads conversations in the format of the LoCoMo data set
// (Maharana et al. 2024, "Evaluating Very Long-Term Conversational Memory of LLM
// Agents"): sessions of turns, observations with the turns that prove them, and
// questions with the turns that answer them.
//
// What may come in: reading that format. What may not: the data (its licence does
// not allow it), and anything of Pika.
package locomo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// Conversation is one item of the data set.
type Conversation struct {
	ID        string // conv-26
	Sessions  []Session
	Questions []Question
}

// Session is one sitting, in the order of time.
type Session struct {
	ID           string // session_1
	At           time.Time
	Turns        []Turn
	Observations []Observation
}

// Turn is one message. Content is the text, with the caption of a picture if one was sent.
type Turn struct {
	ID      string // D1:3
	Speaker string
	Content string
}

// Observation is a fact about a speaker and the turns that prove it.
type Observation struct {
	Speaker  string
	Text     string
	Evidence []string // ids of turns
}

// Question is a question and the turns that answer it.
type Question struct {
	Text     string
	Category int // 1 multi-hop, 2 temporal, 3 open-domain, 4 single-hop, 5 adversarial
	Evidence []string
}

// Categories names the categories of questions, from 1.
func Categories() []string {
	return []string{"", "multi-hop", "temporal", "open-domain", "single-hop", "adversarial"}
}

type rawConversation struct {
	SampleID     string                                  `json:"sample_id"`
	Conversation map[string]json.RawMessage              `json:"conversation"`
	Observation  map[string]map[string][]json.RawMessage `json:"observation"`
	QA           []struct {
		Question string   `json:"question"`
		Category int      `json:"category"`
		Evidence []string `json:"evidence"`
	} `json:"qa"`
}

type rawTurn struct {
	Speaker string `json:"speaker"`
	ID      string `json:"dia_id"`
	Text    string `json:"text"`
	Caption string `json:"blip_caption"`
}

// Load reads a file of conversations.
func Load(path string) ([]Conversation, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var raw []rawConversation
	if err := json.Unmarshal(file, &raw); err != nil {
		return nil, fmt.Errorf("%s is not in LoCoMo's format: %w", path, err)
	}
	var conversations []Conversation
	for _, r := range raw {
		c, err := r.read()
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", path, r.SampleID, err)
		}
		conversations = append(conversations, c)
	}
	return conversations, nil
}

func (r rawConversation) read() (Conversation, error) {
	c := Conversation{ID: r.SampleID}
	for n := 1; ; n++ {
		id := fmt.Sprintf("session_%d", n)
		turns, ok := r.Conversation[id]
		if !ok {
			break
		}
		s, err := r.session(id, turns)
		if err != nil {
			return c, fmt.Errorf("%s: %w", id, err)
		}
		c.Sessions = append(c.Sessions, s)
	}
	for _, q := range r.QA {
		c.Questions = append(c.Questions, Question{Text: q.Question, Category: q.Category, Evidence: turnIDs(q.Evidence...)})
	}
	return c, nil
}

func (r rawConversation) session(id string, turns json.RawMessage) (Session, error) {
	s := Session{ID: id}
	var at string
	err := json.Unmarshal(r.Conversation[id+"_date_time"], &at)
	if err == nil {
		s.At, err = time.Parse("3:04 pm on 2 January, 2006", at)
	}
	var raw []rawTurn
	if err = errors.Join(err, json.Unmarshal(turns, &raw)); err != nil {
		return s, err
	}
	for _, t := range raw {
		content := t.Text
		if t.Caption != "" {
			content += " [picture: " + t.Caption + "]"
		}
		s.Turns = append(s.Turns, Turn{ID: t.ID, Speaker: t.Speaker, Content: content})
	}
	s.Observations, err = observations(r.Observation[id+"_observation"])
	return s, err
}

// observations reads pairs of a text and the id, or ids, of its turns.
func observations(bySpeaker map[string][]json.RawMessage) ([]Observation, error) {
	var all []Observation
	for speaker, pairs := range bySpeaker {
		for _, p := range pairs {
			var pair []json.RawMessage
			o := Observation{Speaker: speaker}
			if err := json.Unmarshal(p, &pair); err != nil || len(pair) != 2 {
				return nil, errors.New("an observation is not a pair of text and evidence")
			}
			if err := json.Unmarshal(pair[0], &o.Text); err != nil {
				return nil, err
			}
			o.Evidence = turnIDs(string(pair[1]))
			all = append(all, o)
		}
	}
	return all, nil
}

var turnID = regexp.MustCompile(`D\d+:\d+`)

// turnIDs finds the ids in texts such as "D8:6; D9:17".
func turnIDs(texts ...string) []string { return turnID.FindAllString(strings.Join(texts, " "), -1) }
