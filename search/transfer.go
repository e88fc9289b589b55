package search

import (
	"context"
	"math"
	"slices"
	"sync"

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

	// Certified says that no fact outside of what was ranked can be in the answer: it is what
	// a search would find.
	Certified bool
}

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
	return Transferred{Answer: answer, Trace: k.trace(), Similarity: k.similarity(), Certified: k.certified(facts)}, true
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

// candidates are the facts of the pool, and those nearest to the question.
func (k *transfer) candidates() []string {
	var ids []string
	for _, r := range k.before.Pool {
		ids = append(ids, r.ID)
	}
	nearest := poolFor(k.run.query.Limit, len(k.plan.Periods) > 0)
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
		Silent: k.before.Silent, Whole: k.before.Whole, Ranked: max(k.before.Ranked, len(k.pool)), Drift: k.before.Drift,
	}
	if len(k.query) > 0 {
		t.Words = digestOf(k.query)
	}
	t.Below = cosinesOf(k.near, k.pool)
	for i := range k.pool {
		if i == 0 || k.pool[i].candidate.Strength < t.Floor {
			t.Floor = k.pool[i].candidate.Strength
		}
		t.Pool = append(t.Pool, Ranked{k.pool[i].item.ID, cosineOf(&k.pool[i])})
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

// certified reports whether every fact that was not ranked stays below the answer's last.
// Of such a fact is known how near it is to the question; and that its words gave it, for
// the former question, no more than kept it below the pool.
//
//	strength(u) ≤ vector(u) + min(words, floor − former vector(u)) + slack
//
// where words is the most that terms of the question can give which more facts hold than
// were ranked. The second member of the minimum holds only if both questions ask for the
// same terms. (The notes call this the certified hit: there it is the triangle inequality
// between the two vectors that bounds what is not known; here the cosines are known.)
func (k *transfer) certified(shown []found[pika.Fact]) bool {
	if !k.local {
		return false
	}
	all := k.hits < vectorDepth // the vector leg found every fact there is
	unread := func(h pika.Scored) bool { return !k.reads[h.ID] }
	if all && !slices.ContainsFunc(k.near, unread) {
		return true
	}
	if len(shown) < k.run.query.Limit {
		return false
	}
	last := shown[len(shown)-1].strength
	words, former := k.mostWords(), k.formerVectors()
	if !all && k.strength(k.low)+words+k.slack() >= last {
		return false
	}
	for _, h := range k.near {
		if unread(h) && k.strength(h.Score)+min(words, former(h.ID))+k.slack() >= last {
			return false
		}
	}
	return true
}

func (k *transfer) strength(cosine float64) float64 {
	return k.plan.Weights.Vector * (cosine - k.scale.Origin) * k.scale.Factor
}

// mostWords returns the most that terms may give a fact that was not ranked.
func (k *transfer) mostWords() float64 {
	if len(k.query) == 0 {
		return 0
	}
	ranked := k.holders()
	sum := 0.0
	for _, group := range k.query {
		best := 0.0
		for _, a := range group {
			n := float64(k.words.terms[a.Term])
			if n > ranked[a.Term] {
				best = max(best, a.Weight*rarity(n, float64(k.words.facts))*(keyword.K1+1))
			}
		}
		sum += best
	}
	return k.plan.Weights.Keyword * sum
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

// formerVectors returns what words can have given a fact at most for the former question,
// by its id.
func (k *transfer) formerVectors() func(id string) float64 {
	t := k.before
	if len(k.query) == 0 || t.Words != digestOf(k.query) || t.Whole {
		return func(string) float64 { return math.Inf(1) }
	}
	below := sync.OnceValue(t.Below.byHash)
	return func(id string) float64 {
		c, known := below()[hashOf(id)]
		if !known {
			c = t.Low
		}
		return t.Floor - k.plan.Weights.Vector*(c-t.Scale.Origin)*t.Scale.Factor
	}
}
