package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/pikamem/pika"
)

// Commit implements pika.Facts. A fact whose id is taken by another job's is a
// Conflict, and nothing is written.
func (db *DB) Commit(ctx context.Context, scope pika.Scope, c pika.Commit) ([]pika.FactOutcome, error) {
	if len(c.Facts) > pika.MaxFactsPerCommit {
		return nil, pika.InvalidField("facts", "must be at most %d", pika.MaxFactsPerCommit)
	}
	var outcomes []pika.FactOutcome
	err := db.write(ctx, "commit facts", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		known, err := wasCommitted(ctx, tx, key, c.JobID, c.Chunk)
		if err != nil {
			return err
		}
		if known {
			outcomes, err = loadOutcomes(ctx, tx, key, c.JobID, c.Chunk)
			return err
		}
		outcomes, err = commitNew(ctx, tx, key, scope, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

func commitNew(ctx context.Context, tx querier, key int64, scope pika.Scope, c pika.Commit) ([]pika.FactOutcome, error) {
	p := &plan{user: scope.User, job: c.JobID, at: floor(c.At), facts: map[string]*pika.Fact{}}
	if err := p.load(ctx, tx, key, c.Facts); err != nil {
		return nil, err
	}
	for _, candidate := range c.Facts {
		p.decide(candidate)
	}
	for _, r := range c.Rejected {
		r.Outcome, r.Supersedes, r.Stores = pika.Rejected, []string{}, map[pika.Store]pika.StoreState{}
		p.outcomes = append(p.outcomes, r)
	}
	if err := p.write(ctx, tx, key); err != nil {
		return nil, err
	}
	return p.outcomes, saveOutcomes(ctx, tx, key, c.JobID, c.Chunk, p.outcomes)
}

// plan collects what a commit changes, so that later candidates see the effects of
// earlier ones before anything is written.
type plan struct {
	user string
	job  string
	at   time.Time

	facts     map[string]*pika.Fact // known and new ones, by id
	byHash    map[string][]*pika.Fact
	bySubject map[[2]string][]*pika.Fact // single-valued predicates only

	created   []*pika.Fact
	ended     map[string]*pika.Fact // known facts whose interval changed
	proved    map[string]*pika.Fact // known facts that got sources
	sources   map[string][]pika.Source
	revisions []pika.Revision
	outcomes  []pika.FactOutcome
}

// load reads the known facts that Decide asks for.
func (p *plan) load(ctx context.Context, tx querier, key int64, candidates []pika.Fact) error {
	p.byHash, p.bySubject = map[string][]*pika.Fact{}, map[[2]string][]*pika.Fact{}
	p.ended, p.proved, p.sources = map[string]*pika.Fact{}, map[string]*pika.Fact{}, map[string][]pika.Source{}
	var hashes []string
	var subjects [][2]string
	for i := range candidates {
		hashes = append(hashes, candidates[i].ContentHash)
		if pika.SingleValued(candidates[i].Predicate) {
			subjects = append(subjects, subjectOf(&candidates[i]))
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	equal, err := queryFacts(ctx, tx, p.user,
		"SELECT "+factColumns+" FROM facts WHERE scope = ? AND content_hash IN (SELECT value FROM json_each(?))", key, jsonList(hashes))
	if err != nil {
		return err
	}
	rivals, err := queryFacts(ctx, tx, p.user, `SELECT `+factColumns+` FROM facts WHERE scope = ? AND (subject_key, predicate) IN
		(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))`, key, jsonList(subjects))
	for _, f := range append(equal, rivals...) {
		p.add(f)
	}
	return err
}

func subjectOf(f *pika.Fact) [2]string { return [2]string{f.SubjectKey, f.Predicate} }

// add makes a fact visible to the candidates that follow.
func (p *plan) add(f pika.Fact) *pika.Fact {
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
func (p *plan) known(c *pika.Fact) []pika.Fact {
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
func (p *plan) decide(candidate pika.Fact) {
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
	p.outcomes = append(p.outcomes, outcome)
}

// normalise gives a candidate the form its row will have.
func (p *plan) normalise(f pika.Fact) pika.Fact {
	f.UserID, f.RecordedAt, f.SupersededBy = p.user, p.at, ""
	f.EffectiveAt = floor(f.EffectiveAt)
	f.ValidFrom, f.ValidTo = floorOptional(f.ValidFrom), floorOptional(f.ValidTo)
	f.Sources = distinct(f.Sources)
	return f
}

func floorOptional(t *time.Time) *time.Time { return optionalTime(optionalMicros(t)) }

func distinct(sources []pika.Source) []pika.Source {
	var once []pika.Source
	for _, s := range sources {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

func (p *plan) create(f pika.Fact) {
	made := p.add(f)
	p.created = append(p.created, made)
	recorded := pika.Revision{FactID: f.ID, Event: eventRecorded, At: p.at, JobID: p.job, Text: f.Text}
	if len(f.Sources) > 0 {
		recorded.Source = &f.Sources[0]
	}
	p.revisions = append(p.revisions, recorded)
	for i := 1; i < len(f.Sources); i++ {
		p.note(f.ID, f.Sources[i])
	}
	p.sources[f.ID] = slices.Clone(f.Sources)
	if f.SupersededBy != "" {
		p.revisions = append(p.revisions, pika.Revision{FactID: f.ID, Event: eventSuperseded, At: p.at, JobID: p.job, By: f.SupersededBy})
	}
}

func (p *plan) note(id string, s pika.Source) {
	p.revisions = append(p.revisions, pika.Revision{FactID: id, Event: eventSourceAdded, At: p.at, JobID: p.job, Source: &s})
}

// prove adds the sources of a repetition to the fact that is known.
func (p *plan) prove(f *pika.Fact, sources []pika.Source) {
	for _, s := range distinct(sources) {
		if slices.Contains(f.Sources, s) {
			continue
		}
		f.Sources = append(f.Sources, s)
		p.sources[f.ID] = append(p.sources[f.ID], s)
		p.proved[f.ID] = f
		p.note(f.ID, s)
	}
}

// begin moves the start of a fact's interval back; nil leaves it.
func (p *plan) begin(f *pika.Fact, at *time.Time) {
	if at == nil {
		return
	}
	f.EffectiveAt = *at
	if f.ValidFrom != nil {
		f.ValidFrom = at
	}
	p.proved[f.ID] = f
}

// end closes the interval of a fact.
func (p *plan) end(e pika.EndedFact) {
	f := p.facts[e.ID]
	f.ValidTo, f.SupersededBy = &e.ValidTo, e.By
	p.ended[e.ID] = f
	p.revisions = append(p.revisions, pika.Revision{FactID: e.ID, Event: eventSuperseded, At: p.at, JobID: p.job, By: e.By})
}
