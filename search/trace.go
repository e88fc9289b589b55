package search

import (
	"math"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/keyword"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// Trace is what a search remembers of how it ranked: enough to tell later whether what
// was written since could have changed its answer.
type Trace struct {
	// Open says that anything could: there were fewer facts than asked for, or the ranking
	// follows from more than each fact's own words and vector.
	Open bool `json:"open,omitempty"`

	// Vocabulary says that the question was read by the words of the user's texts, messages
	// among them: any change of them may change what it asks.
	Vocabulary bool `json:"vocabulary,omitempty"`

	// Unknown are words of the question that the user's texts did not hold: one that holds
	// them, or what they may be a slip for, changes what it asks.
	Unknown []string `json:"unknown,omitempty"`

	// Until is when the answer changes although nothing is written, because a time of what was
	// ranked begins or is over; the zero time: never.
	Until time.Time `json:"until"`

	Vector []float32 `json:"-"`      // of the question; nil: vectors were not asked
	Weight float64   `json:"weight"` // of the vector leg
	Scale  Scale     `json:"scale"`  // of its cosines
	Hits   int       `json:"hits"`   // of the vector leg
	High   float64   `json:"high"`   // the highest and the lowest of its cosines
	Low    float64   `json:"low"`

	// Groups is the question as the keyword leg asked it: of each group the terms.
	Groups [][]TraceTerm `json:"groups,omitempty"`
	Facts  float64       `json:"facts"`  // the user's, by then
	Length float64       `json:"length"` // of their texts together
	Gone   int           `json:"gone"`   // facts that are gone since, and of which the pool does not know what they said

	Seeds   []string `json:"seeds,omitempty"`   // of the graph leg
	Graph   float64  `json:"graph,omitempty"`   // its weight
	Denying bool     `json:"denying,omitempty"` // it asks for what is not so

	// Pool is what was ranked, best first. The first Shown are the answer's facts.
	Pool  []Ranked `json:"pool,omitempty"`
	Shown int      `json:"shown"`

	left []Ranked // what was in the pool and is gone
}

// TraceTerm is a term of the question: its weight times the keyword leg's, for each unit of
// its inverse document frequency, and in how many of the user's facts it stood.
type TraceTerm struct {
	Term   string  `json:"t"`
	Weight float64 `json:"w"`
	Facts  float64 `json:"n"`
}

// Ranked is a fact of the pool.
type Ranked struct {
	ID       string  `json:"id"`
	Strength float64 `json:"s"`
	Cosine   float64 `json:"c"` // notFound: the vector leg did not find it
	Length   float64 `json:"l"` // of its text
	Terms    []Held  `json:"h,omitempty"`
}

// Held is a term of the question in a fact: its group, its place there, and how often the
// fact holds it.
type Held struct {
	Group int     `json:"g"`
	Term  int     `json:"t"`
	Times float64 `json:"x"`
}

// share is the part of a term's weight that it gives a text, as BM25 has it (Robertson and
// Zaragoza 2009, section 3).
func (t *Trace) share(times, length float64) float64 {
	average := max(t.Length/max(t.Facts, 1), 1)
	return times * (keyword.K1 + 1) / (times + keyword.K1*(1-keyword.B+keyword.B*length/average))
}

// notFound is no cosine.
const notFound = -2

// nearTie is how near two facts may come until their order is not trusted: what is not
// followed (ages, the length of what is gone) moves them by less.
const nearTie = 0.005

// mostGone is the part of a user's facts that may be gone unknown until what is computed of
// the others is not trusted.
const mostGone = 0.02

// slack is what the small rules of the ranking may add to a fact.
const slack = recencyWeight + 0.05 // and for what the statistics move

// Since is what was written since an answer was made.
type Since struct {
	Written []pika.Fact           // new, or with another interval or source
	Vectors map[string][]float32  // theirs by id; a missing one may be anything
	Passes  func(*pika.Fact) bool // the query's filters: what does not pass enters no answer
	Removed []string              // ids of facts that are gone
}

// Holds reports whether the answer is the same after what was written since: no fact of it
// is gone, none enters it, and the order within it stays. What is not known counts as a
// change. Where it holds the trace is that of the answer as of now.
//
// A fact's strength by meaning and by words is computed as the search would have. The facts
// of the pool are ranked again with the rarity of words, the length of texts and the scale of
// cosines that follow.
func (t *Trace) Holds(s Since) bool {
	if t.Open || t.Shown == 0 {
		return false
	}
	next := *t
	next.Pool = slices.Clone(t.Pool)
	next.left = nil
	for _, id := range s.Removed {
		i := slices.IndexFunc(next.Pool, func(r Ranked) bool { return r.ID == id })
		if i >= 0 && i < t.Shown {
			return false
		}
		if i >= 0 {
			next.left = append(next.left, next.Pool[i])
			next.Pool = slices.Delete(next.Pool, i, i+1)
		} else {
			next.Gone++
		}
	}
	if float64(next.Gone) > mostGone*t.Facts {
		return false
	}
	added, known := next.added(s)
	if !known || t.teaches(added) || !next.follow(t, added, s) {
		return false
	}
	for i := range next.Pool {
		next.Pool[i].Strength = next.moved(t, &next.Pool[i], next.Scale.Factor)
	}
	*t = next
	return true
}

// teaches reports whether facts hold what an unknown word of the question may be.
func (t *Trace) teaches(facts []pika.Fact) bool {
	for i := range facts {
		for _, c := range keyword.Count(facts[i].Text).Terms {
			if slices.ContainsFunc(t.Unknown, func(word string) bool { return mayMean(word, c.Term) }) {
				return true
			}
		}
	}
	return false
}

// mayMean reports whether a word that nobody knows may be meant for a term (see
// expander.near).
func mayMean(word, term string) bool {
	if stem := keyword.Term(word); term == stem || isSlip([]rune(stem), []rune(term)) {
		return true
	}
	typed, ok := text.Telex(word)
	return ok && (term == exactMark+typed || term == text.Fold(typed))
}

// added returns the facts that are new to the pool. Those that are in it, or below it, stay
// where they are or sink: what is touched gets an end or a source.
func (t *Trace) added(s Since) (added []pika.Fact, known bool) {
	for _, f := range s.Written {
		if slices.ContainsFunc(t.Pool, func(r Ranked) bool { return r.ID == f.ID && (t.Vector == nil || r.Cosine != notFound) }) {
			continue
		}
		if v := s.Vectors[f.ID]; t.Vector != nil && len(v) != len(t.Vector) {
			return nil, false
		}
		added = append(added, f)
	}
	return added, true
}

// follow brings the statistics up to date and reports whether the answer stays. The facts
// that are gone may have held any term that stands outside the pool: it is tried both ways.
func (t *Trace) follow(before *Trace, added []pika.Fact, s Since) bool {
	for _, f := range added {
		if s.Passes(&f) && t.most(&f, s.Vectors[f.ID]) >= t.Pool[t.Shown-1].Strength-nearTie {
			return false
		}
	}
	unknown := float64(len(s.Removed) - len(t.left))
	for _, gone := range []float64{unknown, 0} {
		t.count(before, added, s, gone)
		for _, factor := range t.rescaled(before, added, s) {
			if t.lostATerm(before) || !t.ordered(before, factor) {
				return false
			}
		}
		if unknown == 0 {
			break
		}
	}
	return true
}

// most returns the most that a fact's strength may be.
func (t *Trace) most(f *pika.Fact, vector []float32) float64 {
	most := slack + t.words(f)
	if t.Vector != nil {
		most += t.Weight * (cosine(t.Vector, vector) - t.Scale.Origin) * t.Scale.Factor
	}
	if slices.ContainsFunc(f.Entities, func(e pika.Entity) bool { return slices.Contains(t.Seeds, e.ID) }) {
		most += t.Graph
	}
	if t.Denying && f.Negated {
		most += negationWeight
	}
	return most
}

// words returns what the keyword leg gives a fact.
func (t *Trace) words(f *pika.Fact) float64 {
	counts, length := termCounts(f)
	sum := 0.0
	for g := range t.Groups {
		_, gives := t.heaviest(g, counts, length)
		sum += gives
	}
	return sum
}

// heaviest returns the term of a group that gives a text most, and how much; 0: none does.
func (t *Trace) heaviest(group int, counts map[string]float64, length float64) (best Held, most float64) {
	for i, a := range t.Groups[group] {
		n := counts[a.Term]
		if gives := a.Weight * rarity(a.Facts, t.Facts) * t.share(n, length); gives > most {
			best, most = Held{Group: group, Term: i, Times: n}, gives
		}
	}
	return best, most
}

func termCounts(f *pika.Fact) (counts map[string]float64, length float64) {
	counts = map[string]float64{}
	d := keyword.Count(f.Text)
	for _, c := range d.Terms {
		counts[c.Term] = float64(c.Count)
	}
	return counts, float64(d.Length)
}

// count brings the numbers of facts up to date. gone facts held each term that as many
// facts outside the pool held.
func (t *Trace) count(before *Trace, added []pika.Fact, s Since, gone float64) {
	t.Facts = max(before.Facts+float64(len(added)-len(s.Removed)), 1)
	t.Length = before.Length
	for _, r := range t.left {
		t.Length -= r.Length
	}
	t.Length -= float64(len(s.Removed)-len(t.left)) * before.Length / max(before.Facts, 1)
	held, left := holders(t.Pool), holders(t.left)
	var counts []map[string]float64
	for i := range added {
		terms, length := termCounts(&added[i])
		counts, t.Length = append(counts, terms), t.Length+length
	}
	t.Groups = make([][]TraceTerm, len(before.Groups))
	for g, group := range before.Groups {
		t.Groups[g] = slices.Clone(group)
		for i := range t.Groups[g] {
			a := &t.Groups[g][i]
			a.Facts = max(a.Facts-left[[2]int{g, i}], 0)
			a.Facts -= min(gone, max(a.Facts-held[[2]int{g, i}], 0))
			for _, c := range counts {
				if c[a.Term] > 0 {
					a.Facts++
				}
			}
		}
	}
}

// holders counts which facts hold which terms, by group and place.
func holders(facts []Ranked) map[[2]int]float64 {
	count := map[[2]int]float64{}
	for _, r := range facts {
		for _, h := range r.Terms {
			count[[2]int{h.Group, h.Term}]++
		}
	}
	return count
}

// rescaled sets the scale of the cosines with the added ones among them, and returns the
// factors that it may have without those that are gone: they may have stood at either end.
func (t *Trace) rescaled(before *Trace, added []pika.Fact, s Since) []float64 {
	t.Scale = before.Scale
	if t.Vector == nil || before.Scale.Factor == 0 {
		return []float64{t.Scale.Factor}
	}
	n := float64(before.Hits)
	sum := n * before.Scale.Origin
	squares := n * (1/(before.Scale.Factor*before.Scale.Factor) + before.Scale.Origin*before.Scale.Origin)
	for i := range added {
		c := cosine(t.Vector, s.Vectors[added[i].ID])
		sum, squares, n = sum+c, squares+c*c, n+1
	}
	var factors []float64
	scale := func(sum, squares, n float64) {
		mean := sum / n
		t.Scale.Origin, t.Scale.Factor = mean, 1/math.Sqrt(max(squares/n-mean*mean, 1e-9))
		factors = append(factors, t.Scale.Factor)
	}
	if k := float64(len(s.Removed)); k > 0 && n > k+1 {
		scale(sum-k*before.High, squares-k*before.High*before.High, n-k)
		scale(sum-k*before.Low, squares-k*before.Low*before.Low, n-k)
	}
	scale(sum, squares, n)
	return factors
}

// lostATerm reports whether no fact holds a term any more that one held: the question may
// be taken for misspelt then.
func (t *Trace) lostATerm(before *Trace) bool {
	for g, group := range t.Groups {
		for i, a := range group {
			if a.Facts == 0 && before.Groups[g][i].Facts > 0 {
				return true
			}
		}
	}
	return false
}

// ordered ranks the pool again and reports whether the answer's facts stand as they did,
// above all others. What is below the pool is taken to stay below its last.
func (t *Trace) ordered(before *Trace, factor float64) bool {
	last := math.Inf(1)
	for i := range t.Pool {
		r := &t.Pool[i]
		strength := t.moved(before, r, factor)
		if strength+nearTie > last {
			return false
		}
		if i < t.Shown {
			last = strength
		}
	}
	return true
}

// moved is a fact's strength with the rarity of words as of now and another factor of the
// cosines. The origin moves all alike.
func (t *Trace) moved(before *Trace, r *Ranked, factor float64) float64 {
	strength := r.Strength
	for _, h := range r.Terms {
		was, is := before.Groups[h.Group][h.Term], t.Groups[h.Group][h.Term]
		strength += was.Weight * (rarity(is.Facts, t.Facts)*t.share(h.Times, r.Length) - rarity(was.Facts, before.Facts)*before.share(h.Times, r.Length))
	}
	if r.Cosine != notFound {
		strength += t.Weight * (r.Cosine - before.Scale.Origin) * (factor - before.Scale.Factor)
	}
	return strength
}

// trace remembers how facts were ranked, of which the first are the answer's; nil: the answer
// is of a search that did not know all it should have, and must not be kept.
func (s *run) trace(facts []found[pika.Fact], shown int) *Trace {
	if s.incomplete.Load() {
		return nil
	}
	t := &Trace{Until: untilOf(facts, s.now), Vocabulary: s.plan.MissingDiacritics}
	if t.Open = s.isOpen(shown); t.Open {
		t.Vocabulary = t.Vocabulary || s.plan.Weights.Keyword > 0
		return t
	}
	t.Denying, t.Shown, t.Graph = s.plan.Negative, shown, s.plan.Weights.Graph
	if t.Graph > 0 {
		t.Seeds = Seeds(s.scope, s.plan.Text, s.plan.Language)
	}
	for _, e := range facts[0].evidence {
		t.learn(s, e)
	}
	for i := range facts {
		t.Pool = append(t.Pool, t.ranked(&facts[i]))
	}
	return t
}

// isOpen reports whether the ranking followed from more than each fact's own words and
// vector.
func (s *run) isOpen(shown int) bool {
	q := s.query
	return shown < q.Limit || q.MinScore > 0 || len(s.plan.Parts)+len(s.plan.Periods) > 0 || q.Related > 0 || q.Messages > 0 ||
		(q.Rerank != "" && q.Rerank != pika.RerankNone) || s.matching != nil
}

// manyLinks is how many facts of the graph leg are near those of which it says nothing.
const manyLinks = graphDepth - 10

// learn remembers what a leg measured by.
func (t *Trace) learn(s *run, e Evidence) {
	switch e.Leg {
	case pika.LegVectors:
		t.Vector, t.Weight, t.Scale, t.Hits = s.vectors[0], e.Weight, e.Scale, len(e.Hits)
		if len(e.Hits) > 0 {
			t.High, t.Low = e.Hits[0].Score, e.Hits[len(e.Hits)-1].Score
		}
	case pika.LegKeyword:
		v := s.knownWords(s.legCtx)
		if v == nil || (len(e.Hits) > 0 && e.Scale.Factor != 1) {
			t.Open, t.Vocabulary = true, true
			return
		}
		query, unknown := s.plan.keywordQuery(s.questions[0], v)
		t.Unknown = unknown
		t.Facts, t.Length = float64(v.facts), float64(v.length)
		t.Groups = traceTerms(query, v, e.Weight)
	case pika.LegGraph:
		t.Open = t.Open || len(e.Hits) >= manyLinks
	}
}

// untilOf returns the first time after now that begins or ends what a fact says.
func untilOf(facts []found[pika.Fact], now time.Time) time.Time {
	var until time.Time
	for _, f := range facts {
		for _, edge := range []*time.Time{f.item.ValidFrom, f.item.ValidTo, &f.item.EffectiveAt} {
			if edge != nil && edge.After(now) && (until.IsZero() || edge.Before(until)) {
				until = *edge
			}
		}
	}
	return until
}

func traceTerms(q pika.KeywordQuery, v *Vocabulary, weight float64) [][]TraceTerm {
	groups := make([][]TraceTerm, len(q))
	for i, group := range q {
		for _, a := range group {
			groups[i] = append(groups[i], TraceTerm{a.Term, weight * a.Weight, float64(v.terms[a.Term])})
		}
	}
	return groups
}

// ranked is a fact as the pool holds it. Of each group it has the term that gives most.
func (t *Trace) ranked(f *found[pika.Fact]) Ranked {
	r := Ranked{ID: f.item.ID, Strength: f.strength, Cosine: notFound}
	for i, e := range f.evidence {
		if place := f.candidate.Legs[i]; place != nil && e.Leg == pika.LegVectors {
			r.Cosine = place.Score
		}
	}
	var counts map[string]float64
	counts, r.Length = termCounts(f.item)
	for g := range t.Groups {
		if best, most := t.heaviest(g, counts, r.Length); most > 0 {
			r.Terms = append(r.Terms, best)
		}
	}
	return r
}

// RelativeTimes reports whether a question names times that move with the present.
func RelativeTimes(q pika.Query, now time.Time) bool {
	normal := text.Normalize(q.Text)
	if lacksDiacritics(normal, text.Language(q.Text)) {
		normal = lexicon.Restore(normal, nil)
	}
	return len(Periods(normal, now)) > 0
}
