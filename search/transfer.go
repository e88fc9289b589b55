package search

import (
	"context"
	"math"
	"slices"

	"github.com/pikamem/pika"
)

// Transferred is the answer to a question from what a search for another one ranked.
type Transferred struct {
	Answer pika.Answer
	Trace  *Trace

	// Similarity is the cosine of the two questions.
	Similarity float64

	// Doubt is by how much another fact may be stronger than one of the answer, in the unit of
	// the vector leg. At 0 and below none can: it is what a search would find. Infinite: not all
	// of the user's vectors were compared, there are fewer facts than asked for, or the question
	// names times and one may be stronger.
	Doubt float64

	// Facts is how many the memory holds, as far as that is known.
	Facts int64

	// Lead is by how much the first fact is stronger than the second.
	Lead float64
}

// Certified says that no fact outside of what was ranked can be in the answer.
func (t Transferred) Certified() bool { return t.Doubt <= 0 }

// Transfer answers a question that asks nearly what an earlier search was asked. Where the
// process knows the user's memory, it searches that: then there is no doubt. Else what the
// earlier search ranked is ranked again for this question, by its own words and its own
// vector, together with the facts nearest to it, if the process knows the user's vectors. The
// stores of words and of entities are not asked. ok is false where that cannot be done.
func (e *Engine) Transfer(ctx context.Context, scope pika.Scope, q pika.Query, t *Trace, vectors func(context.Context, []string) ([]pika.Vector, error)) (Transferred, bool) {
	if t.Open {
		return Transferred{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, share(q.Deadline, legShare))
	defer cancel()
	if e.knows(ctx, scope) {
		return e.transferWhole(ctx, scope, q, t)
	}
	s := newReading(e, scope, q, ctx)
	if len(t.Parts) > 0 || len(s.plan.Parts) > 0 || confines(q.Filters) || !slices.Equal(s.plan.Periods, Periods(t.Text, s.now)) {
		return Transferred{}, false
	}
	k := &transfer{knownRanking: knownRanking{run: s, before: t}, vectors: vectors}
	k.view = k.newView(&Measured{})
	if !k.readWords() || !k.gather() || !k.read(k.candidates()) || !k.compareRest() || s.incomplete.Load() {
		return Transferred{}, false
	}
	k.hearGraph()
	k.cutWords()
	facts := k.rank()
	k.bound()
	answer, trace := pika.Answer{Facts: s.factHits(facts), Messages: []pika.MessageHit{}, Tier: pika.TierNone}, k.trace()
	return Transferred{Answer: answer, Trace: trace, Similarity: likeness(trace, t), Doubt: k.doubt(facts), Facts: k.size(), Lead: lead(facts)}, true
}

// transferWhole searches a memory that the process knows.
func (e *Engine) transferWhole(ctx context.Context, scope pika.Scope, q pika.Query, t *Trace) (Transferred, bool) {
	s := newRun(e, scope, q, ctx, ctx)
	answer, tracer, err := s.answer()
	if err != nil || len(answer.Degraded) > 0 {
		return Transferred{}, false
	}
	trace := tracer()
	if trace == nil {
		return Transferred{}, false
	}
	return Transferred{Answer: answer, Trace: trace, Similarity: likeness(trace, t), Doubt: math.Inf(-1), Lead: math.Inf(1)}, true
}

// transfer is a knownRanking for another question than the one that was asked before.
type transfer struct {
	knownRanking
	vectors func(context.Context, []string) ([]pika.Vector, error)

	local bool          // the process knows the user's vectors
	near  []pika.Scored // what the vector leg finds, if so
	reads map[string]bool

	all     bool    // every fact was read
	links   int     // facts that touch an entity of the question; graphDepth: not known
	heard   bool    // what the graph leg says is known
	last    float64 // BM25 of the keyword leg's last hit at most, if it may have had more
	unread  float64 // strength by the legs of a fact that was not read, at most
	outside float64 // … its BM25
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
	near, local, err := k.searchLocally(k.ctx, pika.CorpusFacts, k.vector, vectorDepth)
	if err != nil {
		return false
	}
	if k.local = local; !local {
		k.scale, k.hits, k.low = k.before.Scale, k.before.Hits, k.before.Low
		return true
	}
	k.near = near
	for _, h := range near {
		k.cosines[h.ID] = h.Score
	}
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

// size is how many facts the memory holds; 0: that is not known.
func (k *transfer) size() int64 {
	if k.words == nil {
		return 0
	}
	return k.words.facts
}

// likeness is the cosine of two questions; 0 where either was not embedded.
func likeness(a, b *Trace) float64 {
	if len(a.Vector) == 0 || len(a.Vector) != len(b.Vector) {
		return 0
	}
	return cosine(a.Vector, b.Vector)
}

// trace is that of a search for the question, as far as it is known. Where the process does
// not know the user's vectors, what was not ranked is not known either.
func (k *transfer) trace() *Trace {
	t := &Trace{
		Open: !k.local || len(k.pool) == 0, Until: untilOf(k.pool, k.now), Text: k.plan.Text,
		Measured: Measured{
			Words: k.asked, Outside: k.outside, PerBM25: k.plan.Weights.Keyword * min(1, mostBM25/max(k.best.Score, k.outside)), Least: k.least,
			Vector: k.vector, Scale: k.scale, Hits: k.hits, Low: k.low, Below: cosinesOf(k.near, k.pool),
		},
		Silent: k.silent, Links: k.links,
		Whole: k.all && math.IsInf(k.cut, -1) && k.least == 0, Ranked: len(k.pool), Floor: max(k.cut, k.unread),
	}
	if len(k.pool) == 0 {
		t.Floor = 0 // there is none
	}
	for i := range k.pool {
		if math.IsInf(t.Floor, -1) || k.pool[i].candidate.Strength < t.Floor {
			t.Floor = max(k.unread, k.pool[i].candidate.Strength)
		}
		t.Pool = append(t.Pool, rankedOf(&k.pool[i]))
	}
	k.strongest(&t.Measured, k.known, k.pool)
	return t
}

// lead is by how much the first fact is stronger than the second.
func lead(facts []found[pika.Fact]) float64 {
	if len(facts) < 2 {
		return math.Inf(1)
	}
	return facts[0].strength - facts[1].strength
}
