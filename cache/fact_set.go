package cache

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// factSet is all live facts of one user, and where their words stand. Once others have it, it
// is never changed.
type factSet struct {
	facts      []*pika.Fact      // by number; nil: no longer
	numbers    map[string]uint32 // by id
	postings   map[string][]keyword.Posting
	statistics keyword.Statistics
	bytes      int
}

// Bytes of a fact beside its text: of itself with what it names, and of one of its terms.
const (
	factOverhead = 1024
	termOverhead = 32
)

func newFactSet() *factSet {
	return &factSet{numbers: map[string]uint32{}, postings: map[string][]keyword.Posting{}}
}

// clone is a copy that may be changed: what is appended to its lists is in no other's.
func (s *factSet) clone() *factSet {
	next := *s
	next.facts, next.numbers, next.postings = slices.Clone(s.facts), maps.Clone(s.numbers), make(map[string][]keyword.Posting, len(s.postings))
	for term, postings := range s.postings {
		next.postings[term] = slices.Clip(postings)
	}
	return &next
}

// sparse reports whether most of the numbers are of facts that are gone.
func (s *factSet) sparse() bool { return len(s.facts) > 2*len(s.numbers)+maxWorkingSet/4 }

// put adds a fact, or puts it in the place of the one with its id.
func (s *factSet) put(f *pika.Fact) {
	if at, known := s.numbers[f.ID]; known {
		if s.facts[at].Text == f.Text {
			s.facts[at] = f
			return
		}
		s.remove(f.ID)
	}
	d := keyword.Count(f.Text)
	d.Number = uint32(len(s.facts))
	s.facts, s.numbers[f.ID] = append(s.facts, f), d.Number
	for term, postings := range keyword.Postings([]keyword.Document{d}) {
		s.postings[term] = append(s.postings[term], postings...)
	}
	s.statistics.Add(d)
	s.bytes += sizeOf(f, d)
}

func (s *factSet) remove(id string) {
	at, known := s.numbers[id]
	if !known {
		return
	}
	d := keyword.Count(s.facts[at].Text)
	for _, t := range d.Terms {
		rest := slices.DeleteFunc(slices.Clone(s.postings[t.Term]), func(p keyword.Posting) bool { return p.Document == at })
		if s.postings[t.Term] = rest; len(rest) == 0 {
			delete(s.postings, t.Term)
		}
	}
	s.statistics.Remove(d)
	s.bytes -= sizeOf(s.facts[at], d)
	s.facts[at] = nil
	delete(s.numbers, id)
}

func sizeOf(f *pika.Fact, d keyword.Document) int {
	return factOverhead + 2*len(f.Text) + termOverhead*len(d.Terms)
}

// get returns facts in the order of ids, each once.
func (s *factSet) get(ids []string) []pika.Fact {
	facts := make([]pika.Fact, 0, len(ids))
	seen := make(map[uint32]bool, len(ids))
	for _, id := range ids {
		if at, ok := s.numbers[id]; ok && !seen[at] {
			seen[at] = true
			facts = append(facts, *s.facts[at])
		}
	}
	return facts
}

// search ranks the facts by the words of a query, as the truth does.
func (s *factSet) search(query pika.KeywordQuery, limit int) []pika.Scored {
	ranking := keyword.NewRanking(s.statistics)
	ranking.AddPostings(query, s.postings)
	var hits []pika.Scored
	for _, h := range ranking.Top(limit) {
		hits = append(hits, pika.Scored{ID: s.facts[h.Document].ID, Score: h.Score})
	}
	return keyword.Cut(hits, limit)
}

// vocabulary returns the terms of the facts, sorted.
func (s *factSet) vocabulary() []pika.TermDocuments {
	terms := make([]pika.TermDocuments, 0, len(s.postings))
	for term, postings := range s.postings {
		terms = append(terms, pika.TermDocuments{Term: term, Documents: len(postings)})
	}
	slices.SortFunc(terms, func(a, b pika.TermDocuments) int { return cmp.Compare(a.Term, b.Term) })
	return terms
}

// touching returns the facts that touch an entity, as the graph finds them at depth 1.
func (s *factSet) touching(seeds []string, limit int) []pika.GraphHit {
	var hits []pika.GraphHit
	for _, f := range s.facts {
		if f == nil {
			continue
		}
		at := slices.IndexFunc(seeds, func(seed string) bool {
			return slices.ContainsFunc(f.Entities, func(e pika.Entity) bool { return e.ID == seed })
		})
		if at >= 0 {
			hits = append(hits, pika.GraphHit{FactID: f.ID, Depth: 1, Path: []string{seeds[at]}})
		}
	}
	slices.SortFunc(hits, func(a, b pika.GraphHit) int { return cmp.Compare(a.FactID, b.FactID) })
	return hits[:min(limit, len(hits))]
}

func (w *WorkingSets) loadFacts(ctx context.Context, scope pika.Scope) (*factSet, error) {
	state, err := w.o.Keyword.KeywordState(ctx, scope)
	if err != nil || state.Documents[pika.CorpusFacts] > maxWorkingSet {
		return nil, err
	}
	s, page := newFactSet(), pika.PageRequest{Limit: pika.MaxPageLimit}
	for {
		facts, err := w.o.Facts.List(ctx, scope, pika.ListFacts{IncludeSuperseded: true}, page)
		if err != nil {
			return nil, err
		}
		for i := range facts.Items {
			s.put(&facts.Items[i])
		}
		switch {
		case len(s.numbers) > maxWorkingSet:
			return nil, nil
		case facts.Next == "":
			return s, nil
		}
		page.Cursor = facts.Next
	}
}

func (w *WorkingSets) followFacts(ctx context.Context, scope pika.Scope, s *factSet, changes []pika.Change) (*factSet, error) {
	ids := changedIn(pika.CorpusFacts, changes)
	switch {
	case len(ids) == 0:
		return s, nil
	case len(ids) > pika.MaxPageLimit:
		return nil, nil
	}
	facts, err := w.o.Facts.Get(ctx, scope, ids)
	if err != nil {
		return nil, err
	}
	next, there := s.clone(), make(map[string]bool, len(facts))
	for i := range facts {
		next.put(&facts[i])
		there[facts[i].ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			next.remove(id)
		}
	}
	if next.sparse() || len(next.numbers) > maxWorkingSet {
		return nil, nil
	}
	return next, nil
}
