package pika

import (
	"slices"
	"strings"
	"time"
)

// Verdict is what the truth decides about one candidate.
type Verdict string

// The verdicts, as they appear in a job's results.
const (
	Stored      Verdict = "stored"      // new, its interval ends no other's
	Duplicate   Verdict = "duplicate"   // said already; its sources were added to the known fact
	Superseding Verdict = "superseding" // new, and it ended the interval of an older one
	Rejected    Verdict = "rejected"    // not a usable fact; the reason says why
	Failed      Verdict = "failed"      // could not be written; the reason says why
)

// Decision is the outcome for one candidate and the changes it asks for.
type Decision struct {
	Verdict     Verdict
	Reason      string
	DuplicateOf string      // id of the known fact; only with Duplicate
	Begins      *time.Time  // the known fact's interval begins earlier than was known; only with Duplicate
	Fact        Fact        // what to insert; its ValidTo and SupersededBy may differ from the candidate's
	Ends        []EndedFact // known facts whose interval ends now
}

// EndedFact is a change to a known fact: its interval ends at ValidTo because By began.
type EndedFact struct {
	ID      string
	ValidTo time.Time
	By      string
}

// Decide applies the rules of identity and contradiction to one candidate. It is
// pure, and every facts store calls it inside its transaction, under the user's
// lock, so that all of them decide alike.
//
// known must hold every live fact of the scope that has the candidate's ContentHash,
// and every live fact with its SubjectKey and Predicate if that is SingleValued;
// others may be there and are ignored. Order does not matter.
//
//   - Duplicate: an equal fact (same ContentHash) whose interval holds the
//     candidate's effective start, or which rests on one of its source messages; for
//     a single-valued predicate also the same object with the same polarity there.
//     An equal fact that begins later, with nothing between that contradicts it, is the
//     same fact too: its interval now begins at the candidate's (Begins). So the order
//     in which repetitions arrive does not matter.
//   - Superseding: same subject, same single-valued predicate, other object (or other
//     polarity of the same object), and an effective start at or after the known
//     fact's. The known fact's interval ends where the candidate's begins.
//   - A candidate that is older than a known fact of the same single-valued predicate
//     is history: it is stored with its interval ending where the next one begins.
//
// Nothing else supersedes: not similar text, not similar vectors, not a negation of
// another object (saying "I don't live in Huế" does not end "I live in Hà Nội").
func Decide(candidate Fact, known []Fact) Decision {
	if d, ok := duplicateOf(candidate, known); ok {
		return d
	}
	if d, ok := earlierCopyOf(candidate, known); ok {
		return d
	}
	d := Decision{Verdict: Stored, Fact: candidate}
	if !SingleValued(candidate.Predicate) {
		return d
	}
	rivals := rivalsOf(candidate, known)
	for _, r := range rivals {
		if startsBefore(&candidate, &r) {
			endBefore(&d.Fact, r)
			break
		}
	}
	for _, r := range rivals {
		if !startsBefore(&candidate, &r) && (r.ValidTo == nil || r.ValidTo.After(candidate.EffectiveAt)) {
			d.Ends = append(d.Ends, EndedFact{ID: r.ID, ValidTo: candidate.EffectiveAt, By: candidate.ID})
		}
	}
	if len(d.Ends) > 0 {
		d.Verdict = Superseding
	}
	return d
}

func duplicateOf(c Fact, known []Fact) (Decision, bool) {
	for i := range known {
		k := &known[i]
		equal := k.ContentHash == c.ContentHash
		sameValue := SingleValued(c.Predicate) && k.SubjectKey == c.SubjectKey && k.Predicate == c.Predicate &&
			k.ObjectKey == c.ObjectKey && c.ObjectKey != "" && k.Negated == c.Negated
		if !equal && !sameValue {
			continue
		}
		if k.Holds(c.EffectiveAt) {
			return Decision{Verdict: Duplicate, Reason: "the same fact is known", DuplicateOf: k.ID, Fact: c}, true
		}
		if equal && k.HasSource(c.Sources) {
			return Decision{Verdict: Duplicate, Reason: "the same message recorded this fact already", DuplicateOf: k.ID, Fact: c}, true
		}
	}
	return Decision{}, false
}

// earlierCopyOf finds the first equal fact that begins after the candidate, if the
// candidate may be said to last until then: it states no end, and no rival begins in
// between. A rival that lasts at the candidate's start ends there.
func earlierCopyOf(c Fact, known []Fact) (Decision, bool) {
	next := -1
	for i := range known {
		later := known[i].ContentHash == c.ContentHash && startsBefore(&c, &known[i])
		if later && (next < 0 || startsBefore(&known[i], &known[next])) {
			next = i
		}
	}
	if next < 0 || c.ValidTo != nil {
		return Decision{}, false
	}
	d := Decision{Verdict: Duplicate, Reason: "the same fact is known from later on", DuplicateOf: known[next].ID, Fact: c, Begins: &c.EffectiveAt}
	if !SingleValued(c.Predicate) {
		return d, true
	}
	for _, r := range rivalsOf(c, known) {
		switch {
		case startsBefore(&c, &r) && startsBefore(&r, &known[next]):
			return Decision{}, false
		case r.Holds(c.EffectiveAt):
			d.Ends = append(d.Ends, EndedFact{ID: r.ID, ValidTo: c.EffectiveAt, By: known[next].ID})
		}
	}
	return d, true
}

// rivalsOf returns the known facts that cannot be true together with c, in the
// order of their effective start.
func rivalsOf(c Fact, known []Fact) []Fact {
	var rivals []Fact
	for _, k := range known {
		if k.SubjectKey != c.SubjectKey || k.Predicate != c.Predicate {
			continue
		}
		sameObject := k.ObjectKey == c.ObjectKey
		if (!k.Negated && !c.Negated && !sameObject) || (k.Negated != c.Negated && sameObject) {
			rivals = append(rivals, k)
		}
	}
	slices.SortFunc(rivals, func(a, b Fact) int {
		switch {
		case startsBefore(&a, &b):
			return -1
		case startsBefore(&b, &a):
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return rivals
}

// startsBefore orders facts by effective start, ties by message index.
func startsBefore(a, b *Fact) bool {
	if !a.EffectiveAt.Equal(b.EffectiveAt) {
		return a.EffectiveAt.Before(b.EffectiveAt)
	}
	return a.SourceIndex < b.SourceIndex
}

// endBefore ends f's interval where next begins, unless it ends earlier by itself.
func endBefore(f *Fact, next Fact) {
	if f.ValidTo != nil && !f.ValidTo.After(next.EffectiveAt) {
		return
	}
	end := next.EffectiveAt
	f.ValidTo, f.SupersededBy = &end, next.ID
}
