package search

import (
	"math"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/text"
)

// An answer from another question's ranking is certified if it is what a search finds, with
// the same facts and the same one first. What cannot be known without asking the stores is bounded:
//
//   - the strength of a fact that was not read. How near it is to both questions is known. Its
//     words gave it, for the former question, no more than kept it below the pool, nor more
//     than any fact outside of it got:
//
//     strength(u) ≤ vector(u) + weight · min(new + ratio · min((floor − former vector(u)) / former weight, outside), most) + slack
//
//     where ratio is how much more the words that both questions ask for may count now, new is
//     the most that words can give which only this question asks for, and most is the most that
//     all of its words can; a word that no other fact holds than those read gives nothing.
//   - whether a fact is among the hits of the keyword leg, if that may have more than it returns
//   - whether the graph leg says anything, if that depends on how many facts touch an entity
//   - by what the scores of a long question are scaled down, if its best fact may not be known
//
// (The certified hit of the notes bounds what is not known by the triangle inequality between
// the two vectors. Here the cosines are known, and the words are bounded.)

// doubt returns by how much the answer may not be what a search finds (see Transferred).
func (k *transfer) doubt(shown []found[pika.Fact]) float64 {
	if !k.local || (!k.all && len(shown) < k.run.query.Limit) {
		return math.Inf(1)
	}
	doubt := math.Inf(-1)
	for _, less := range k.scales() {
		rest := k.rest(shown, less)
		for i := range shown {
			f := &shown[i]
			least := f.strength - less*k.score(f.item) - k.uncertain(f)
			doubt = max(doubt, rest-least)
			if i == 0 {
				doubt = max(doubt, k.strongestOf(shown[1:], less)-least)
			}
		}
	}
	if doubt > 0 && len(k.plan.Periods) > 0 { // what a time adds is more than most doubts
		return math.Inf(1)
	}
	return doubt
}

// scales returns how much less 1 of the keyword leg's scores may count than it was taken for,
// at both ends: every strength lies in between.
func (k *transfer) scales() []float64 {
	if k.all || k.outside <= max(mostBM25, k.best.Score) {
		return []float64{0}
	}
	return []float64{0, k.perBM25() - k.plan.Weights.Keyword*mostBM25/k.outside}
}

// rest returns the most that a fact which is not in the answer may have, of those that may
// take a place in it.
func (k *transfer) rest(shown []found[pika.Fact], less float64) float64 {
	rest := math.Inf(-1)
	if !k.all {
		rest = k.unread + k.smallRules()
	}
	if (less > 0 || !k.doubtless()) && len(shown) == k.run.query.Limit {
		rest = max(rest, k.strongestOf(k.pool[len(shown):], less))
	}
	return rest
}

// strongestOf returns the strength of the strongest of some facts.
func (k *transfer) strongestOf(facts []found[pika.Fact], less float64) float64 {
	most := math.Inf(-1)
	for i := range facts {
		most = max(most, facts[i].strength-less*k.score(facts[i].item))
	}
	return most
}

// doubtless reports whether all that the legs say of what was read is known.
func (k *transfer) doubtless() bool { return k.heard && k.last == 0 }

// uncertain is how much weaker a fact may be than it was ranked.
func (k *transfer) uncertain(f *found[pika.Fact]) float64 {
	if k.doubtless() {
		return 0
	}
	weaker := 0.0
	if !k.heard && len(linked(k.seeds(), []pika.Fact{*f.item})) > 0 {
		weaker += k.plan.Weights.Graph
	}
	if score := k.score(f.item); score <= k.last {
		weaker += k.perBM25() * score
	}
	return weaker
}

// hearGraph decides what the graph leg says: it is silent where too many facts touch the
// entities that the question names. What it said of the former question holds for one that
// names the same.
func (k *transfer) hearGraph() {
	near := len(k.near)
	k.all = k.local && near < vectorDepth && !slices.ContainsFunc(k.near, func(h pika.Scored) bool { return !k.reads[h.ID] }) &&
		(k.words == nil || int64(near) >= k.words.facts)
	k.heard = true
	if k.plan.Weights.Graph == 0 || k.config.Graph == nil {
		return
	}
	seeds := k.seeds()
	k.links = len(linked(seeds, k.known))
	former := Seeds(k.scope, k.before.Text, text.Language(k.before.Text))
	switch {
	case k.links >= graphDepth:
		k.silent = true
	case k.all || k.links == 0 || int64(k.links)+k.words.facts-int64(len(k.known)) < graphDepth:
	case k.before.Drift == 0 && slices.Equal(touched(seeds, k.known), touched(former, k.known)):
		k.silent, k.links = k.before.Silent, max(k.links, k.before.Links)
	default:
		k.heard, k.links = false, graphDepth
	}
}

// touched returns those of the seeds that facts touch, sorted.
func touched(seeds []string, facts []pika.Fact) []string {
	var ids []string
	for i := range facts {
		for _, e := range facts[i].Entities {
			if slices.Contains(seeds, e.ID) {
				ids = append(ids, e.ID)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// cutWords finds how low the keyword leg's last hit is, if it has more than it returns.
func (k *transfer) cutWords() {
	if len(k.asked) == 0 {
		return
	}
	if k.all {
		var scores []float64
		for i := range k.known {
			if score := k.score(&k.known[i]); score > 0 {
				scores = append(scores, score)
			}
		}
		if len(scores) >= keywordDepth {
			slices.Sort(scores)
			k.least = scores[len(scores)-keywordDepth]
		}
		return
	}
	// A fact that holds none of the rare words has at most what the common ones give; fewer
	// facts than the leg returns hold a rare one.
	groups := slices.Clone(k.asked)
	slices.SortFunc(groups, func(a, b []pika.Alternative) int { return k.holding(a) - k.holding(b) })
	holding := 0
	for _, g := range groups {
		if holding += k.holding(g); holding >= keywordDepth {
			k.last += k.gives(g, nil)
		}
	}
}

// holding returns in how many facts some word of a group stands, at most.
func (k *transfer) holding(group []pika.Alternative) int {
	n := 0
	for _, a := range group {
		n += k.words.terms[a.Term]
	}
	return n
}

// gives returns the most BM25 that a group gives a fact by those of its words that may.
func (k *transfer) gives(group []pika.Alternative, may func(term string) bool) float64 {
	most := 0.0
	for _, a := range group {
		if may == nil || may(a.Term) {
			most = max(most, a.Weight*rarity(float64(k.words.terms[a.Term]), float64(k.words.facts))*(keyword.K1+1))
		}
	}
	return most
}

// bound sets what a fact that was not read may have at most.
func (k *transfer) bound() {
	k.unread = math.Inf(-1)
	if !k.local || k.all {
		return
	}
	raw := k.mostWords()
	k.outside = raw(math.Inf(-1))
	graph := 0.0
	if k.plan.Weights.Graph > 0 && k.config.Graph != nil && !k.silent && len(k.seeds()) > 0 {
		graph = k.plan.Weights.Graph
	}
	var scores []float64 // by words, of what was read, and what the rest may have
	give := func(cosine, former float64) {
		words := raw(former)
		scores = append(scores, words)
		k.unread = max(k.unread, k.plan.Weights.Vector*(cosine-k.scale.Origin)*k.scale.Factor+k.plan.Weights.Keyword*min(words, mostBM25)+graph)
	}
	if len(k.near) >= vectorDepth || (k.words != nil && int64(len(k.near)) < k.words.facts) {
		give(k.low, k.before.Low)
	}
	if k.words != nil {
		for range k.words.facts - int64(len(k.near)) - 1 {
			scores = append(scores, scores[0])
		}
	}
	former := k.before.Below.byHash()
	for _, h := range k.near {
		if k.reads[h.ID] {
			continue
		}
		before, known := former[hashOf(h.ID)]
		if !known {
			before = k.before.Low
		}
		give(h.Score, before)
	}
	for i := range k.known {
		scores = append(scores, k.score(&k.known[i]))
	}
	if k.last > 0 && len(scores) >= keywordDepth {
		slices.Sort(scores)
		k.last = min(k.last, scores[len(scores)-keywordDepth])
	}
}

// mostWords returns the most BM25 that words may give a fact that was not read, by its cosine
// to the former question.
func (k *transfer) mostWords() func(former float64) float64 {
	t, held := k.before, k.holders()
	elsewhere := func(term string) bool { return float64(k.words.terms[term]) > held[term] }
	all, added := 0.0, 0.0
	shared := make([]float64, len(t.Words)) // how much more each group of the former question may count
	for _, group := range k.asked {
		all += k.gives(group, elsewhere)
		added += k.gives(group, func(term string) bool { at, _ := asksFor(t.Words, term); return at < 0 && elsewhere(term) })
		ratios := make(map[int]float64)
		for _, a := range group {
			if at, weight := asksFor(t.Words, a.Term); at >= 0 && elsewhere(a.Term) {
				ratios[at] = max(ratios[at], a.Weight/weight)
			}
		}
		for at, ratio := range ratios {
			shared[at] += ratio
		}
	}
	if t.Whole || t.Drift > 0 || t.PerBM25 == 0 || len(shared) == 0 {
		return func(float64) float64 { return all }
	}
	ratio := slices.Max(shared)
	return func(former float64) float64 {
		below := (t.Floor - k.plan.Weights.Vector*(former-t.Scale.Origin)*t.Scale.Factor) / t.PerBM25
		return min(all, added+ratio*max(min(below, t.Outside), t.Least, 0))
	}
}

// asksFor returns the group of a query where a term weighs most, and how much; −1: none.
func asksFor(query pika.KeywordQuery, term string) (at int, weight float64) {
	at = -1
	for i, group := range query {
		for _, a := range group {
			if a.Term == term && a.Weight > weight {
				at, weight = i, a.Weight
			}
		}
	}
	return at, weight
}

// holders counts in how many of the facts that were read each term stands.
func (k *transfer) holders() map[string]float64 {
	counts := map[string]float64{}
	for i := range k.known {
		for _, c := range k.document(&k.known[i]).Terms {
			counts[c.Term]++
		}
	}
	return counts
}
