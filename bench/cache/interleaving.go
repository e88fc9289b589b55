package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pikamem/pika"
)

// interleaving is one random order of writes and searches in one memory.
type interleaving struct {
	staleness
	*pair
	*counted
	random *rand.Rand
	number int
	facts  []pika.GivenFact // of the corpus

	questions []string
	live      []string            // ids of facts that may be deleted
	writes    map[string]*write   // the last one of a fact, by its id
	lastWrite [2]time.Time        // of each instance
	former    map[string][]string // what a search found before a write that is not finished, by question
	steps     []string            // what was done, for the report of a failure
}

// write is what became of a fact, and where.
type write struct {
	by   int // the instance
	at   time.Time
	open bool // it is not finished: both answers are right
	gone bool // the fact is gone or superseded
}

// Sizes of a memory: small, so that new facts enter answers.
const (
	firstFacts = 10
	shownFacts = 3
)

var cities = []string{"Huế", "Hà Nội", "Đà Nẵng", "Cần Thơ", "Hội An", "Vinh", "Oslo", "Kyoto", "Austin"}

func (r *interleaving) run(ctx context.Context, questions []string) error {
	scope := pika.Scope{Tenant: "bench", User: fmt.Sprintf("%s-%d", r.name, r.number)}
	for i, n := range r.instances {
		n.scope, n.jobs = scope, 1_000_000*(2*r.number+i) // ids of facts follow from those of jobs
	}
	r.writes = map[string]*write{}
	first := make([]pika.GivenFact, firstFacts)
	for i := range first {
		first[i] = r.fact()
	}
	facts, outcomes, err := r.instances[0].commit(ctx, first...)
	if err != nil {
		return err
	}
	if err := r.instances[0].finish(ctx, facts); err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Outcome == pika.Stored || o.Outcome == pika.Superseding {
			r.live = append(r.live, o.FactID)
		}
	}
	r.questions = []string{"Linh sống ở thành phố nào", questions[r.random.IntN(len(questions))], r.fact().Object, first[0].Object}
	for range interleavedOps {
		if err := r.step(ctx); err != nil {
			return fmt.Errorf("%w after %s", err, strings.Join(r.steps, ", "))
		}
	}
	r.counted.interleavings++
	return r.bus.flush(ctx)
}

// fact is one of the corpus, in words of its own.
func (r *interleaving) fact() pika.GivenFact { return r.facts[r.random.IntN(len(r.facts))] }

// step does one thing at random.
func (r *interleaving) step(ctx context.Context) error {
	r.pass()
	by := r.random.IntN(len(r.instances))
	switch n := r.random.IntN(20); {
	case n < 12:
		return r.search(ctx, by, r.question())
	case n < 14:
		return r.searchDuring(ctx, by, r.question())
	case n < 15:
		return r.bus.flush(ctx)
	case n < 16:
		return r.torn(ctx, by)
	default:
		return r.change(ctx, by)
	}
}

func (r *interleaving) question() string { return r.questions[r.random.IntN(len(r.questions))] }

// pass lets time go by: little where messages come, more where they do not.
func (r *interleaving) pass() {
	most := 400 * time.Millisecond
	if r.lost {
		most = 12 * time.Second
	}
	r.time.Add(r.random.Int64N(int64(most)))
	r.bus.deliver()
}

func (r *interleaving) note(by int, format string, values ...any) {
	r.steps = append(r.steps, fmt.Sprintf("%s %c: %s", r.clock().Format("05.000"), 'A'+rune(by), fmt.Sprintf(format, values...)))
}

// change writes something and finishes it.
func (r *interleaving) change(ctx context.Context, by int) error {
	switch n := r.random.IntN(10); {
	case n < 3 && len(r.live) > 0:
		return r.forget(ctx, by)
	case n < 4:
		r.counted.writes++
		r.note(by, "invalidates")
		return r.instances[by].freshness.Note(ctx, r.instances[by].scope, pika.Change{Everything: true})
	}
	finish, err := r.begin(ctx, by)
	if err != nil {
		return err
	}
	return finish()
}

func (r *interleaving) forget(ctx context.Context, by int) error {
	i := r.random.IntN(len(r.live))
	id := r.live[i]
	r.live = append(r.live[:i], r.live[i+1:]...)
	r.counted.writes++
	r.note(by, "deletes %s", id[:8])
	r.writes[id] = &write{by: by, at: r.clock(), gone: true}
	r.lastWrite[by] = r.clock()
	err := r.instances[by].write.Forget(ctx, r.instances[by].scope.Tenant, id)
	if pika.CodeOf(err) == pika.NotFound {
		return errors.New("a live fact is not there")
	}
	return err
}

// begin begins a write of a fact, which may supersede another, and returns what finishes it.
func (r *interleaving) begin(ctx context.Context, by int) (finish func() error, err error) {
	given := r.fact()
	if r.random.IntN(3) == 0 {
		city := cities[r.random.IntN(len(cities))]
		given = pika.GivenFact{Candidate: pika.Candidate{Text: "Linh sống ở " + city, Subject: pika.DefaultSubject, Predicate: "lives_in", Object: city, Category: "home", Confidence: 1}}
	}
	n, at := r.instances[by], r.clock()
	facts, outcomes, err := n.commit(ctx, given)
	if err != nil {
		return nil, err
	}
	r.counted.writes++
	var open []*write
	for _, o := range outcomes {
		if o.Outcome == pika.Stored || o.Outcome == pika.Superseding {
			r.live = append(r.live, o.FactID)
			r.writes[o.FactID] = &write{by: by, at: at, open: true}
			open = append(open, r.writes[o.FactID])
		}
		for _, id := range o.Supersedes {
			r.writes[id] = &write{by: by, at: at, open: true, gone: true}
			open = append(open, r.writes[id])
		}
		r.note(by, "writes %s, %s %v", o.FactID[:8], o.Outcome, o.Supersedes)
	}
	return func() error {
		r.note(by, "finishes")
		for _, w := range open {
			w.open, w.at = false, r.clock()
		}
		r.lastWrite[by] = r.clock()
		return n.finish(ctx, facts)
	}, nil
}

// remember asks the search before a write begins.
func (r *interleaving) remember(ctx context.Context, questions ...string) error {
	r.former = map[string][]string{}
	for _, text := range questions {
		fresh, err := r.instances[0].engine.Search(ctx, r.instances[0].scope, shownQuestion(text))
		if err != nil {
			return err
		}
		r.former[text] = ids(fresh)
	}
	return nil
}

// torn searches between the halves of a write.
func (r *interleaving) torn(ctx context.Context, by int) error {
	asked := []string{r.question(), r.question()}
	if err := r.remember(ctx, asked...); err != nil {
		return err
	}
	defer func() { r.former = nil }()
	finish, err := r.begin(ctx, by)
	if err != nil {
		return err
	}
	for _, text := range asked {
		if err := r.search(ctx, r.random.IntN(len(r.instances)), text); err != nil {
			return err
		}
	}
	return finish()
}

// searchDuring has a write happen while a search is made: before or after it read the
// memory, in either instance.
func (r *interleaving) searchDuring(ctx context.Context, by int, question string) error {
	var failed error
	var made []*write
	meanwhile := func() {
		before := map[*write]bool{}
		for _, w := range r.writes {
			before[w] = true
		}
		failed = r.change(ctx, r.random.IntN(len(r.instances)))
		for _, w := range r.writes {
			if !before[w] && !w.open {
				w.open = true
				made = append(made, w)
			}
		}
	}
	if err := r.remember(ctx, question); err != nil {
		return err
	}
	defer func() { r.former = nil }()
	hooks := r.instances[by].hooks
	if r.random.IntN(2) == 0 {
		hooks.before = meanwhile
	} else {
		hooks.after = meanwhile
	}
	err := r.search(ctx, by, question)
	hooks.before, hooks.after = nil, nil // a cache may have answered
	for _, w := range made {
		w.open = false
	}
	return errors.Join(err, failed)
}
