package search

import (
	"context"
	"math"
	"slices"

	"github.com/pikamem/pika"
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
	if t.Open || q.Explain { // what explains a fact is not remembered
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
	next = k.trace(len(since.IDs))
	if !k.suffices(next, facts, since.IDs) || s.incomplete.Load() {
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
	view           // of the whole question
	parts  []*view // of its parts, if it asks several things
	silent bool    // the graph leg says nothing

	known []pika.Fact // what was read
	facts []pika.Fact // what is ranked
	pool  []found[pika.Fact]
	cut   float64 // strength by the legs of the best that the pool had no place for
}

// view is what vectors and keywords say of facts for one question.
type view struct {
	asked  pika.KeywordQuery
	weigh  func(pika.KeywordQuery, *pika.Fact) float64 // BM25
	scored map[string]float64                          // BM25 by fact, of those that were weighed
	best   pika.Scored                                 // the best of what was read, whether it may be in the answer or not

	vector  []float32
	cosines map[string]float64 // of those that the vector leg would find
	scale   Scale              // of the vector leg
	hits    int
	low     float64
	below   cosines
	least   float64 // BM25 that the keyword leg would have found at least
}

// newView begins with what was measured before.
func (k *knownRanking) newView(m *Measured) view {
	return view{
		weigh:   func(q pika.KeywordQuery, f *pika.Fact) float64 { return k.words.bm25(q, k.document(f)) },
		scored:  map[string]float64{},
		vector:  m.Vector,
		cosines: map[string]float64{},
		scale:   m.Scale, hits: m.Hits, low: m.Low, below: m.Below, least: m.Least,
	}
}

// views returns those of the whole question and of its parts.
func (k *knownRanking) views() []*view { return append([]*view{&k.view}, k.parts...) }

// known begins with what an earlier search for the same question ranked.
func (s *run) known(t *Trace) (*knownRanking, bool) {
	k := &knownRanking{run: s, before: t, silent: t.Silent}
	k.view = k.newView(&t.Measured)
	if s.plan.Text != t.Text || len(s.plan.Parts) != len(t.Parts) || !k.readWords() || !sameQuery(k.asked, t.Words) {
		return nil, false
	}
	for _, r := range t.Pool {
		k.find(r.ID, r.Cosine)
	}
	for i := range t.Parts {
		if !k.knownPart(i) {
			return nil, false
		}
	}
	return k, true
}

func (k *knownRanking) knownPart(i int) bool {
	part := &k.before.Parts[i]
	v := k.newView(&part.Measured)
	if k.words != nil {
		v.asked = k.plan.KeywordQuery(k.plan.Parts[i], k.words)
	}
	if !sameQuery(v.asked, part.Words) {
		return false
	}
	for j, r := range k.before.Pool {
		v.find(r.ID, part.Cosines[j])
	}
	k.parts = append(k.parts, &v)
	return true
}

// find notes a cosine, if it is one.
func (v *view) find(id string, cosine float64) {
	if cosine != notFound {
		v.cosines[id] = cosine
	}
}

// add reads the facts of the pool and those that were written since, and brings the scale of
// the cosines up to date.
func (k *knownRanking) add(since Since) bool {
	if !k.read(k.before.ids(since.IDs)) {
		return false
	}
	if k.vector == nil {
		return true
	}
	rows, err := since.Vectors(k.ctx, since.IDs)
	if err != nil {
		return false
	}
	for _, v := range k.views() {
		for _, id := range since.IDs {
			v.drop(id)
		}
		for _, r := range rows {
			v.compare(r)
		}
	}
	return true
}

// ids returns the facts of the pool, the best by words, and others.
func (t *Trace) ids(others []string) []string {
	ids := append(slices.Clone(others), t.Best)
	for _, r := range t.Pool {
		ids = append(ids, r.ID)
	}
	for i := range t.Parts {
		ids = append(ids, t.Parts[i].Best)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
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
	for _, v := range k.views() {
		v.findBest(facts)
	}
	k.known = facts
	k.facts = slices.DeleteFunc(slices.Clone(facts), func(f pika.Fact) bool { return !source.keep(&f) })
	return true
}

// rank ranks the facts as a search would, and returns the answer's.
func (k *knownRanking) rank() []found[pika.Fact] {
	evidence, ofParts := k.evidence()
	ranked := Fuse(evidence, ofParts...)
	byID := make(map[string]*pika.Fact, len(k.facts))
	for i := range k.facts {
		byID[k.facts[i].ID] = &k.facts[i]
	}
	var facts []found[pika.Fact]
	most := poolFor(k.run.query.Limit, len(k.plan.Periods) > 0)
	k.cut = math.Inf(-1)
	for _, c := range ranked {
		f := byID[c.ID]
		switch {
		case f == nil:
		case len(facts) == most:
			k.cut = max(k.cut, c.Strength)
		default:
			facts = append(facts, found[pika.Fact]{item: f, candidate: c, evidence: evidence, strength: c.Strength})
		}
	}
	r := ranker{scope: k.scope, plan: &k.plan, query: k.run.query, now: k.now}
	shown, _ := r.rank(facts, nil)
	k.pool = r.pool
	return shown
}

// evidence is what the legs would have found of the facts, for the whole question and for its
// parts.
func (k *knownRanking) evidence() (whole []Evidence, parts [][]Evidence) {
	whole = k.evidenceOf(&k.view)
	if w := k.plan.Weights.Graph; w > 0 && k.config.Graph != nil && !k.silent {
		whole = append(whole, Evidence{Leg: pika.LegGraph, Weight: w, Scale: graphScale(nil), Hits: linked(k.seeds(), k.facts)})
	}
	for _, v := range k.parts {
		parts = append(parts, k.evidenceOf(v))
	}
	return whole, parts
}

func (k *knownRanking) evidenceOf(v *view) []Evidence {
	var evidence []Evidence
	w := k.plan.Weights
	if w.Vector > 0 && v.vector != nil {
		evidence = append(evidence, Evidence{Leg: pika.LegVectors, Weight: w.Vector, Scale: v.scale, Hits: v.nearest()})
	}
	if w.Keyword > 0 {
		evidence = append(evidence, Evidence{Leg: pika.LegKeyword, Weight: w.Keyword, Scale: BM25Scale([]pika.Scored{v.best}), Hits: v.matching(k.facts)})
	}
	return evidence
}

// trace is that of the answer as of now.
func (k *knownRanking) trace(changes int) *Trace {
	t := *k.before
	t.Until = untilOf(k.pool, k.now)
	if !t.Whole {
		t.Drift += changes
	}
	t.Pool, t.Parts = nil, nil
	for i := range k.pool {
		t.Pool = append(t.Pool, rankedOf(&k.pool[i]))
	}
	k.measure(&t.Measured, k.pool)
	for i, v := range k.parts {
		part := Part{Measured: k.before.Parts[i].Measured}
		part.Cosines = v.measure(&part.Measured, k.pool)
		v.strongest(&part.Measured, k.known, k.pool)
		t.Parts = append(t.Parts, part)
	}
	if cut := !math.IsInf(k.cut, -1); cut && t.Whole {
		t.Whole, t.Ranked, t.Floor, t.PerBM25 = false, len(k.pool), k.cut, k.perBM25()
	} else if cut {
		t.Floor = max(t.Floor, k.cut)
	}
	k.strongest(&t.Measured, k.known, k.pool)
	return &t
}

// measure brings up to date what vectors measured by, and returns the cosines of the pool.
func (v *view) measure(m *Measured, pool []found[pika.Fact]) []float64 {
	m.Scale, m.Hits, m.Low, m.Below = v.scale, v.hits, v.low, slices.Clip(v.below)
	within := make([]float64, len(pool))
	for i := range pool {
		id, known := pool[i].item.ID, false
		if within[i], known = v.cosines[id]; !known {
			within[i] = notFound
		}
		delete(v.cosines, id)
	}
	for id, c := range v.cosines { // what fell out of the pool, or is filtered out
		m.Below = m.Below.with(id, c)
	}
	return within
}

// suffices reports whether what is ranked is all that may be in the answer.
func (k *knownRanking) suffices(t *Trace, shown []found[pika.Fact], since []string) bool {
	if !k.knowsParts() || !k.knowsBest(&k.before.Measured, k.known) || !k.knowsLinks(t, since) || !k.knowsLast(shown) {
		return false
	}
	if k.before.Whole {
		return t.Hits < vectorDepth
	}
	most := max(leastDrift, int(mostDrift*float64(t.Hits)))
	return t.Drift <= most && float64(len(t.Pool)) >= leastPart*float64(t.Ranked) && k.reachesFloor(t, shown)
}

// knowsParts reports whether it is known what the keyword leg finds for each part.
func (k *knownRanking) knowsParts() bool {
	for i, v := range k.parts {
		if v.least > 0 || !v.knowsBest(&k.before.Parts[i].Measured, k.known) {
			return false
		}
	}
	return true
}

// reachesFloor reports whether no fact that was not ranked may be in the answer, though there
// may be room for it in the pool.
func (k *knownRanking) reachesFloor(t *Trace, shown []found[pika.Fact]) bool {
	above := 0
	for i := range k.pool {
		if k.pool[i].candidate.Strength >= t.Floor {
			above++
		}
	}
	if above >= poolFor(k.run.query.Limit, len(k.plan.Periods) > 0) {
		return true
	}
	most := t.Floor + k.smallRules()
	if len(shown) < k.run.query.Limit {
		return len(k.pool) > len(shown) && ScoreOf(most) < k.run.query.MinScore
	}
	return shown[len(shown)-1].strength >= most
}

// smallRules is the most that the rules of the ranking may add to what the legs gave a fact.
func (k *knownRanking) smallRules() float64 {
	most := recencyWeight
	if k.plan.Negative {
		most += negationWeight
	}
	if len(k.plan.Periods) > 0 {
		most += timeWeight
	}
	return most
}
