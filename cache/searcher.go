package cache

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// Source is the search that is asked when no cache answers.
type Source interface {
	// SearchTraced is pika.Searcher.Search, and tells how the answer came about.
	SearchTraced(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, search.Tracer, error)

	// Renew brings an answer up to date without a search; !ok: it cannot.
	Renew(ctx context.Context, scope pika.Scope, q pika.Query, t *search.Trace, since search.Since) (answer pika.Answer, next *search.Trace, ok bool)

	// Transfer answers a question from what another one ranked; !ok: it cannot.
	Transfer(ctx context.Context, scope pika.Scope, q pika.Query, t *search.Trace, vectors func(context.Context, []string) ([]pika.Vector, error)) (search.Transferred, bool)
}

// Defaults of SearcherOptions.
const (
	DefaultAnswerTTL  = time.Hour
	defaultLocalBytes = 64 << 20
)

// SearcherOptions are what a Searcher needs.
type SearcherOptions struct {
	Cache     pika.Cache        // what processes share
	Freshness *Freshness        // what this process knows of changes
	Changes   pika.Changes      // the truth's
	Index     func() pika.Index // the active model

	// Vectors returns the vectors of facts that a user has, those that are there.
	Vectors func(ctx context.Context, scope pika.Scope, model pika.EmbeddingModel, ids []string) ([]pika.Vector, error)

	Kept pika.QueryCache // the third tier, beside the truth; nil: there is none

	ExactOnly bool // no question is answered from another one's answer

	TTL        time.Duration // how long an answer is kept at most. Defaults to DefaultAnswerTTL
	TTLs       *TTLs         // what shortens that. nil: nothing
	LocalBytes int64         // of answers in this process. Defaults to 64 MiB
	Now        func() time.Time
	After      func(time.Duration) <-chan time.Time // Defaults to time.After
	Random     func() float64                       // in [0, 1), for many goroutines. Defaults to rand.Float64
	Log        *slog.Logger                         // Defaults to no log
	Metrics    *Metrics                             // Defaults to counters that nobody reads
}

// Searcher is a pika.Searcher that gives an answer again: from the memory of the process
// (L1), from the cache that processes share (L2), or from beside the truth (L3), where
// answers are kept whose questions were asked before. What was written meanwhile is asked of
// the truth, and the answer is brought up to date with it (Source.Renew); where that cannot
// be done it is made anew. A question that asks the same as another one is answered from
// what that one's search ranked (semantic.go). An answer that lacks something is never kept,
// and whatever goes wrong with a cache is a miss.
//
// An answer from L2 or L3 is as fresh as the truth. One from L1 is so where the change was
// made in this process, about as fresh as messages of Freshness where it was not, and
// localTTL old at most where those do not come. Without the truth, answers that were
// published as current are given with facts among what is degraded.
type Searcher struct {
	source  Source
	o       SearcherOptions
	local   *local
	flights flights[pika.Answer]
	third   *third // nil: there is none

	semantic semantic

	refreshing refreshes
	load       load

	writes  *background    // to the shared cache; an answer beyond them is not kept
	running sync.WaitGroup // what else nobody waits for
}

var _ pika.Searcher = (*Searcher)(nil)

// maxWrites bounds the writes to the shared cache that are under way.
const maxWrites = 64

// cacheShare is the part of a search's time that one look into a cache, or at the version of
// a memory, may take.
const cacheShare = 0.25

// lookingShare is the part of it that all of them may take together: a search must still be
// possible after them.
const lookingShare = 0.5

// NewSearcher returns a Searcher in front of source.
func NewSearcher(source Source, o SearcherOptions) *Searcher {
	o.TTL = cmp.Or(o.TTL, DefaultAnswerTTL)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	s := &Searcher{source: source, o: o, flights: flights[pika.Answer]{deadline: pika.MaxDeadlineMS * time.Millisecond}, writes: newBackground(maxWrites)}
	s.third = newThird(o.Kept)
	s.semantic = semantic{questions: newQuestions(), classes: &classes{counts: maps.Clone(learntBefore)}, random: o.Random, checks: newBackground(maxChecks)}
	s.local = newLocal(cmp.Or(o.LocalBytes, defaultLocalBytes), o.Freshness)
	o.Metrics.sizes.add(L1, s.local.size)
	return s
}

// Search implements pika.Searcher.
func (s *Searcher) Search(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, error) {
	began := time.Now()
	defer func() {
		now := time.Now()
		s.load.add(now.Sub(began), now)
	}()
	if q.Cache == pika.CacheOff || search.Check(q) != nil {
		return s.ask(ctx, scope, q)
	}
	r := &request{Searcher: s, scope: scope, query: q, index: s.o.Index(), now: s.o.Now(), started: began}
	r.epoch, r.listening = s.o.Freshness.listening()
	r.day = dayOf(q, r.now)
	r.key = answerKey(scope, r.index.Model.EmbeddingModel, q, r.day)
	if r.key == "" {
		return s.ask(ctx, scope, q)
	}
	s.o.TTLs.asked(r.key, r.now)
	r.countAsked(pika.NotedSearch{Searches: 1})
	if q.Cache != pika.CacheRefresh {
		if a, ok := r.local.get(r.key, r.now); ok {
			s.o.Metrics.count(L1, 1, 0)
			s.o.Metrics.countSaved(a.Took)
			s.o.TTLs.given(r.key, a)
			r.sighted(ctx, a)
			r.refreshEarly(ctx, a)
			given := a.given(pika.TierL1, r.now)
			s.o.Metrics.countAge(given)
			return given, nil
		}
		s.o.Metrics.count(L1, 0, 1)
	}
	r.askedKey = askingsKey(r)
	r.readVersion(ctx)
	// Those who ask the same at the same time share one answer, if they have the same time
	// for it and no change came between them.
	flight := fmt.Sprint(r.key, q.Cache, q.Deadline, r.known, r.version)
	answer, _, err := s.flights.do(ctx, flight, r.answer)
	if err == nil {
		s.o.Metrics.countAge(answer)
	}
	return answer, err
}

// ask asks the source and keeps nothing. It is of the memory as it is now, also where the
// process knows that: its version is asked of the truth once, in place of by every part.
func (s *Searcher) ask(ctx context.Context, scope pika.Scope, q pika.Query) (pika.Answer, error) {
	if version, err := s.versionWithin(ctx, scope, q.Deadline); err == nil {
		ctx = withVersion(ctx, scope, version)
	}
	answer, _, err := s.source.SearchTraced(ctx, scope, q)
	return answer, err
}

// request is one search under way.
type request struct {
	*Searcher
	scope pika.Scope
	query pika.Query
	index pika.Index
	now   time.Time
	day   string // that the question follows from
	key   string

	epoch     int64 // of Freshness, before anything of the memory was read
	listening bool
	version   int64 // of the memory, before anything else of it was read
	known     bool  // it could be read

	started time.Time // of the search, by the machine's clock
	failing bool      // the shared cache does not answer
	release func()    // gives the lease back (lease.go); nil: there is none

	askedKey string   // of what was asked in the same way; empty: it is compared with none
	askings  []asking // what was
	decision *pika.CacheDecision
	shared   float64      // of its question's words
	explored *exploration // nil: nothing was
}

// answer looks into the shared cache, else asks the source and keeps its answer.
func (r *request) answer(ctx context.Context) (pika.Answer, error) {
	if r.known {
		ctx = withVersion(ctx, r.scope, r.version)
	}
	if kept := r.lookEverywhere(ctx); kept != nil {
		return *kept, nil
	}
	defer r.giveBack()
	q := r.query
	q.Deadline = max(q.Deadline-time.Since(r.started), time.Duration(float64(q.Deadline)*(1-lookingShare)), pika.MinDeadlineMS*time.Millisecond)
	answer, trace, err := r.source.SearchTraced(ctx, r.scope, q)
	if err != nil {
		return answer, err
	}
	r.learn(answer)
	if r.known && len(answer.Degraded) == 0 {
		r.keep(ctx, answer, trace(), time.Since(r.started))
	}
	return r.explained(answer), nil
}

// lookEverywhere looks into the shared cache and the third tier, at other questions, and waits
// for another process; nil: a search is to be made.
func (r *request) lookEverywhere(ctx context.Context) *pika.Answer {
	ctx, cancel := context.WithDeadline(ctx, r.started.Add(time.Duration(float64(r.query.Deadline)*lookingShare)))
	defer cancel()
	for _, look := range []func(context.Context) *pika.Answer{r.lookUp, r.lookUpThird, r.fromAnother} {
		if kept := look(ctx); kept != nil {
			kept := r.explained(*kept)
			return &kept
		}
	}
	return r.await(ctx)
}

// explained adds what was decided about other questions, for who asks for explanations.
func (r *request) explained(answer pika.Answer) pika.Answer {
	if r.query.Explain {
		answer.Decision = r.decision
	}
	return answer
}

// keep keeps an answer in all tiers, unless it has no trace. It ends before anything of it
// changes with the time, counted from before it was made.
func (r *request) keep(ctx context.Context, given pika.Answer, trace *search.Trace, took time.Duration) {
	if trace == nil {
		return
	}
	a := r.made(given, trace, took)
	r.store(ctx, a)
	r.sighted(ctx, a)
}

func (r *request) made(given pika.Answer, trace *search.Trace, took time.Duration) *keptAnswer {
	a := &keptAnswer{Version: r.version, MadeAt: r.now, Took: took, Answer: given, Trace: trace}
	a.Soft, a.Until = ends(r.now, r.o.TTL, trace.Until)
	r.o.TTLs.shorten(r.key, r.scope, a)
	a.newEdition()
	return a
}

// store keeps an answer that holds, in the shared cache without anybody waiting for it.
func (r *request) store(ctx context.Context, a *keptAnswer) {
	encoded, err := encodeAnswer(a)
	if err != nil {
		return
	}
	r.remember(a, len(encoded))
	ttl := a.Until.Sub(r.o.Now())
	if ttl <= 0 {
		return
	}
	release := r.handOver()
	if !r.writes.try(func() { defer release(); r.write(ctx, a, encoded, ttl) }) { // the cache is slow: it gets no more to do
		r.release = release
	}
}

func (r *request) write(ctx context.Context, a *keptAnswer, encoded []byte, ttl time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheDeadline)
	defer cancel()
	if err := r.o.Cache.SetValue(ctx, r.key, encoded, ttl); err != nil {
		r.o.Log.Debug("an answer is not kept", "code", string(pika.CodeOf(err)), "error", err)
		return
	}
	if a.answersOthers() {
		r.noteAsking(ctx)
	}
}

// remember keeps an answer in the process, unless changes may have been missed since the
// memory was read.
func (r *request) remember(a *keptAnswer, bytes int) {
	if r.listening {
		r.local.set(r.key, localAnswer{keptAnswer: a, scope: r.scope.ID(), bytes: bytes, epoch: r.epoch, at: r.now})
	}
}

// Close writes what was asked, and waits until the writes that are under way have ended;
// each has a deadline.
func (s *Searcher) Close() error {
	s.writeAsked(context.Background(), nil)
	s.running.Wait()
	s.semantic.checks.wait()
	if s.third != nil {
		s.third.writes.wait()
	}
	s.writes.wait() // of what was waited for, too
	return nil
}

// Stats returns what the caches of this process did.
func (s *Searcher) Stats() Stats {
	stats := s.o.Metrics.Stats()
	stats.Semantic = s.semantic.classes.all()
	if s.o.TTLs != nil {
		stats.TTLs = s.o.TTLs.Current()
	}
	return stats
}
