package search

import (
	"context"
	"math"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// localVectors is a pika.Vectors that may know a user's vectors in the memory of the process.
type localVectors interface {
	// AnswersLocally reports whether the next search would be answered from there.
	AnswersLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus) bool
}

// Transferred is the answer to a question from what a search for another one ranked.
type Transferred struct {
	Answer pika.Answer
	Trace  *Trace

	// Similarity is the cosine of the two questions.
	Similarity float64

	// Doubt is by how much a fact that was not ranked may be stronger than the answer's last,
	// in the unit of the vector leg. Below 0 none can be in the answer: it is what a search
	// would find. Infinite: not all of the user's vectors were compared.
	Doubt float64

	// Lead is by how much the first fact is stronger than the second.
	Lead float64
}

// Certified says that no fact outside of what was ranked can be in the answer.
func (t Transferred) Certified() bool { return t.Doubt < 0 }

// Transfer answers a question that asks nearly what an earlier search was asked: what that
// ranked is ranked again for this question, by its own words and its own vector, together
// with the facts nearest to it, if the process knows the user's vectors. The stores of
// words and of entities are not asked. ok is false where that cannot be done.
func (e *Engine) Transfer(ctx context.Context, scope pika.Scope, q pika.Query, t *Trace, vectors func(context.Context, []string) ([]pika.Vector, error)) (Transferred, bool) {
	if t.Open {
		return Transferred{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, share(q.Deadline, legShare))
	defer cancel()
	s := newReading(e, scope, q, ctx)
	if len(s.plan.Parts) > 0 || confines(q.Filters) {
		return Transferred{}, false
	}
	k := &transfer{knownRanking: knownRanking{run: s, before: t, cosines: map[string]float64{}}, vectors: vectors}
	if !k.readWords() || !k.gather() || !k.read(k.candidates()) || !k.compareRest() || s.incomplete.Load() {
		return Transferred{}, false
	}
	facts := k.rank()
	answer := pika.Answer{Facts: s.factHits(facts), Messages: []pika.MessageHit{}, Tier: pika.TierNone}
	return Transferred{Answer: answer, Trace: k.trace(), Similarity: k.similarity(), Doubt: k.doubt(facts), Lead: lead(facts)}, true
}

// transfer is a knownRanking for another question than the one that was asked before.
type transfer struct {
	knownRanking
	vectors func(context.Context, []string) ([]pika.Vector, error)

	local bool          // the process knows the user's vectors
	near  []pika.Scored // what the vector leg finds, if so
	reads map[string]bool
}

// gather embeds the question and reads the vector leg, if the process can answer for it.
func (k *transfer) gather() bool {
	if k.plan.Weights.Vector == 0 {
		return true
	}
	k.embed()
	if k.vectorErr != nil || len(k.run.vectors) == 0 {
		return false
	}
	k.vector = k.run.vectors[0]
	if len(k.before.Vector) != len(k.vector) {
		return false
	}
	local, ok := k.index.Vectors.(localVectors)
	if k.local = ok && local.AnswersLocally(k.ctx, k.scope, pika.CorpusFacts); !k.local {
		k.scale, k.hits, k.low = k.before.Scale, k.before.Hits, k.before.Low
		return true
	}
	near, err := guarded(k.ctx, k.Engine.vectors, func(ctx context.Context) ([]pika.Scored, error) {
		return k.index.Vectors.SearchVectors(ctx, k.scope, pika.CorpusFacts, k.vector, vectorDepth)
	})
	if err != nil {
		return false
	}
	for _, h := range near {
		h.Score = float64(float32(h.Score))
		k.near = append(k.near, h)
		k.cosines[h.ID] = h.Score
	}
	slices.SortFunc(k.near, better)
	k.scale, k.hits = CosineScale(k.near), len(k.near)
	if k.hits > 0 {
		k.low = k.near[k.hits-1].Score
	}
	return true
}

// nearest is how many of the facts nearest to the question are ranked: enough that what lies
// below is far from the answer, whatever its words.
const nearest = 160

// candidates are the facts of the pool, and those nearest to the question.
func (k *transfer) candidates() []string {
	var ids []string
	for _, r := range k.before.Pool {
		ids = append(ids, r.ID)
	}
	for _, h := range k.near[:min(nearest, len(k.near))] {
		ids = append(ids, h.ID)
	}
	k.reads = map[string]bool{}
	for _, id := range ids {
		k.reads[id] = true
	}
	return ids
}

// compareRest compares the facts that the vector leg did not find, or all where it was not
// asked.
func (k *transfer) compareRest() bool {
	if k.local || k.plan.Weights.Vector == 0 {
		return true
	}
	ids := make([]string, 0, len(k.facts))
	for i := range k.facts {
		ids = append(ids, k.facts[i].ID)
	}
	rows, err := k.vectors(k.ctx, ids)
	if err != nil {
		return false
	}
	for _, r := range rows {
		if len(r.Values) == len(k.vector) {
			k.cosines[r.ID] = cosine(k.vector, r.Values)
		}
	}
	return true
}

func (k *transfer) similarity() float64 {
	if k.vector == nil {
		return 0
	}
	return cosine(k.vector, k.before.Vector)
}

// trace is that of a search for the question, as far as it is known.
func (k *transfer) trace() *Trace {
	t := &Trace{
		Until: untilOf(k.pool, k.now), Text: k.plan.Text, Vector: k.vector, Scale: k.scale, Hits: k.hits, Low: k.low,
		Silent: k.before.Silent, Outside: k.before.Outside, Whole: k.before.Whole, Ranked: max(k.before.Ranked, len(k.pool)), Drift: k.before.Drift,
	}
	t.Words = k.query
	t.Below = cosinesOf(k.near, k.pool)
	for i := range k.pool {
		if i == 0 || k.pool[i].candidate.Strength < t.Floor {
			t.Floor = k.pool[i].candidate.Strength
		}
		t.Pool = append(t.Pool, rankedOf(&k.pool[i]))
	}
	return t
}

// slack is what the small rules of the ranking may add to a fact.
func (k *transfer) slack() float64 {
	slack := recencyWeight
	if k.plan.Negative {
		slack += negationWeight
	}
	if len(k.plan.Periods) > 0 {
		slack += timeWeight
	}
	if k.plan.Weights.Graph > 0 && k.config.Graph != nil && !k.before.Silent && len(k.seeds()) > 0 {
		slack += k.plan.Weights.Graph
	}
	return slack
}

// lead is by how much the first fact is stronger than the second.
func lead(facts []found[pika.Fact]) float64 {
	if len(facts) < 2 {
		return math.Inf(1)
	}
	return facts[0].strength - facts[1].strength
}

// doubt returns by how much a fact that was not ranked may be stronger than the answer's
// last. How near such a fact is to both questions is known. Its words gave it, for the former
// question, no more than kept it below the pool, nor more than any fact outside of it got:
//
//	strength(u) ≤ vector(u) + min(new + ratio · min(floor − former vector(u), outside), all) + slack
//
// where ratio is how much more a term that both questions ask for may count now, new is the
// most that terms can give which only this question asks for, and all is the most that all
// of its terms can; a term that no other fact holds than those ranked gives nothing. (The
// certified hit of the notes bounds what is not known by the triangle inequality between the
// two vectors. Here the cosines are known, and the words are bounded.)
func (k *transfer) doubt(shown []found[pika.Fact]) float64 {
	if !k.local {
		return math.Inf(1)
	}
	all := k.hits < vectorDepth // the vector leg found every fact there is
	unread := slices.DeleteFunc(slices.Clone(k.near), func(h pika.Scored) bool { return k.reads[h.ID] })
	switch {
	case all && len(unread) == 0:
		return math.Inf(-1)
	case len(shown) < k.run.query.Limit:
		return math.Inf(1)
	}
	words, former := k.mostWords(), k.before.Below.byHash()
	most := math.Inf(-1)
	if !all {
		most = k.strength(k.low) + words(k.before.Low)
	}
	for _, h := range unread {
		before, known := former[hashOf(h.ID)]
		if !known {
			before = k.before.Low
		}
		most = max(most, k.strength(h.Score)+words(before))
	}
	doubt := most + k.slack() - shown[len(shown)-1].strength
	if doubt == 0 {
		return math.SmallestNonzeroFloat64 // it may be as strong
	}
	return doubt
}

func (k *transfer) strength(cosine float64) float64 {
	return k.plan.Weights.Vector * (cosine - k.scale.Origin) * k.scale.Factor
}

// mostWords returns the most that words may give a fact that was not ranked, by its cosine to
// the former question.
func (k *transfer) mostWords() func(former float64) float64 {
	if len(k.query) == 0 {
		return func(float64) float64 { return 0 }
	}
	t, ranked := k.before, k.holders()
	weights := weightsOf(t.Words)
	all, added, ratio := 0.0, 0.0, 0.0
	for _, group := range k.query {
		most, mostNew := 0.0, 0.0
		for _, a := range group {
			n := float64(k.words.terms[a.Term])
			if n <= ranked[a.Term] {
				continue
			}
			gives := k.plan.Weights.Keyword * a.Weight * rarity(n, float64(k.words.facts)) * (keyword.K1 + 1)
			most = max(most, gives)
			if before := weights[a.Term]; before > 0 {
				ratio = max(ratio, a.Weight/before)
			} else {
				mostNew = max(mostNew, gives)
			}
		}
		all, added = all+most, added+mostNew
	}
	if t.Whole {
		return func(float64) float64 { return all }
	}
	return func(former float64) float64 {
		below := t.Floor - k.plan.Weights.Vector*(former-t.Scale.Origin)*t.Scale.Factor
		return min(all, added+ratio*max(min(below, t.Outside), 0))
	}
}

// weightsOf returns what each term of a query weighs at least.
func weightsOf(query pika.KeywordQuery) map[string]float64 {
	weights := map[string]float64{}
	for _, group := range query {
		for _, a := range group {
			if w, known := weights[a.Term]; !known || a.Weight < w {
				weights[a.Term] = a.Weight
			}
		}
	}
	return weights
}

// holders counts in how many of the ranked facts each term stands.
func (k *transfer) holders() map[string]float64 {
	counts := map[string]float64{}
	for i := range k.facts {
		for _, c := range keyword.Count(k.facts[i].Text).Terms {
			counts[c.Term]++
		}
	}
	return counts
}
