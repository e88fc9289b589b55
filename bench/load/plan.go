package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/bench/corpus"
)

// kind is what a request is.
type kind uint8

const (
	newQuestion kind = iota
	repeated
	paraphrased
	written
)

// kinds lists every kind once.
func kinds() []kind { return []kind{repeated, paraphrased, newQuestion, written} }

func (k kind) String() string {
	return [...]string{newQuestion: "new", repeated: "repeated", paraphrased: "paraphrased", written: "writes"}[k]
}

// request is one request, encoded, and when it is to be sent, counted from the start.
type request struct {
	at   time.Duration
	kind kind
	body []byte
}

// user is whose memory is asked and written.
type user struct {
	name  string
	facts []pika.GivenFact // that he has
	other []pika.GivenFact // that he may be told
	asked []string         // lately last
	told  int
}

// planner makes requests. What its users asked, they know in its next plan, too.
type planner struct {
	random    *rand.Rand
	users     []*user
	questions []string
	warm      int // searches of each user before anything is measured
}

// firstAsked is how many questions every user asks before anything is measured: without
// them nothing could be repeated at first.
const firstAsked = 10

// recency is how many questions back a repeated one lies on average.
const recency = 20

func newPlanner(s settings, prefix string, facts []pika.GivenFact, questions []string) *planner {
	p := &planner{random: rand.New(rand.NewPCG(s.seed, 2)), questions: questions, warm: firstAsked}
	for i := range s.users {
		all := slices.Clone(facts)
		p.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		p.users = append(p.users, &user{name: fmt.Sprintf("%s-%d", prefix, i), facts: all[:s.facts], other: all[s.facts:]})
	}
	return p
}

// warmUp is what every user asks first, with time enough for a whole answer.
func (p *planner) warmUp() []request {
	var plan []request
	for range p.warm {
		for _, u := range p.users {
			plan = append(plan, request{kind: newQuestion, body: searchBody(u.name, p.ask(u, newQuestion), pika.MaxDeadlineMS)})
		}
	}
	return plan
}

// plan is what is sent in a while, in the order of time.
func (p *planner) plan(m mix, rate float64, during time.Duration, even bool) []request {
	var plan []request
	mean := float64(time.Second) / (rate * (1 + m.writes))
	for at := time.Duration(0); ; {
		distance := mean
		if !even {
			distance *= p.random.ExpFloat64()
		}
		if at += time.Duration(distance); at >= during {
			return plan
		}
		r := p.request(m)
		r.at = at
		plan = append(plan, r)
	}
}

func (p *planner) request(m mix) request {
	u := p.users[p.random.IntN(len(p.users))]
	if p.random.Float64() < m.writes/(1+m.writes) {
		return request{kind: written, body: p.tell(u)}
	}
	k := newQuestion
	switch share := p.random.Float64(); {
	case len(u.asked) == 0:
	case share < m.repeats:
		k = repeated
	case share < m.repeats+m.paraphrases:
		k = paraphrased
	}
	return request{kind: k, body: searchBody(u.name, p.ask(u, k), 0)}
}

// ask returns a question of a kind, which the user has asked from then on.
func (p *planner) ask(u *user, k kind) string {
	question := ""
	if k == newQuestion {
		question = p.newQuestion(u)
	} else {
		question = u.asked[len(u.asked)-1-min(int(p.random.ExpFloat64()*recency), len(u.asked)-1)]
	}
	if k == paraphrased {
		question = corpus.Reword(p.random.IntN, question)
	}
	u.asked = append(u.asked, question)
	return question
}

// newQuestion puts a question of the corpus together with something that the user's facts
// name: text that most likely nobody has asked before, whose vector nobody has.
func (p *planner) newQuestion(u *user) string {
	question := p.questions[p.random.IntN(len(p.questions))]
	return strings.TrimRight(question, "?. ") + " " + u.facts[p.random.IntN(len(u.facts))].Object + "?"
}

// tell is a write of a fact that the user does not have, in words of its own.
func (p *planner) tell(u *user) []byte {
	f := u.facts[p.random.IntN(len(u.facts))]
	if len(u.other) > 0 {
		f = u.other[u.told%len(u.other)]
	}
	u.told++
	f.Text = fmt.Sprintf("%s (%d)", f.Text, u.told)
	return factsBody(u.name, f)
}

func searchBody(user, question string, deadlineMS int) []byte {
	b, _ := json.Marshal(struct {
		UserID     string `json:"user_id"`
		Query      string `json:"query"`
		DeadlineMS int    `json:"deadline_ms,omitempty"`
	}{user, question, deadlineMS})
	return b
}

// factsBody is a body of POST /v1/facts.
func factsBody(user string, facts ...pika.GivenFact) []byte {
	type entity struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	type fact struct {
		Text      string     `json:"text"`
		Subject   string     `json:"subject,omitempty"`
		Predicate string     `json:"predicate,omitempty"`
		Object    string     `json:"object,omitempty"`
		Category  string     `json:"category,omitempty"`
		Language  string     `json:"language,omitempty"`
		Entities  []entity   `json:"entities,omitempty"`
		ValidFrom *time.Time `json:"valid_from,omitempty"`
		ValidTo   *time.Time `json:"valid_to,omitempty"`
		Negated   bool       `json:"negated,omitempty"`
	}
	body := struct {
		UserID string `json:"user_id"`
		Facts  []fact `json:"facts"`
	}{UserID: user}
	for _, f := range facts {
		given := fact{f.Text, f.Subject, f.Predicate, f.Object, f.Category, f.Language, nil, f.ValidFrom, f.ValidTo, f.Negated}
		for _, e := range f.Entities {
			given.Entities = append(given.Entities, entity{e.Name, e.Type})
		}
		body.Facts = append(body.Facts, given)
	}
	b, _ := json.Marshal(body)
	return b
}
