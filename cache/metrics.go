package cache

import (
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pikamem/pika"
)

// Name names a cache: the label of its metrics, and its name in Stats.
type Name string

// The caches.
const (
	Embedding  Name = "embedding"   // vectors of texts
	WorkingSet Name = "working_set" // vectors and facts of the users who are searched most: one request for each read of either
	LLM        Name = "llm"         // what a language model found in a chunk
	L1         Name = "l1"          // answers in the process
	L2Exact    Name = "l2_exact"    // answers that processes share, by the same question
	Semantic   Name = "semantic"    // answers to questions that mean the same
	L3         Name = "l3"          // answers beside the truth

	// Precomputed is answers that were made ahead: a hit is the first time that one is
	// given, a miss a question whose answer had to be made.
	Precomputed Name = "precomputed"

	LLMSemantic Name = "llm_semantic" // as LLM, of chunks that differ in greetings and noise only
)

// names lists every cache once, in the order of Stats.
var names = []Name{L1, L2Exact, Semantic, L3, Precomputed, WorkingSet, Embedding, LLM, LLMSemantic}

// Metrics counts what the caches do:
// pika_cache_requests_total{cache, result="hit|miss"},
// pika_cache_stale_prevented_total: answers that were there and no longer held,
// pika_cache_renewed_total: answers that were ranked again with what was written since,
// pika_cache_age_seconds{tier}: how old given answers are,
// pika_cache_entries, pika_cache_bytes and pika_cache_evictions_total{cache}: of those in the process,
// pika_cache_saved_seconds_total: time of searches that need not be made again, and
// pika_cache_llm_tokens_saved_total: tokens of calls of a language model that need not be
// made again.
type Metrics struct {
	requests *prometheus.CounterVec
	stale    prometheus.Counter
	renewed  prometheus.Counter
	checks   *prometheus.CounterVec
	saved    prometheus.Counter
	ages     *prometheus.HistogramVec
	tokens   prometheus.Counter
	sizes    *sizes

	hits, misses   map[Name]*atomic.Int64
	ageN           map[Name]*atomic.Int64 // milliseconds together
	staleN, savedN atomic.Int64           // savedN in nanoseconds
	renewedN       atomic.Int64
	rightN, wrongN atomic.Int64
	tokensN        atomic.Int64
}

// NewMetrics registers the counters with r; nil: they count for nobody. Registering
// them again with the same r yields the same counters. A registry that has others
// of the same name panics, as that is a defect of the program.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: registered(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pika_cache_requests_total",
			Help: "Requests to the caches, by cache and result. A failing cache counts as a miss.",
		}, []string{"cache", "result"})),
		stale: registered(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pika_cache_stale_prevented_total",
			Help: "Answers that a cache had and that were not given, because a change of the memory may have changed them.",
		})),
		renewed: registered(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pika_cache_renewed_total",
			Help: "Answers of a cache that were ranked again with what was written since they were made.",
		})),
		checks: registered(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pika_cache_semantic_checks_total",
			Help: "Answers from another question that were compared with a search afterwards, by result.",
		}, []string{"result"})),
		saved: registered(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pika_cache_saved_seconds_total",
			Help: "Time of searches that were answered by a cache in their place.",
		})),
		tokens: registered(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pika_cache_llm_tokens_saved_total",
			Help: "Tokens, read and written, of calls of a language model that were answered by a cache in their place.",
		})),
		ages: registered(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pika_cache_age_seconds",
			Help:    "How long ago an answer that a cache gave was made or brought up to date, by tier.",
			Buckets: []float64{0.1, 1, 5, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600},
		}, []string{"tier"})),
		sizes: registered(r, &sizes{}),
		hits:  map[Name]*atomic.Int64{}, misses: map[Name]*atomic.Int64{}, ageN: map[Name]*atomic.Int64{},
	}
	for _, n := range names {
		m.hits[n], m.misses[n], m.ageN[n] = new(atomic.Int64), new(atomic.Int64), new(atomic.Int64)
	}
	return m
}

func registered[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var known prometheus.AlreadyRegisteredError
	switch err := r.Register(c); {
	case err == nil:
		return c
	case errors.As(err, &known):
		return known.ExistingCollector.(C)
	default:
		panic("cache: register counters: " + err.Error())
	}
}

func (m *Metrics) count(cache Name, hits, misses int) {
	m.requests.WithLabelValues(string(cache), "hit").Add(float64(hits))
	m.requests.WithLabelValues(string(cache), "miss").Add(float64(misses))
	m.hits[cache].Add(int64(hits))
	m.misses[cache].Add(int64(misses))
}

func (m *Metrics) countStale() {
	m.stale.Inc()
	m.staleN.Add(1)
}

// countAge counts how old an answer was that a cache gave.
func (m *Metrics) countAge(a pika.Answer) {
	if a.Tier == pika.TierNone {
		return
	}
	m.ages.WithLabelValues(string(a.Tier)).Observe(float64(a.AgeMS) / 1000)
	if sum := m.ageN[nameOf(a.Tier)]; sum != nil {
		sum.Add(a.AgeMS)
	}
}

func nameOf(t pika.Tier) Name {
	if t == pika.TierL2Semantic {
		return Semantic
	}
	return Name(t)
}

// countCheck counts an answer from another question that was compared with a search.
func (m *Metrics) countCheck(right bool) {
	if right {
		m.checks.WithLabelValues("right").Inc()
		m.rightN.Add(1)
		return
	}
	m.checks.WithLabelValues("wrong").Inc()
	m.wrongN.Add(1)
}

func (m *Metrics) countRenewed() {
	m.renewed.Inc()
	m.renewedN.Add(1)
}

func (m *Metrics) countSaved(took time.Duration) {
	if took > 0 {
		m.saved.Add(took.Seconds())
		m.savedN.Add(int64(took))
	}
}

func (m *Metrics) countTokens(saved pika.Tokens) {
	n := int64(max(saved.Prompt, 0)) + int64(max(saved.Completion, 0))
	m.tokens.Add(float64(n))
	m.tokensN.Add(n)
}

// Stats is what the caches of a process did since it started.
type Stats struct {
	Caches         []CacheStats
	StalePrevented int64            // answers that were there and no longer held
	Renewed        int64            // answers that were ranked again with what was written since
	Semantic       []SemanticClass  // what was learnt of answers made from another question's
	FalseHits      FalseHits        // among answers that were made from another question's
	Saved          time.Duration    // of searches that need not be made again
	LLMTokensSaved int64            // read and written by calls that need not be made again
	TTLs           []pika.AnswerTTL // how long answers are kept. Empty: nothing decides it by class
}

// CacheStats is what one cache did. Entries, Bytes and Evictions are of this process; 0 for
// a cache that is elsewhere.
type CacheStats struct {
	Name         Name
	Hits, Misses int64
	Age          time.Duration // of the answers that were given, on average; 0 for what holds no answers
	Entries      int
	Bytes        int64
	Evictions    int64
}

// Stats returns what was counted.
func (m *Metrics) Stats() Stats {
	s := Stats{StalePrevented: m.staleN.Load(), Renewed: m.renewedN.Load(), FalseHits: falseHits(m.wrongN.Load(), m.rightN.Load()), Saved: time.Duration(m.savedN.Load()), LLMTokensSaved: m.tokensN.Load()}
	held := m.sizes.all()
	for _, n := range names {
		c := CacheStats{Name: n, Hits: m.hits[n].Load(), Misses: m.misses[n].Load(), Entries: held[n].entries, Bytes: held[n].bytes, Evictions: held[n].evictions}
		c.Age = time.Duration(m.ageN[n].Load()/max(c.Hits, 1)) * time.Millisecond
		s.Caches = append(s.Caches, c)
	}
	return s
}

// FalseHits estimates how many answers from other questions are not what a search finds, by
// those that were compared. Low and High are Wilson's interval of 95 % (Wilson 1927), 0–1.
type FalseHits struct {
	Checked, Wrong int64
	Low, High      float64
}

func falseHits(wrong, right int64) FalseHits {
	f := FalseHits{Checked: wrong + right, Wrong: wrong, High: 1}
	if f.Checked == 0 {
		return f
	}
	const z = 1.96
	n, p := float64(f.Checked), float64(wrong)/float64(f.Checked)
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	f.Low, f.High = (middle-half)/(1+z*z/n), (middle+half)/(1+z*z/n)
	if wrong == 0 {
		f.Low = 0
	}
	return f
}
