package truth

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// The events of a fact's life, as pika.Revision names them.
const (
	EventRecorded    = "recorded"
	EventSourceAdded = "source_added"
	EventSuperseded  = "superseded"
	EventDeleted     = "deleted"
)

// CheckCommit applies the limits of Facts.Commit.
func CheckCommit(c pika.Commit) error {
	if len(c.Facts) > pika.MaxFactsPerCommit {
		return pika.InvalidField("facts", "must be at most %d", pika.MaxFactsPerCommit)
	}
	return nil
}

// Asks returns what pika.Decide must be told about candidates: the live facts with one
// of the content hashes, and those with one of the pairs of SubjectKey and Predicate.
func Asks(candidates []pika.Fact) (hashes []string, subjects [][2]string) {
	for i := range candidates {
		hashes = append(hashes, candidates[i].ContentHash)
		if pika.SingleValued(candidates[i].Predicate) {
			subjects = append(subjects, subjectOf(&candidates[i]))
		}
	}
	return hashes, subjects
}

func subjectOf(f *pika.Fact) [2]string { return [2]string{f.SubjectKey, f.Predicate} }

// Plan is what a commit changes. It is made before anything is written, so that later
// candidates see the effects of earlier ones.
type Plan struct {
	At        time.Time                // when the changes are recorded
	Created   []*pika.Fact             // new facts in their final state, in the order of the candidates
	Changed   []*pika.Fact             // known facts with another interval or more sources, by id
	Sources   map[string][]pika.Source // what was not a source of the fact with this id before
	Revisions []pika.Revision          // in the order they happened
	Outcomes  []pika.FactOutcome       // one per candidate, then the rejected items

	user, job string
	facts     map[string]*pika.Fact // known and new ones, by id
	byHash    map[string][]*pika.Fact
	bySubject map[[2]string][]*pika.Fact // single-valued predicates only
	changed   map[string]*pika.Fact
}

// NewPlan decides over a commit. known are the facts that Asks asked for, in any order;
// repeated ones count once. It sorts them.
func NewPlan(scope pika.Scope, c pika.Commit, known []pika.Fact) *Plan {
	p := &Plan{
		At: Floor(c.At), Sources: map[string][]pika.Source{},
		user: scope.User, job: c.JobID, facts: map[string]*pika.Fact{}, byHash: map[string][]*pika.Fact{},
		bySubject: map[[2]string][]*pika.Fact{}, changed: map[string]*pika.Fact{},
	}
	// Where several known facts could answer for a candidate the first one does, so
	// their order must not be an accident of the store.
	slices.SortFunc(known, func(a, b pika.Fact) int {
		return cmp.Or(a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, f := range known {
		p.add(f)
	}
	for _, candidate := range c.Facts {
		p.decide(candidate)
	}
	for _, r := range c.Rejected {
		r.Outcome, r.Supersedes, r.Stores = pika.Rejected, []string{}, map[pika.Store]pika.StoreState{}
		p.Outcomes = append(p.Outcomes, r)
	}
	for _, f := range p.Created {
		delete(p.changed, f.ID) // inserted in its final state
	}
	for _, id := range slices.Sorted(maps.Keys(p.changed)) {
		p.Changed = append(p.Changed, p.changed[id])
	}
	return p
}

// add makes a fact visible to the candidates that follow.
func (p *Plan) add(f pika.Fact) *pika.Fact {
	if have, ok := p.facts[f.ID]; ok {
		return have
	}
	p.facts[f.ID] = &f
	p.byHash[f.ContentHash] = append(p.byHash[f.ContentHash], &f)
	if pika.SingleValued(f.Predicate) {
		p.bySubject[subjectOf(&f)] = append(p.bySubject[subjectOf(&f)], &f)
	}
	return &f
}

// known returns the facts that bear on a candidate, each once.
func (p *Plan) known(c *pika.Fact) []pika.Fact {
	var known []pika.Fact
	for _, f := range p.byHash[c.ContentHash] {
		known = append(known, *f)
	}
	if !pika.SingleValued(c.Predicate) {
		return known
	}
	for _, f := range p.bySubject[subjectOf(c)] {
		if f.ContentHash != c.ContentHash {
			known = append(known, *f)
		}
	}
	return known
}

// decide runs the rules over one candidate and notes what follows from it.
func (p *Plan) decide(candidate pika.Fact) {
	d := pika.Decide(p.normalise(candidate), p.known(&candidate))
	outcome := pika.FactOutcome{
		FactID: d.Fact.ID, Text: candidate.Text, Outcome: d.Verdict, Reason: d.Reason,
		Supersedes: []string{}, Stores: map[pika.Store]pika.StoreState{},
	}
	if d.Verdict == pika.Duplicate {
		outcome.FactID = d.DuplicateOf
		p.prove(p.facts[d.DuplicateOf], candidate.Sources)
		p.begin(p.facts[d.DuplicateOf], d.Begins)
	} else {
		p.create(d.Fact)
	}
	for _, e := range d.Ends {
		p.end(e)
		outcome.Supersedes = append(outcome.Supersedes, e.ID)
	}
	p.Outcomes = append(p.Outcomes, outcome)
}

// normalise gives a candidate the form its row will have.
func (p *Plan) normalise(f pika.Fact) pika.Fact {
	f.UserID, f.RecordedAt, f.SupersededBy = p.user, p.At, ""
	f.EffectiveAt = Floor(f.EffectiveAt)
	f.ValidFrom, f.ValidTo = FloorOptional(f.ValidFrom), FloorOptional(f.ValidTo)
	f.Sources = distinct(f.Sources)
	return f
}
