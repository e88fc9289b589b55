package search

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/prometheus/client_golang/prometheus"
)

// Shares of a search's time. The rest is left for what follows: fusing and hydrating
// after the legs, assembling the answer after everything.
const (
	legShare    = 0.80 // the legs must have answered
	answerShare = 0.95 // the truth must have been read
)

// overtime is what a search may take beyond its time while it has no fact to answer with: an
// answer that is a little late is better than none.
func overtime(budget time.Duration) time.Duration { return min(2*budget, 250*time.Millisecond) }

// Config is what an Engine needs. All ports are required, unless they say otherwise.
type Config struct {
	Facts    pika.Facts
	Messages pika.Messages
	Keyword  pika.Keyword

	// Index returns the model that the data is searched with, and its index. Every
	// search asks once and stays with the answer.
	Index func() pika.Index

	// Graph finds the facts that touch an entity which the question names. nil: no such leg.
	Graph pika.Graph

	// Reranker orders the best facts of searches that ask for it. nil: none does, and they
	// are told so.
	Reranker pika.Reranker

	// Raw holds the vectors that the index may not show yet; they are compared exactly.
	// nil: the index shows every acknowledged write at once.
	Raw pika.RawVectors

	Now        func() time.Time      // Defaults to time.Now; decides what is superseded and what is unsettled
	Log        *slog.Logger          // Defaults to no log
	Registerer prometheus.Registerer // Defaults to none
}

// Engine answers questions without a cache. It is a pika.Searcher.
type Engine struct {
	config       Config
	metrics      *metrics
	vocabularies *vocabularies
	counted      *countedTexts

	embedder, vectors, unsettled, words, keyword, graph, facts, reranker *guard
}

var _ pika.Searcher = (*Engine)(nil)

// New returns an Engine. Its breakers and bulkheads start closed and empty.
func New(c Config) *Engine {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	m := newMetrics(c.Registerer)
	words := newGuard(pika.LegKeyword, m.leg(vocabularyLeg))
	return &Engine{
		config:       c,
		metrics:      m,
		vocabularies: newVocabularies(c.Keyword, words),
		counted:      newCountedTexts(),
		embedder:     newGuard(pika.LegEmbedder, m.leg(pika.LegEmbedder)),
		vectors:      newGuard(pika.LegVectors, m.leg(pika.LegVectors)),
		// Apart from the index: neither's failure may close the other.
		unsettled: newGuard(pika.LegVectors, m.leg(unsettledLeg)),
		words:     words,
		keyword:   newGuard(pika.LegKeyword, m.leg(pika.LegKeyword)),
		graph:     newGuard(pika.LegGraph, m.leg(pika.LegGraph)),
		facts:     newGuard(pika.LegFacts, m.leg(pika.LegFacts)),
		reranker:  newGuard(pika.LegRerank, m.leg(pika.LegRerank)),
	}
}

// Close waits until the calls that late legs left behind have ended, at most until ctx
// ends (Timeout). Call it when no search runs any more, before the stores are closed.
func (e *Engine) Close(ctx context.Context) error {
	for _, g := range append(e.needed(), e.reranker) {
		if err := g.drain(ctx); err != nil {
			return pika.Wrap(pika.Timeout, err, "calls of a store are still under way")
		}
	}
	return nil
}

// needed returns the guards of what every search may ask.
func (e *Engine) needed() []*guard {
	return []*guard{e.embedder, e.vectors, e.unsettled, e.words, e.keyword, e.graph, e.facts}
}

// Load returns how busy the searches of this Engine keep the part that they wait for most:
// 0 is idle, 1 is as many calls as may run at once. It is 1 too while a part that failed is
// left alone.
func (e *Engine) Load() float64 {
	most := 0.0
	for _, g := range e.needed() {
		most = max(most, g.load())
	}
	return most
}

// Search implements pika.Searcher. When even its time for reading the truth has run
// out it is Unavailable; a question whose legs are all lost, while the truth can be
// read, is answered empty, with the legs named in Degraded.
func (e *Engine) Search(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, error) {
	answer, _, err := e.SearchTraced(ctx, scope, q)
	return answer, err
}

// Tracer makes the trace of an answer, when it is called.
type Tracer func() *Trace

// SearchTraced is Search, and tells how the answer came about to who asks. The tracer is
// nil with an error.
func (e *Engine) SearchTraced(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, Tracer, error) {
	if err := ctx.Err(); err != nil {
		return pika.Answer{}, nil, ended(err)
	}
	if err := check(scope, q); err != nil {
		return pika.Answer{}, nil, err
	}
	started := time.Now()
	defer func() { e.metrics.search.Observe(time.Since(started).Seconds()) }()

	budget := q.Deadline
	if deadline, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(deadline))
	}
	answerCtx, cancel := context.WithTimeout(ctx, share(budget, answerShare))
	defer cancel()
	legCtx, cancelLegs := context.WithTimeout(ctx, share(budget, legShare))
	defer cancelLegs()

	firstCtx, cancelFirst := context.WithTimeout(ctx, budget+overtime(budget))
	defer cancelFirst()

	s := newRun(e, scope, q, answerCtx, legCtx)
	s.firstCtx = firstCtx
	answer, trace, err := s.answer()
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return pika.Answer{}, nil, ended(err)
	}
	return answer, trace, err
}

// Late reports whether a search failed because its time was up.
func Late(err error) bool {
	return errors.Is(err, errLate) || errors.Is(err, context.DeadlineExceeded)
}

func check(scope pika.Scope, q pika.Query) error {
	if scope.Tenant == "" || scope.User == "" {
		return pika.InvalidField("user_id", "must not be empty")
	}
	return Check(q)
}

func share(d time.Duration, part float64) time.Duration { return time.Duration(float64(d) * part) }

func ended(err error) error {
	return pika.Wrap(pika.CodeOf(err), err, "the search was ended by its caller")
}

// answer looks for facts and messages side by side.
func (s *run) answer() (pika.Answer, Tracer, error) {
	var messages []found[pika.StoredMessage]
	var side sync.WaitGroup
	if s.query.Messages > 0 {
		side.Go(func() {
			var err error
			if messages, err = retrieve(s, s.messageSource(), s.query.Messages); err != nil {
				s.degrade(pika.LegFacts, err)
			}
		})
	}
	facts, err := retrieve(s, s.factSource(), s.query.Limit)
	side.Wait()
	if err != nil {
		s.degrade(pika.LegFacts, err)
		return pika.Answer{}, nil, pika.Wrap(pika.Unavailable, err, "the memory cannot be read at the moment")
	}
	r := ranker{scope: s.scope, plan: &s.plan, query: s.query, now: s.now, rerank: s.rerank}
	facts, messages = r.rank(facts, messages)
	hits := s.factHits(facts)
	s.relate(hits)
	return pika.Answer{
		Facts:    hits,
		Messages: messageHits(messages),
		Tier:     pika.TierNone,
		Degraded: s.degradedLegs(),
	}, func() *Trace { return s.trace(r.pool) }, nil
}

func (s *run) factHits(facts []found[pika.Fact]) []pika.FactHit {
	hits := make([]pika.FactHit, 0, len(facts))
	for _, f := range facts {
		hit := pika.FactHit{Fact: *f.item, Score: ScoreOf(f.strength)}
		if s.query.Explain {
			hit.Explain = f.explanation()
		}
		hits = append(hits, hit)
	}
	return hits
}

func messageHits(messages []found[pika.StoredMessage]) []pika.MessageHit {
	hits := make([]pika.MessageHit, 0, len(messages))
	for _, m := range messages {
		hits = append(hits, pika.MessageHit{Message: *m.item, Score: ScoreOf(m.strength)})
	}
	return hits
}
