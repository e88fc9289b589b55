package search

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/text"
)

const (
	relatedDepth = 2
	// maxWalks bounds the walks of one search that are under way at once.
	maxWalks = 8
	// walkShare is how much of what is left the walks may take; the rest is for reading
	// what they found.
	walkShare = 0.6
	// commonLeast is how many facts of an answer must touch an entity before it may be
	// common ground: see relate.
	commonLeast = 3
)

// relate gives each fact of the answer its neighbours in the entity graph, at most
// query.Related. A neighbour is a fact that touches an entity of the fact, or an entity
// of such a neighbour; what the answer holds already is none.
//
// The user's own entity, which "user" as a subject stands for, leads nowhere: nearly all
// facts touch it, so what is reached through it alone is left out. An entity that most
// facts of the answer touch, such as the user's name, is common ground: neighbours are
// looked for from it only if the fact touches no other, and never beyond. The graph finds; the truth decides: a neighbour must share the
// entities of its path with the facts in between as they are now, must hold at the time
// that is asked for, and must pass the filters that say where facts come from (metadata,
// conversation, language, times of recording, confidence), not those that say what was
// asked about (categories, predicates, entities).
//
// Nearest come first; of equally near ones those through an entity that fewer of the
// neighbours touch, then by id. What does not come in time is missing, and the answer
// names pika.LegGraph in Degraded.
func (s *run) relate(hits []pika.FactHit) {
	if s.query.Related == 0 || len(hits) == 0 {
		return
	}
	if s.config.Graph == nil {
		s.without(pika.LegGraph)
		return
	}
	n := newNeighbourhood(s, hits)
	n.walk()
	if err := n.read(); err != nil {
		s.degrade(pika.LegGraph, err)
		return
	}
	keep := FactFilter(s.scope, s.provenance(), s.now)
	for i := range hits {
		hits[i].Related = n.related(i, keep)
	}
}

// provenance is the query with only those filters that say where facts come from.
func (s *run) provenance() pika.Query {
	q := s.query
	q.Filters.Categories, q.Filters.Predicates, q.Filters.Entities = nil, nil, nil
	return q
}

// neighbourhood is what the graph and the truth say around the facts of an answer.
type neighbourhood struct {
	*run
	hits    []pika.FactHit
	own     string                // the user's own entity
	touched map[string]int        // how many facts of the answer touch an entity
	facts   map[string]*pika.Fact // what is known of the truth, the answer's facts among it
	answer  map[string]bool       // ids of the answer's facts
	seeds   [][]string            // of each hit: entities to look from
	found   [][]pika.GraphHit     // of each hit; nil: late, failed, or no seeds
}

func newNeighbourhood(s *run, hits []pika.FactHit) *neighbourhood {
	n := &neighbourhood{
		run: s, hits: hits, own: pika.EntityID(s.scope, text.Fold(pika.DefaultSubject)), touched: map[string]int{},
		facts: map[string]*pika.Fact{}, answer: map[string]bool{}, found: make([][]pika.GraphHit, len(hits)),
	}
	for i := range hits {
		f := &hits[i].Fact
		n.facts[f.ID], n.answer[f.ID] = f, true
		for _, e := range entityIDs(f) {
			n.touched[e]++
		}
	}
	for i := range hits {
		n.seeds = append(n.seeds, n.seedsOf(&hits[i].Fact))
	}
	return n
}

// isCommon reports whether over half of the answer's facts touch an entity, and not only
// one or two.
func (n *neighbourhood) isCommon(entity string) bool {
	return n.touched[entity] >= commonLeast && 2*n.touched[entity] > len(n.hits)
}

// seedsOf returns a fact's entities without the user's own, those first that fewest facts
// of the answer touch; what is common ground only where there is nothing else.
func (n *neighbourhood) seedsOf(f *pika.Fact) []string {
	var seeds, common []string
	for _, e := range entityIDs(f) {
		switch {
		case e == n.own:
		case n.isCommon(e):
			common = append(common, e)
		default:
			seeds = append(seeds, e)
		}
	}
	if len(seeds) == 0 {
		seeds = common
	}
	slices.SortStableFunc(seeds, func(a, b string) int { return cmp.Compare(n.touched[a], n.touched[b]) })
	return seeds[:min(len(seeds), pika.MaxGraphSeeds)]
}

// walk asks the graph from each fact.
func (n *neighbourhood) walk() {
	deadline, _ := n.ctx.Deadline()
	ctx, cancel := context.WithTimeout(n.ctx, share(time.Until(deadline), walkShare))
	defer cancel()
	turns := make(chan struct{}, maxWalks)
	var walks sync.WaitGroup
	for i, seeds := range n.seeds {
		if len(seeds) == 0 {
			continue
		}
		walks.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			found, err := guarded(ctx, n.graph, func(ctx context.Context) ([]pika.GraphHit, error) {
				return n.config.Graph.Expand(ctx, n.scope, seeds, relatedDepth, pika.MaxGraphHits)
			})
			if err != nil {
				n.degrade(pika.LegGraph, err)
				return
			}
			n.found[i] = found
		})
	}
	walks.Wait()
}

// entityIDs returns a fact's entities, each once, the subject's last: what a fact says
// of its subject tells more of it than the subject.
func entityIDs(f *pika.Fact) []string {
	var ids []string
	for i := range f.Entities {
		id := f.Entities[(i+1)%len(f.Entities)].ID
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// read reads once from the truth what was found, the nearest of each fact first, as many
// as one read may return.
func (n *neighbourhood) read() error {
	ids := n.wanted()
	if len(ids) == 0 {
		return nil
	}
	facts, err := guarded(n.ctx, n.run.facts, func(ctx context.Context) ([]pika.Fact, error) {
		return n.config.Facts.Get(ctx, n.scope, ids)
	})
	for i := range facts {
		n.facts[facts[i].ID] = &facts[i]
	}
	return err
}

// wanted takes turns among the facts, so that none takes all places.
func (n *neighbourhood) wanted() []string {
	var ids []string
	known := map[string]bool{}
	for id := range n.facts {
		known[id] = true
	}
	for turn := range pika.MaxGraphHits {
		for _, found := range n.found {
			if turn < len(found) && !known[found[turn].FactID] && len(ids) < pika.MaxPageLimit {
				known[found[turn].FactID] = true
				ids = append(ids, found[turn].FactID)
			}
		}
	}
	return ids
}

// neighbour is a fact that may be related to another, and the entities between them.
type neighbour struct {
	fact *pika.Fact
	path []pika.Entity
}

// related returns the neighbours of one fact of the answer.
func (n *neighbourhood) related(hit int, keep func(*pika.Fact) bool) []pika.RelatedFact {
	near := n.near(hit)
	all := append(near, n.far(hit, near)...)
	rarity := map[string]int{} // how many of the neighbours are reached through an entity
	for _, x := range all {
		rarity[x.last()]++
	}
	slices.SortStableFunc(all, func(a, b neighbour) int {
		return cmp.Or(cmp.Compare(len(a.path), len(b.path)), cmp.Compare(rarity[a.last()], rarity[b.last()]), cmp.Compare(a.fact.ID, b.fact.ID))
	})
	var related []pika.RelatedFact
	for _, x := range all {
		if len(related) < n.query.Related && !n.answer[x.fact.ID] && keep(x.fact) {
			related = append(related, pika.RelatedFact{FactID: x.fact.ID, Text: x.fact.Text, Path: x.names()})
		}
	}
	return related
}

func (x *neighbour) last() string { return x.path[len(x.path)-1].ID }

func (x *neighbour) names() []string {
	names := make([]string, 0, len(x.path))
	for _, e := range x.path {
		if e.Name != "" {
			names = append(names, e.Name)
		}
	}
	return names
}

// near returns the facts that were found and touch a seed, each by the first it touches.
func (n *neighbourhood) near(hit int) []neighbour {
	seeds := places(n.seeds[hit])
	var near []neighbour
	for _, f := range n.around(hit) {
		if e, ok := seeds.first(f); ok {
			near = append(near, neighbour{f, []pika.Entity{e}})
		}
	}
	return near
}

// far returns the facts that were found and touch no seed, but another entity of a near
// fact: neither the user's own nor one that is common ground.
func (n *neighbourhood) far(hit int, near []neighbour) []neighbour {
	seeds, between := places(n.seeds[hit]), order{}
	seedOf := map[string]pika.Entity{}
	for _, x := range near {
		for _, e := range entityIDs(x.fact) {
			_, isSeed := seeds[e]
			if _, known := between[e]; !known && !isSeed && e != n.own && !n.isCommon(e) {
				between[e], seedOf[e] = len(between), x.path[0]
			}
		}
	}
	var far []neighbour
	for _, f := range n.around(hit) {
		_, isNear := seeds.first(f)
		if e, ok := between.first(f); ok && !isNear {
			far = append(far, neighbour{f, []pika.Entity{seedOf[e.ID], e}})
		}
	}
	return far
}

// around returns the facts that the graph found from one of the answer, in its order,
// as far as the truth has them.
func (n *neighbourhood) around(hit int) []*pika.Fact {
	var facts []*pika.Fact
	for _, h := range n.found[hit] {
		if f := n.facts[h.FactID]; f != nil && h.FactID != n.hits[hit].Fact.ID {
			facts = append(facts, f)
		}
	}
	return facts
}

// order is the place of entities in a list.
type order map[string]int

func places(entities []string) order {
	o := order{}
	for i, e := range entities {
		o[e] = i
	}
	return o
}

// first returns that entity of a fact which stands first.
func (o order) first(f *pika.Fact) (first pika.Entity, ok bool) {
	for _, e := range f.Entities {
		if at, known := o[e.ID]; known && (!ok || at < o[first.ID]) {
			first, ok = e, true
		}
	}
	return first, ok
}
