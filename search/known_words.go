package search

import (
	"math"
	"slices"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
)

// readWords makes what the keyword leg would be asked, if the plan has it.
func (k *knownRanking) readWords() bool {
	if k.plan.Weights.Keyword == 0 {
		return true
	}
	if k.words = k.knownWords(k.ctx); k.words == nil {
		return false
	}
	k.asked = k.plan.KeywordQuery(k.plan.Text, k.words)
	return true
}

func sameQuery(a, b pika.KeywordQuery) bool { return slices.EqualFunc(a, b, slices.Equal) }

// matching weighs the words of the facts as the keyword leg does, best first.
func (v *view) matching(facts []pika.Fact) []pika.Scored {
	var hits []pika.Scored
	for i := range facts {
		if score := v.score(&facts[i]); score > 0 && score >= v.least {
			hits = append(hits, pika.Scored{ID: facts[i].ID, Score: score})
		}
	}
	slices.SortFunc(hits, better)
	return hits
}

// score is what the words of a fact give it.
func (v *view) score(f *pika.Fact) float64 {
	if len(v.asked) == 0 {
		return 0
	}
	score, known := v.scored[f.ID]
	if !known {
		score = v.weigh(v.asked, f)
		v.scored[f.ID] = score
	}
	return score
}

// findBest finds the best of facts by their words.
func (v *view) findBest(facts []pika.Fact) {
	for i := range facts {
		if score := v.score(&facts[i]); score > v.best.Score {
			v.best = pika.Scored{ID: facts[i].ID, Score: score}
		}
	}
}

// document counts the words of a fact, or knows them from another ranking.
func (k *knownRanking) document(f *pika.Fact) keyword.Document { return k.counted.of(f.Text) }

// countedBytes bounds the counted texts in memory, of all users together.
const countedBytes = 16 << 20

// countedTexts keeps the words of texts that were ranked again of late: counting them is most
// of what that takes.
type countedTexts struct {
	cache *otter.Cache[string, keyword.Document]
}

func newCountedTexts() *countedTexts {
	return &countedTexts{otter.Must(&otter.Options[string, keyword.Document]{
		MaximumWeight: countedBytes,
		Weigher:       func(text string, d keyword.Document) uint32 { return uint32(len(text) + bytesPerTerm*(len(d.Terms)+1)) },
	})}
}

func (c *countedTexts) of(text string) keyword.Document {
	if d, ok := c.cache.GetIfPresent(text); ok {
		return d
	}
	d := keyword.Count(text)
	c.cache.Set(text, d)
	return d
}

// bm25 is the score of a text by package keyword's formula.
func (v *Vocabulary) bm25(query pika.KeywordQuery, d keyword.Document) float64 {
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

// strongest notes how much of the words' evidence is not in the pool.
func (v *view) strongest(m *Measured, known []pika.Fact, pool []found[pika.Fact]) {
	within := map[string]bool{}
	for i := range pool {
		within[pool[i].item.ID] = true
	}
	for i := range known {
		if f := &known[i]; !within[f.ID] {
			m.Outside = max(m.Outside, v.score(f))
		}
	}
	if m.Best = ""; v.best.Score > bestFrom && !within[v.best.ID] {
		m.Best = v.best.ID
	}
}

// knowsBest reports whether the best score by words is known, by which those of a long
// question are scaled down.
func (v *view) knowsBest(m *Measured, known []pika.Fact) bool {
	if m.Outside <= bestFrom || v.best.Score >= m.Outside {
		return true
	}
	return m.Best != "" && slices.ContainsFunc(known, func(f pika.Fact) bool { return f.ID == m.Best })
}

// knowsLinks reports whether it is known what the graph leg says: nothing, where too many
// facts touch the question's entities.
func (k *knownRanking) knowsLinks(t *Trace, since []string) bool {
	if k.plan.Weights.Graph == 0 || k.config.Graph == nil {
		return true
	}
	var written []pika.Fact
	for i := range k.known {
		if slices.Contains(since, k.known[i].ID) {
			written = append(written, k.known[i])
		}
	}
	if t.Silent {
		return len(written) == len(since) // one that is gone may have touched them
	}
	t.Links += len(linked(k.seeds(), written))
	return t.Links < graphDepth
}

// perBM25 is the strength of 1 of the keyword leg's scores.
func (k *knownRanking) perBM25() float64 {
	return k.plan.Weights.Keyword * BM25Scale([]pika.Scored{k.best}).Factor
}

// nearLeast is how near to the keyword leg's last hit, in parts of it, a fact may be among
// its hits or not.
const nearLeast = 0.05

// knowsLast reports whether it is known which facts the keyword leg finds, of those that
// stand in the answer by that.
func (k *knownRanking) knowsLast(shown []found[pika.Fact]) bool {
	if k.least == 0 || len(shown) == 0 {
		return true
	}
	last, weight := shown[len(shown)-1].strength, k.perBM25()
	for i := range k.pool {
		f := &k.pool[i]
		score := k.score(f.item)
		with := f.strength
		if score < k.least {
			with += weight * score
		}
		if math.Abs(score-k.least) < nearLeast*k.least && with >= last {
			return false
		}
	}
	return true
}
