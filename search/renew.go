package search

import (
	"context"
	"math"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// Since is what was written since an answer was made.
type Since struct {
	IDs     []string                                                       // of facts that are new, say something else, or are gone
	Vectors func(ctx context.Context, ids []string) ([]pika.Vector, error) // of facts, those that are there
}

// What may change until a ranking is not made again from what it ranked.
const (
	mostDrift = 0.10 // of the facts of the memory, or leastDrift
	leastPart = 0.75 // of the pool must still be there

	leastDrift = 16
)

// Renew brings an answer up to date: it ranks again what an earlier search for the same
// question ranked, together with what was written since. The legs are not asked; the words
// of each fact are weighed as the keyword leg would, with the user's statistics of now,
// and new facts are compared by their vectors. ok is false if that may miss what a search
// would find; then search.
//
// What an index found is taken as it was, and what stood below the pool is taken to stay
// there: each change moves the rest by little, and after many of them a search is asked.
func (e *Engine) Renew(ctx context.Context, scope pika.Scope, q pika.Query, t *Trace, since Since) (answer pika.Answer, next *Trace, ok bool) {
	if t.Open {
		return answer, nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, share(q.Deadline, legShare))
	defer cancel()
	s := newReading(e, scope, q, ctx)
	k, ok := s.known(t)
	if !ok || !k.add(since) {
		return answer, nil, false
	}
	facts := k.rank()
	next = k.trace()
	if !k.suffices(next, len(since.IDs)) || s.incomplete.Load() {
		return answer, nil, false
	}
	return pika.Answer{Facts: s.factHits(facts), Messages: []pika.MessageHit{}, Tier: pika.TierNone}, next, true
}

// newReading is a run that asks no leg.
func newReading(e *Engine, scope pika.Scope, q pika.Query, ctx context.Context) *run {
	s := &run{
		Engine: e, scope: scope, query: q, now: e.config.Now(), index: e.config.Index(),
		ctx: ctx, legCtx: ctx, learned: make(chan struct{}), degraded: map[pika.Leg]bool{},
	}
	s.plan = NewPlan(q, func() *Vocabulary { return s.knownWords(ctx) }, s.now)
	s.questions = s.plan.questions()
	return s
}

// knownRanking ranks facts that are known, in place of what the legs find.
type knownRanking struct {
	*run
	before *Trace
	words  *Vocabulary
	query  pika.KeywordQuery

	vector  []float32
	cosines map[string]float64 // of those that the vector leg would find
	scale   Scale              // of the vector leg
	hits    int
	low     float64
	below   cosines
	least   float64 // BM25 that the keyword leg would have found at least

	facts []pika.Fact // what is ranked
	pool  []found[pika.Fact]
	gone  int // of the former pool
}

// known begins with what an earlier search for the same question ranked.
func (s *run) known(t *Trace) (*knownRanking, bool) {
	k := &knownRanking{run: s, before: t, vector: t.Vector, scale: t.Scale, hits: t.Hits, low: t.Low, below: t.Below, least: t.Least, cosines: map[string]float64{}}
	if s.plan.Text != t.Text || len(s.plan.Parts) > 0 || !k.readWords() || !sameQuery(k.query, t.Words) {
		return nil, false
	}
	for _, r := range t.Pool {
		if r.Cosine != notFound {
			k.cosines[r.ID] = r.Cosine
		}
	}
	return k, true
}

// readWords makes what the keyword leg would be asked, if the plan has it.
func (k *knownRanking) readWords() bool {
	if k.plan.Weights.Keyword == 0 {
		return true
	}
	if k.words = k.knownWords(k.ctx); k.words == nil {
		return false
	}
	k.query = k.plan.KeywordQuery(k.plan.Text, k.words)
	return true
}

func sameQuery(a, b pika.KeywordQuery) bool { return slices.EqualFunc(a, b, slices.Equal) }

// add reads the facts of the pool and those that were written since, and brings the scale of
// the cosines up to date.
func (k *knownRanking) add(since Since) bool {
	former := make([]string, len(k.before.Pool))
	for i, r := range k.before.Pool {
		former[i] = r.ID
	}
	if !k.read(append(slices.Clone(former), since.IDs...)) {
		return false
	}
	for _, id := range former {
		if !slices.ContainsFunc(k.facts, func(f pika.Fact) bool { return f.ID == id }) {
			k.gone++
		}
	}
	if k.vector == nil {
		return true
	}
	rows, err := since.Vectors(k.ctx, since.IDs)
	if err != nil {
		return false
	}
	for _, id := range since.IDs {
		k.drop(id)
	}
	for _, r := range rows {
		k.compare(r)
	}
	return true
}

// read reads what is ranked: what the truth has no more, or the filters leave out, is not.
func (k *knownRanking) read(ids []string) bool {
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > readBatch {
		return false
	}
	source := k.factSource()
	facts, err := guarded(k.ctx, k.Engine.facts, func(ctx context.Context) ([]pika.Fact, error) { return source.read(ctx, ids) })
	if err != nil {
		return false
	}
	k.facts = slices.DeleteFunc(facts, func(f pika.Fact) bool { return !source.keep(&f) })
	return true
}

// drop takes a fact off the vector leg.
func (k *knownRanking) drop(id string) {
	c, known := k.cosines[id]
	if known {
		delete(k.cosines, id)
	} else if k.below, c, known = k.below.without(id); !known {
		return
	}
	k.scale, k.hits = k.scale.without(c, k.hits)
	if c <= k.low {
		k.low = k.lowest()
	}
}

func (k *knownRanking) lowest() float64 {
	lowest := math.Inf(1)
	for _, c := range k.cosines {
		lowest = min(lowest, c)
	}
	if lowest = k.below.least(lowest); math.IsInf(lowest, 1) {
		return 0
	}
	return lowest
}

// compare puts a vector among the hits of the leg, if it reaches them.
func (k *knownRanking) compare(row pika.Vector) {
	if len(row.Values) != len(k.vector) {
		return
	}
	c := cosine(k.vector, row.Values)
	if k.hits >= vectorDepth {
		if c <= k.low {
			return
		}
		k.scale, k.hits = k.scale.without(k.low, k.hits) // the last one leaves
	} else if k.hits == 0 || c < k.low {
		k.low = c
	}
	k.cosines[row.ID] = c
	k.scale, k.hits = k.scale.with(c, k.hits)
}

// with and without return the scale of n cosines and one more, or one fewer (see
// CosineScale).
func (s Scale) with(c float64, n int) (Scale, int) {
	sum, squares := s.moments(n)
	return scaleOf(sum+c, squares+c*c, n+1), n + 1
}

func (s Scale) without(c float64, n int) (Scale, int) {
	sum, squares := s.moments(n)
	return scaleOf(sum-c, squares-c*c, n-1), n - 1
}

// moments returns the sum of n cosines and that of their squares.
func (s Scale) moments(n int) (sum, squares float64) {
	variance := 0.0
	if s.Factor > 0 {
		variance = 1 / (s.Factor * s.Factor)
	}
	return float64(n) * s.Origin, float64(n) * (variance + s.Origin*s.Origin)
}

// rank ranks the facts as a search would, and returns the answer's.
func (k *knownRanking) rank() []found[pika.Fact] {
	evidence := k.evidence()
	ranked := Fuse(evidence)
	byID := make(map[string]*pika.Fact, len(k.facts))
	for i := range k.facts {
		byID[k.facts[i].ID] = &k.facts[i]
	}
	var facts []found[pika.Fact]
	most := poolFor(k.run.query.Limit, len(k.plan.Periods) > 0)
	for _, c := range ranked {
		if f := byID[c.ID]; f != nil && len(facts) < most {
			facts = append(facts, found[pika.Fact]{item: f, candidate: c, evidence: evidence, strength: c.Strength})
		}
	}
	r := ranker{scope: k.scope, plan: &k.plan, query: k.run.query, now: k.now}
	shown, _ := r.rank(facts, nil)
	k.pool = r.pool
	return shown
}

// evidence is what the legs would have found of the facts.
func (k *knownRanking) evidence() []Evidence {
	var evidence []Evidence
	w := k.plan.Weights
	if w.Vector > 0 && k.vector != nil {
		evidence = append(evidence, Evidence{Leg: pika.LegVectors, Weight: w.Vector, Scale: k.scale, Hits: k.nearest()})
	}
	if w.Keyword > 0 {
		hits := k.matching()
		evidence = append(evidence, Evidence{Leg: pika.LegKeyword, Weight: w.Keyword, Scale: BM25Scale(hits), Hits: hits})
	}
	if w.Graph > 0 && k.config.Graph != nil && !k.before.Silent {
		evidence = append(evidence, Evidence{Leg: pika.LegGraph, Weight: w.Graph, Scale: graphScale(nil), Hits: linked(k.seeds(), k.facts)})
	}
	return evidence
}

// nearest returns the hits of the vector leg, the last of which stands for all that the
// pool does not hold.
func (k *knownRanking) nearest() []pika.Scored {
	hits := make([]pika.Scored, 0, len(k.cosines)+1)
	for id, c := range k.cosines {
		hits = append(hits, pika.Scored{ID: id, Score: c})
	}
	slices.SortFunc(hits, better)
	return append(hits, pika.Scored{Score: k.low})
}

// matching weighs the words of the facts as the keyword leg does, best first.
func (k *knownRanking) matching() []pika.Scored {
	var hits []pika.Scored
	for i := range k.facts {
		if score := k.words.bm25(k.query, k.facts[i].Text); score > 0 && score >= k.least {
			hits = append(hits, pika.Scored{ID: k.facts[i].ID, Score: score})
		}
	}
	slices.SortFunc(hits, better)
	return hits
}

// bm25 is the score of a fact's text by package keyword's formula.
func (v *Vocabulary) bm25(query pika.KeywordQuery, factText string) float64 {
	d := keyword.Count(factText)
	counts := make(map[string]float64, len(d.Terms))
	for _, c := range d.Terms {
		counts[c.Term] = float64(c.Count)
	}
	average := max(float64(v.length)/float64(max(v.facts, 1)), 1)
	sum := 0.0
	for _, group := range query {
		best := 0.0
		for _, a := range group {
			if n := counts[a.Term]; n > 0 {
				idf := rarity(float64(v.terms[a.Term]), float64(v.facts))
				best = max(best, a.Weight*idf*n*(keyword.K1+1)/(n+keyword.K1*(1-keyword.B+keyword.B*float64(d.Length)/average)))
			}
		}
		sum += best
	}
	return sum
}

func (s *run) seeds() []string { return Seeds(s.scope, s.plan.Text, s.plan.Language) }

// linked returns the facts that touch an entity of the seeds, as the graph leg finds them.
func linked(seeds []string, facts []pika.Fact) []pika.Scored {
	var hits []pika.Scored
	for i := range facts {
		if slices.ContainsFunc(facts[i].Entities, func(e pika.Entity) bool { return slices.Contains(seeds, e.ID) }) {
			hits = append(hits, pika.Scored{ID: facts[i].ID, Score: 1})
		}
	}
	return hits
}

// trace is that of the answer as of now.
func (k *knownRanking) trace() *Trace {
	t := *k.before
	t.Until, t.Scale, t.Hits, t.Low = untilOf(k.pool, k.now), k.scale, k.hits, k.low
	t.Pool, t.Below = nil, k.below
	for i := range k.pool {
		t.Pool = append(t.Pool, rankedOf(&k.pool[i]))
		delete(k.cosines, k.pool[i].item.ID)
	}
	for id, c := range k.cosines { // what fell out of the pool, or is filtered out
		t.Below = t.Below.with(id, c)
	}
	return &t
}

// suffices reports whether what is ranked is all that may be in the answer.
func (k *knownRanking) suffices(t *Trace, changes int) bool {
	if t.Whole {
		return t.Hits < vectorDepth
	}
	t.Drift += changes
	most := max(leastDrift, int(mostDrift*float64(t.Hits)))
	return t.Drift <= most && float64(len(t.Pool)) >= leastPart*float64(t.Ranked)
}
