package cache

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/paraphrase"
	"github.com/pikamem/pika/search"
)

// What an answer from another question must be, that is not certified.
const (
	// leastCorrect is how probable it must be that it is what a search finds.
	leastCorrect = 0.99

	// leastOverlap is the part of a search's facts that it must hold to count as correct; its
	// first fact must be the search's.
	leastOverlap = 0.9
)

// Shares of the answers from other questions that are compared with a search afterwards.
const (
	checkCertified = 0.02
	checkOthers    = 0.10
	maxChecks      = 2 // at a time
	checkTime      = 5 * time.Second
)

// answerClass is a kind of answers made from another question's, that are right about equally
// often: by how much a fact that was not ranked may be stronger than their last (see
// search.Transferred).
type answerClass string

// The classes.
const (
	certified answerClass = "certified" // there is no doubt
	slight    answerClass = "slight"    // there is some, and it is less than slightDoubt
	grave     answerClass = "grave"     // more, or the first two facts may well change places
	pooled    answerClass = "pooled"    // not all of the user's vectors were compared, or there is doubt and the question names times
	large     answerClass = "large"     // there is doubt, and the memory holds more than any working set

	slightDoubt = 5.0  // in standard deviations of cosines
	closeLead   = 0.05 // of the first fact over the second
)

// learntBefore is where the counts begin, wrong and right: half of mostCounted for what is
// certain by construction. Of the others nothing is known before they were compared with
// searches of the memories that the process answers for.
var learntBefore = map[answerClass][2]int{certified: {0, mostCounted / 2}}

func classOfAnswer(t search.Transferred) answerClass {
	switch {
	case t.Certified():
		return certified
	case t.Facts > maxWorkingSet:
		return large
	case math.IsInf(t.Doubt, 1):
		return pooled
	case t.Doubt >= slightDoubt || t.Lead < closeLead:
		return grave
	}
	return slight
}

// exploration is an answer that was not given, as it was not certain; the search that
// follows tells whether it would have been right.
type exploration struct {
	class  answerClass
	answer pika.Answer
}

// classes counts how often the answers of each class were right, of all users together.
type classes struct {
	mu     sync.Mutex
	counts map[answerClass][2]int // wrong, right
}

// mostCounted is how many answers of a class count: beyond it the former ones count half, so
// that a class that goes wrong is soon seen.
const mostCounted = 1000

func (c *classes) learn(k answerClass, right bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.counts[k]
	if counts[0]+counts[1] >= mostCounted {
		counts[0], counts[1] = counts[0]/2, counts[1]/2
	}
	if right {
		counts[1]++
	} else {
		counts[0]++
	}
	c.counts[k] = counts
}

// correct is the probability that the next answer of a class is right, by Laplace's rule
// of succession: (right + 1) / (all + 2). 98 right ones and no wrong one make 0.99.
func (c *classes) correct(k answerClass) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return rightNext(c.counts[k])
}

// SemanticClass is what was learnt of the answers of a class that were made from another
// question's: how many were what a search found.
type SemanticClass struct {
	Class        string // certified, slight, grave, pooled or large
	Right, Wrong int
	Correct      float64 // how probable it is that the next one is right; it is given from 0.99 on
}

// all returns what was learnt, by class.
func (c *classes) all() []SemanticClass {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]SemanticClass, 0, len(c.counts))
	for k, n := range c.counts {
		all = append(all, SemanticClass{Class: string(k), Right: n[1], Wrong: n[0], Correct: rightNext(n)})
	}
	slices.SortFunc(all, func(a, b SemanticClass) int { return cmp.Compare(a.Class, b.Class) })
	return all
}

func rightNext(counts [2]int) float64 { return float64(counts[1]+1) / float64(counts[0]+counts[1]+2) }

// learn compares what was not given with what the search found.
func (r *request) learn(fresh pika.Answer) {
	if r.explored != nil && len(fresh.Degraded) == 0 {
		r.semantic.classes.learn(r.explored.class, sameAnswer(r.explored.answer, fresh))
	}
}

// check compares a sample of the answers that were given with a search, without anybody
// waiting for it. A wrong one gives way to the search's.
func (r *request) check(ctx context.Context, given pika.Answer, k answerClass, sure bool) {
	share := checkOthers
	if sure {
		share = checkCertified
	}
	if r.semantic.random() >= share {
		return
	}
	r.semantic.checks.try(func() { r.compare(context.WithoutCancel(ctx), given, k) })
}

func (r *request) compare(ctx context.Context, given pika.Answer, k answerClass) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	q := r.query
	q.Deadline = pika.MaxDeadlineMS * time.Millisecond
	fresh, tracer, err := r.source.SearchTraced(ctx, r.scope, q)
	if err != nil || len(fresh.Degraded) > 0 {
		return
	}
	if version, err := r.o.Changes.Version(ctx, r.scope); err != nil || version != r.version {
		return // another memory was searched
	}
	right := sameAnswer(given, fresh)
	r.semantic.classes.learn(k, right)
	r.o.Metrics.countCheck(right)
	if !right {
		r.o.Log.Warn("an answer to a question that asks the same was not what a search finds", "class", string(k))
		r.keep(ctx, fresh, tracer(), 0)
	}
}

// sameAnswer reports whether an answer is as good as a search's.
func sameAnswer(given, fresh pika.Answer) bool {
	if len(fresh.Facts) == 0 || len(given.Facts) == 0 {
		return len(fresh.Facts) == len(given.Facts)
	}
	shared := 0
	for _, f := range given.Facts {
		if slices.ContainsFunc(fresh.Facts, func(o pika.FactHit) bool { return o.Fact.ID == f.Fact.ID }) {
			shared++
		}
	}
	return given.Facts[0].Fact.ID == fresh.Facts[0].Fact.ID && float64(shared) >= leastOverlap*float64(len(fresh.Facts))
}

// questions keeps questions that were read.
type questions struct {
	known *otter.Cache[string, *paraphrase.Question]
}

func newQuestions() *questions {
	return &questions{otter.Must(&otter.Options[string, *paraphrase.Question]{MaximumSize: maxReadQuestions})}
}

func (q *questions) read(text string) *paraphrase.Question {
	if known, ok := q.known.GetIfPresent(text); ok {
		return known
	}
	read := paraphrase.Read(text, "")
	q.known.Set(text, read)
	return read
}
