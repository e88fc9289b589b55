package cachewarm

import (
	"encoding/json"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
	"github.com/pikamem/pika/text"
)

// manyUnread is how often a question is answered ahead for a user who does not ask it and
// reads none of the answers, or so often for each that he reads, before it is left to him
// to ask. Each time counts half after pika.SearchHalfLife, so it is tried again.
const manyUnread = 3

func unread(s pika.PopularSearch) bool {
	return s.Searches < 1 && s.Warmed >= manyUnread*(s.Read+1)
}

// Listed returns a question of the configured list as a caller asks it who says no more
// than the question.
func Listed(question string) pika.Query {
	return pika.Query{Text: question, Limit: pika.DefaultSearchLimit, Mode: pika.ModeHybrid, Rerank: pika.RerankNone}
}

// Choose returns the questions that are answered ahead for a user, each once: at most limit of
// what he asks himself and what users of his tenant ask, and the list beside them; own and
// popular in their order, that of their ranks. A question that asks several things is followed by
// those, as they are asked alone: they are the same answers. What was answered ahead for him
// and not read is left out.
func Choose(own, popular []pika.PopularSearch, listed []string, limit int) []pika.Query {
	c := choice{limit: limit, seen: map[string]bool{}}
	for _, s := range own {
		if unread(s) {
			c.seen[identity(s.Query)] = true
		}
	}
	for _, s := range own {
		if s.Searches > 0 { // others were only answered ahead
			c.add(s.Query)
		}
	}
	for _, s := range popular {
		c.add(s.Query)
	}
	c.limit = len(c.questions) + maxListed*len(listed) // the list is for everybody, whatever others ask
	for _, question := range listed {
		c.add(Listed(question))
	}
	return c.questions
}

// maxListed is how many questions one of the list may be, with its parts.
const maxListed = 8

// choice is a list of questions under way.
type choice struct {
	limit     int
	questions []pika.Query
	seen      map[string]bool
}

// add takes a question and its parts.
func (c *choice) add(q pika.Query) {
	c.addOne(q)
	for _, part := range search.Split(q.Text, text.Language(q.Text)) {
		q.Text = part
		c.addOne(q)
	}
}

func (c *choice) addOne(q pika.Query) {
	id := identity(q)
	if c.seen[id] || len(c.questions) >= c.limit {
		return
	}
	c.seen[id] = true
	c.questions = append(c.questions, q)
}

// identity is equal for questions that have one answer (see pika.KeptAnswer).
func identity(q pika.Query) string {
	q.Text, q.Deadline, q.Cache, q.Explain = text.Normalize(q.Text), 0, "", false
	id, err := json.Marshal(q)
	if err != nil {
		return q.Text // of metadata that is no JSON; none comes in
	}
	return string(id)
}
