package search

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/lexicon"
	"github.com/pikamem/pika/text"
)

// Trace is what a search remembers of how it ranked: enough to rank again what it ranked,
// together with what was written since (Engine.Renew), or for another question that asks
// nearly the same (Engine.Transfer).
type Trace struct {
	// Open says that the ranking followed from more than each fact's own words, vector and
	// entities: it cannot be made again from what it ranked.
	Open bool `json:"open,omitempty"`

	// Until is when the answer changes although nothing is written, because a time of what was
	// ranked begins or is over; the zero time: never.
	Until time.Time `json:"until"`

	Text string `json:"text"` // the question as it was read
	Measured
	Silent bool `json:"silent,omitempty"` // the graph leg said nothing, as too many facts touch an entity of the question
	Links  int  `json:"links,omitempty"`  // its hits

	// Pool is what was ranked, best first. Whole says that nothing else was found; else
	// Ranked is how many facts were ranked first, Floor the strength by the legs of the
	// last, and Drift counts what changed since.
	Pool   []Ranked `json:"pool,omitempty"`
	Whole  bool     `json:"whole,omitempty"`
	Ranked int      `json:"ranked"`
	Floor  float64  `json:"floor"`
	Drift  int      `json:"drift,omitempty"`

	Parts []Part `json:"parts,omitempty"` // of a question that asks several things
}

// Measured is what vectors and keywords measured by, for a question or a part of one.
type Measured struct {
	Words   pika.KeywordQuery `json:"words,omitempty"`   // what the keyword leg was asked
	Outside float64           `json:"outside,omitempty"` // BM25 of the best of its hits that the pool does not hold
	PerBM25 float64           `json:"per,omitempty"`     // strength of 1 of its scores
	Best    string            `json:"best,omitempty"`    // its best hit, if that is not in the pool and is good
	Least   float64           `json:"least,omitempty"`   // BM25 of its last hit, where it may have had more

	Vector []float32 `json:"-"`               // of the question; nil: vectors were not asked
	Scale  Scale     `json:"scale"`           // of its cosines
	Hits   int       `json:"hits,omitempty"`  // of the vector leg
	Low    float64   `json:"low,omitempty"`   // the last of its cosines
	Below  cosines   `json:"below,omitempty"` // those of facts that the pool does not hold
}

// Part is what was measured by for a part of a question.
type Part struct {
	Measured
	Cosines []float64 `json:"c"` // of the facts of the pool, in its order; notFound: none
}

// Ranked is a fact of the pool.
type Ranked struct {
	ID       string  `json:"id"`
	Strength float64 `json:"s"`
	Cosine   float64 `json:"c"` // notFound: the vector leg did not find it
}

// notFound is no cosine.
const notFound = -2

// trace remembers how facts were ranked; nil: the answer is of a search that did not know
// all it should have, and must not be kept.
func (s *run) trace(facts []found[pika.Fact]) *Trace {
	if s.incomplete.Load() {
		return nil
	}
	t := &Trace{Until: untilOf(facts, s.now), Text: s.plan.Text, Open: s.isOpen() || len(facts) == 0}
	if t.Open {
		return t
	}
	t.learn(s, facts)
	pool := poolFor(s.query.Limit, len(s.plan.Periods) > 0)
	t.Ranked, t.Whole = len(facts), len(facts) < pool && t.Hits < vectorDepth && t.Least == 0
	t.Floor = facts[0].candidate.Strength
	for i := range facts {
		t.Floor = min(t.Floor, facts[i].candidate.Strength)
		t.Pool = append(t.Pool, rankedOf(&facts[i]))
	}
	return t
}

// isOpen reports whether the ranking followed from more than each fact's own words, vector
// and entities.
func (s *run) isOpen() bool {
	q := s.query
	return q.Related > 0 || q.Messages > 0 ||
		(q.Rerank != "" && q.Rerank != pika.RerankNone) || s.matching != nil
}

// manyLinks is how many facts of the graph leg are near those of which it says nothing.
const manyLinks = graphDepth - 10

// Sound reports whether a trace that was read may be ranked again: none of it is cut off.
func (t *Trace) Sound() bool {
	sound := len(t.Below)%packedCosine == 0
	for i := range t.Parts {
		sound = sound && len(t.Parts[i].Below)%packedCosine == 0 && len(t.Parts[i].Cosines) == len(t.Pool)
	}
	return sound
}

// learn remembers what the legs measured by.
func (t *Trace) learn(s *run, facts []found[pika.Fact]) {
	for _, e := range facts[0].evidence {
		t.Open = t.Open || !t.Measured.learn(s, 0, e, facts)
		if e.Leg == pika.LegGraph {
			t.Open = t.Open || len(e.Hits) >= manyLinks
			t.Silent, t.Links = s.silent.Load(), len(e.Hits)
		}
	}
	t.Open = t.Open || len(s.ofParts) != len(s.plan.Parts)
	for i, evidence := range s.ofParts {
		part := Part{Cosines: cosinesWithin(nil, facts)}
		for _, e := range evidence {
			t.Open = t.Open || !part.learn(s, i+1, e, facts)
			if e.Leg == pika.LegVectors {
				part.Cosines = cosinesWithin(e.Hits, facts)
			}
		}
		t.Parts = append(t.Parts, part)
	}
}

// learn remembers what a leg measured by for one of the plan's questions, and reports
// whether that is known.
func (m *Measured) learn(s *run, question int, e Evidence, facts []found[pika.Fact]) bool {
	switch e.Leg {
	case pika.LegVectors:
		m.Vector, m.Scale, m.Hits = s.vectors[question], e.Scale, len(e.Hits)
		if len(e.Hits) > 0 {
			m.Low = e.Hits[len(e.Hits)-1].Score
		}
		m.Below = cosinesOf(e.Hits, facts)
	case pika.LegKeyword:
		v := s.knownWords(s.legCtx)
		if v == nil {
			return false
		}
		m.Words = s.plan.KeywordQuery(s.questions[question], v)
		m.Outside, m.PerBM25 = outside(e, facts), e.Weight*e.Scale.Factor
		if first := e.Hits; len(first) > 0 && first[0].Score == m.Outside && m.Outside > bestFrom {
			m.Best = first[0].ID
		}
		if len(e.Hits) >= keywordDepth {
			m.Least = e.Hits[len(e.Hits)-1].Score
		}
	}
	return true
}

// cosinesWithin returns the cosines of facts.
func cosinesWithin(hits []pika.Scored, facts []found[pika.Fact]) []float64 {
	byID := make(map[string]float64, len(hits))
	for _, h := range hits {
		byID[h.ID] = h.Score
	}
	within := make([]float64, len(facts))
	for i := range facts {
		var known bool
		if within[i], known = byID[facts[i].item.ID]; !known {
			within[i] = notFound
		}
	}
	return within
}

// cosines holds cosines by the hash of a fact's id, packed: 4 bytes of the hash and 4 of the
// cosine each.
type cosines []byte

const packedCosine = 8

// cosinesOf packs the hits that are not among facts.
func cosinesOf(hits []pika.Scored, facts []found[pika.Fact]) cosines {
	pool := make(map[string]bool, len(facts))
	for i := range facts {
		pool[facts[i].item.ID] = true
	}
	packed := make(cosines, 0, packedCosine*len(hits))
	for _, h := range hits {
		if !pool[h.ID] {
			packed = packed.with(h.ID, h.Score)
		}
	}
	return packed
}

func (c cosines) with(id string, cosine float64) cosines {
	c = binary.LittleEndian.AppendUint32(c, hashOf(id))
	return binary.LittleEndian.AppendUint32(c, math.Float32bits(float32(cosine)))
}

// without takes the cosine of a fact out.
func (c cosines) without(id string) (rest cosines, cosine float64, found bool) {
	hash := hashOf(id)
	for i := 0; i+packedCosine <= len(c); i += packedCosine {
		if binary.LittleEndian.Uint32(c[i:]) == hash {
			return slices.Delete(slices.Clone(c), i, i+packedCosine), c.at(i), true
		}
	}
	return c, 0, false
}

func (c cosines) at(i int) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(c[i+4:])))
}

// withoutLeast takes one out that is not above a cosine.
func (c cosines) withoutLeast(low float64) (rest cosines, found bool) {
	least := 0
	for i := 0; i+packedCosine <= len(c); i += packedCosine {
		if c.at(i) < c.at(least) {
			least = i
		}
	}
	if len(c) == 0 || c.at(least) > low+1e-6 {
		return c, false
	}
	return slices.Delete(slices.Clone(c), least, least+packedCosine), true
}

// least returns the lowest of the cosines and of another one.
func (c cosines) least(other float64) float64 {
	for i := 0; i+packedCosine <= len(c); i += packedCosine {
		other = min(other, c.at(i))
	}
	return other
}

// byHash unpacks the cosines. Of facts whose hashes collide the lowest counts: it bounds.
func (c cosines) byHash() map[uint32]float64 {
	all := make(map[uint32]float64, len(c)/packedCosine)
	for i := 0; i+packedCosine <= len(c); i += packedCosine {
		hash := binary.LittleEndian.Uint32(c[i:])
		if other, known := all[hash]; !known || c.at(i) < other {
			all[hash] = c.at(i)
		}
	}
	return all
}

func hashOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32()
}

func rankedOf(f *found[pika.Fact]) Ranked {
	return Ranked{ID: f.item.ID, Strength: f.strength, Cosine: cosineOf(f)}
}

func cosineOf(f *found[pika.Fact]) float64 {
	for i, e := range f.evidence {
		if place := f.candidate.Legs[i]; place != nil && e.Leg == pika.LegVectors {
			return place.Score
		}
	}
	return notFound
}

// bestFrom is how good by its words what is outside of the pool must be to matter: below
// mostBM25 nothing is scaled down, and a score changes with what is written.
const bestFrom = 0.8 * mostBM25

// outside returns the score of a leg's best hit that is not among facts.
func outside(e Evidence, facts []found[pika.Fact]) float64 {
	for _, h := range e.Hits { // best first
		if !slices.ContainsFunc(facts, func(f found[pika.Fact]) bool { return f.item.ID == h.ID }) {
			return h.Score
		}
	}
	if len(e.Hits) >= keywordDepth { // there may be others
		return e.Hits[len(e.Hits)-1].Score
	}
	return 0
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

// RelativeTimes reports whether a question names times that move with the present.
func RelativeTimes(q pika.Query, now time.Time) bool {
	normal := text.Normalize(q.Text)
	if lacksDiacritics(normal, text.Language(q.Text)) {
		normal = lexicon.Restore(normal, nil)
	}
	periods := Periods(normal, now)
	return len(periods) > 0 && !slices.Equal(periods, Periods(normal, now.AddDate(1, 1, 1)))
}
