package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

// What the ranking adds to the strength that the legs gave, in the unit of the vector
// leg. Those of the first group were set on LoCoMo's conv-30 and the tuning half of the
// bilingual corpus and hold on the rest (docs/benchmarks.md); those of the second are small
// and only part what is otherwise alike.
const (
	timeWeight       = 1.5  // it was so, or was said, at a time that the question names
	otherTimeWeight  = -0.5 // a fact's stated times are others
	neighbourWeight  = 0.2  // of the strength of the message before, and of the one after
	provenanceWeight = 0.5  // of the strength of the best fact that rests on the message, or the reverse
	messageWeight    = -0.3 // a fact stands alone, a message needs the talk around it
	toldWeight       = -3.0 // a fact of the answer says what the message says
	repeatedWeight   = -3.0 // a better fact of the answer says the same in the same words

	negationWeight   = 0.3  // the question asks for what is not so, and the fact denies something
	recencyWeight    = 0.1  // halved every recencyHalfLife since the fact holds
	confidenceWeight = 0.2  // of what is missing in the extractor's confidence
	endedWeight      = -0.3 // the fact's time is over, and the question names none
	formerWeight     = -1.0 // … and it was a state of which there is one at a time (a home, an employer), in place of endedWeight

	recencyHalfLife = 180 * 24 * time.Hour
)

// How many candidates are read and ranked, for limit that are wanted. Facts and messages
// that say something about each other may stand far down.
const (
	poolFactor    = 2
	leastPool     = 40
	leastPoolWide = 100
)

// poolFor returns how many are ranked. More where more than what the legs found decides:
// with messages, and where the question names times.
func poolFor(limit int, wide bool) int {
	if wide {
		return max(poolFactor*limit, leastPoolWide)
	}
	return max(poolFactor*limit, leastPool)
}

// addend is one reason for a candidate's strength.
type addend struct {
	name  string
	value float64
}

// found is an item of the answer with the candidate it came from.
type found[T any] struct {
	item      *T
	candidate Candidate
	evidence  []Evidence
	strength  float64
	addends   []addend
}

func (f *found[T]) add(name string, value float64) {
	if value != 0 {
		f.strength += value
		f.addends = append(f.addends, addend{name, value})
	}
}

// ranker orders what was found, facts and messages together, because each says something
// about the other. Without rerank it is pure.
type ranker struct {
	scope  pika.Scope
	plan   *Plan
	query  pika.Query
	now    time.Time
	rerank func([]found[pika.Fact]) []found[pika.Fact] // has the last word on the order of facts; nil: nobody has
	pool   []found[pika.Fact]                          // all facts that rank ordered
}

// rank adds to each strength
//
//	message     less for a message than for a fact that is found as well
//	time        what the question's times say of it
//	negation, recency, confidence, ended   (facts)
//	neighbours  for a message, those before and after it in the conversation: an answer
//	            often holds none of the words of the question before it
//	provenance  for a fact the best message it rests on, and the reverse
//	told        for a message, that a fact of the answer has already said it
//	repeated    for a fact, that a better one says the same
//	rerank      for a fact, what a reranker changed, if one is asked
//
// and returns the best of each, best first, equal ones by id.
func (r *ranker) rank(facts []found[pika.Fact], messages []found[pika.StoredMessage]) ([]found[pika.Fact], []found[pika.StoredMessage]) {
	for i := range facts {
		r.weighFact(&facts[i])
	}
	for i := range messages {
		m := &messages[i]
		m.add("message", messageWeight)
		m.add("time", r.timeOfMessage(m.item))
	}
	addNeighbours(messages)
	r.addProvenance(facts, messages)
	facts = withoutRepeats(sorted(facts))
	if r.rerank != nil {
		facts = r.rerank(facts)
	}
	r.pool = facts
	facts = bestOf(facts, r.query.Limit, r.query.MinScore)
	r.markTold(facts, messages)
	return facts, bestOf(sorted(messages), r.query.Messages, r.query.MinScore)
}

func (r *ranker) weighFact(f *found[pika.Fact]) {
	f.add("time", r.timeOfFact(f.item))
	if r.plan.Negative && f.item.Negated {
		f.add("negation", negationWeight)
	}
	if age := r.now.Sub(f.item.EffectiveAt); age >= 0 {
		f.add("recency", recencyWeight*math.Exp2(-float64(age)/float64(recencyHalfLife)))
	}
	f.add("confidence", confidenceWeight*(f.item.Confidence-1))
	if r.query.AsOf == nil && len(r.plan.Periods) == 0 && f.item.ValidTo != nil && !r.now.Before(*f.item.ValidTo) {
		f.add("ended", endedOf(f.item, r.plan.Past))
	}
}

func endedOf(f *pika.Fact, askedForPast bool) float64 {
	switch {
	case !pika.SingleValued(f.Predicate):
		return endedWeight
	case askedForPast:
		return 0
	}
	return formerWeight
}

// timeOfFact compares the fact's stated interval with the question's times, and where
// none is stated the time it holds since.
func (r *ranker) timeOfFact(f *pika.Fact) float64 {
	if len(r.plan.Periods) == 0 {
		return 0
	}
	stated := f.ValidFrom != nil || f.ValidTo != nil
	for _, p := range r.plan.Periods {
		if (stated && p.Overlaps(f.ValidFrom, f.ValidTo)) || (!stated && p.Covers(f.EffectiveAt)) {
			return timeWeight
		}
	}
	if stated {
		return otherTimeWeight
	}
	return 0
}

func (r *ranker) timeOfMessage(m *pika.StoredMessage) float64 {
	for _, p := range r.plan.Periods {
		if p.Covers(m.At) {
			return timeWeight
		}
	}
	return 0
}

// place is where a message stands in its conversation.
type place struct {
	conversation string
	sequence     int64
}

func addNeighbours(messages []found[pika.StoredMessage]) {
	strengths := map[place]float64{}
	for _, m := range messages {
		if m.item.Sequence > 0 {
			strengths[place{m.item.ConversationID, m.item.Sequence}] = m.strength
		}
	}
	for i := range messages {
		m := &messages[i]
		at := place{m.item.ConversationID, m.item.Sequence}
		before, after := strengths[place{at.conversation, at.sequence - 1}], strengths[place{at.conversation, at.sequence + 1}]
		m.add("neighbours", neighbourWeight*max(before, after, 0))
	}
}

func (r *ranker) addProvenance(facts []found[pika.Fact], messages []found[pika.StoredMessage]) {
	if len(messages) == 0 {
		return
	}
	at := make(map[string]int, len(messages))
	said := make([]float64, len(messages))
	for i, m := range messages {
		at[m.item.Key] = i
		said[i] = m.strength
	}
	told := make([]float64, len(messages))
	for i := range facts {
		f := &facts[i]
		before, best := f.strength, 0.0
		for _, key := range messageKeys(r.scope, f.item) {
			if m, ok := at[key]; ok {
				told[m] = max(told[m], before)
				best = max(best, said[m])
			}
		}
		f.add("provenance", provenanceWeight*best)
	}
	for i := range messages {
		messages[i].add("provenance", provenanceWeight*told[i])
	}
}

// markTold lowers the messages that a fact of the answer rests on.
func (r *ranker) markTold(facts []found[pika.Fact], messages []found[pika.StoredMessage]) {
	told := map[string]bool{}
	for _, f := range facts {
		for _, key := range messageKeys(r.scope, f.item) {
			told[key] = true
		}
	}
	for i := range messages {
		if told[messages[i].item.Key] {
			messages[i].add("told", toldWeight)
		}
	}
}

// withoutRepeats lowers facts that say what a better one says in the same words, and
// sorts again. Only as many as an answer may hold are compared.
func withoutRepeats(facts []found[pika.Fact]) []found[pika.Fact] {
	seen := map[string][]string{} // by their folded words, the words themselves
	for i := range facts[:min(len(facts), pika.MaxSearchLimit)] {
		f := &facts[i]
		words := wordsOf(f.item)
		folded := text.Fold(words)
		if slices.ContainsFunc(seen[folded], func(other string) bool { return sameWords(words, folded, other) }) {
			f.add("repeated", repeatedWeight)
		}
		seen[folded] = append(seen[folded], words)
	}
	return sorted(facts)
}

// sameWords reports whether two texts whose words fold alike are the same: in the same
// diacritics, or one of them typed without any.
func sameWords(a, folded, b string) bool { return a == b || a == folded || b == folded }

// wordsOf is equal for facts that differ only in case and signs.
func wordsOf(f *pika.Fact) string {
	words := strings.FieldsFunc(strings.ToLower(text.Normalize(f.Text)), isSeparator)
	polarity := "so"
	if f.Negated {
		polarity = "not"
	}
	return polarity + " " + strings.Join(words, " ")
}

// compareStrengths takes for equal what only the order of additions may part.
func compareStrengths(a, b float64) int { return cmp.Compare(math.Round(a*1e8), math.Round(b*1e8)) }

func sorted[T any](items []found[T]) []found[T] {
	slices.SortStableFunc(items, func(a, b found[T]) int {
		return cmp.Or(compareStrengths(b.strength, a.strength), cmp.Compare(a.candidate.ID, b.candidate.ID))
	})
	return items
}

func bestOf[T any](items []found[T], limit int, minScore float64) []found[T] {
	items = items[:min(limit, len(items))]
	for i, f := range items {
		if ScoreOf(f.strength) < minScore {
			return items[:i]
		}
	}
	return items
}
