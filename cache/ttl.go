package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
)

// What decides the class of an answer, and the bounds of what TTLs remembers.
const (
	oftenAsked = 3         // times in a process, never a day apart, and the question is asked often
	freshFor   = time.Hour // after it was recorded a fact is new

	// leastTTL is what the writes of a user shorten a time to at most: most writes leave
	// most answers as they are.
	leastTTL = time.Minute
	// leastWrites is how many writes a mean time between them needs.
	leastWrites = 3

	maxQuestions = 20_000 // whose use a process follows
	maxWriters   = 20_000 // users whose writes it follows
	followed     = 24 * time.Hour

	// ttlsEvery is the time between two exchanges with the store.
	ttlsEvery = time.Minute
	// ttlsTime bounds one of them.
	ttlsTime = 5 * time.Second
)

// BaseTTL returns how long answers of a class are kept before anything was tuned.
func BaseTTL(class pika.AnswerClass) time.Duration {
	switch class {
	case pika.AnswerOften:
		return 24 * time.Hour
	case pika.AnswerFresh:
		return 5 * time.Minute
	}
	return time.Hour
}

// TTLOptions are what TTLs needs.
type TTLOptions struct {
	Store   pika.AnswerTTLs // what all processes share. nil: the bases hold
	Longest time.Duration   // no time is longer. Defaults to DefaultAnswerTTL
	Now     func() time.Time
	Log     *slog.Logger // Defaults to no log
}

// TTLs decides how long an answer is kept, and counts what became of it. The class of an
// answer follows from how often its question is asked of this process and from how new its
// newest fact is; the time of a class from the last tuning; and it is no longer than the
// user's mean time between two writes. A restart forgets what was asked, not what was tuned.
type TTLs struct {
	o         TTLOptions
	tuned     atomic.Pointer[map[pika.AnswerClass]pika.AnswerTTL]
	questions *otter.Cache[string, askedQuestion] // by the answer's key
	writers   *otter.Cache[string, writer]        // by the scope's id

	mu  sync.Mutex
	use map[pika.AnswerClass]pika.AnswerUse // since it was last handed over
}

// askedQuestion is what a process knows of a question.
type askedQuestion struct {
	asked int       // how often
	last  time.Time // it was asked
	class pika.AnswerClass
	until time.Time // its answer was kept; zero: never
}

// writer is when the version of a user's memory was first seen.
type writer struct {
	version int64
	since   time.Time
}

// NewTTLs returns TTLs; Run lets it know what was tuned.
func NewTTLs(o TTLOptions) *TTLs {
	o.Longest = cmp.Or(o.Longest, DefaultAnswerTTL)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t := &TTLs{
		o: o, use: map[pika.AnswerClass]pika.AnswerUse{},
		questions: otter.Must(&otter.Options[string, askedQuestion]{
			MaximumSize: maxQuestions, ExpiryCalculator: otter.ExpiryWriting[string, askedQuestion](followed),
		}),
		writers: otter.Must(&otter.Options[string, writer]{
			MaximumSize: maxWriters, ExpiryCalculator: otter.ExpiryCreating[string, writer](followed),
		}),
	}
	t.tuned.Store(&map[pika.AnswerClass]pika.AnswerTTL{})
	return t
}

// Run hands the counts over and reads what was tuned, at once and every minute, until ctx
// ends; then it hands over what is left. It always returns nil: a store that does not answer
// is asked again, and what was tuned last holds until then.
func (t *TTLs) Run(ctx context.Context) error {
	ticker := time.NewTicker(ttlsEvery)
	defer ticker.Stop()
	for {
		if err := t.Exchange(ctx); err != nil {
			t.o.Log.Debug("what was tuned of the times of answers is not known", "code", string(pika.CodeOf(err)))
		}
		select {
		case <-ctx.Done():
			_ = t.handOver(context.WithoutCancel(ctx))
			return nil
		case <-ticker.C:
		}
	}
}

// Exchange hands the counts over and reads what was tuned, once.
func (t *TTLs) Exchange(ctx context.Context) error {
	if t.o.Store == nil {
		return nil
	}
	return errors.Join(t.handOver(ctx), t.read(ctx))
}

func (t *TTLs) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ttlsTime)
	defer cancel()
	ttls, err := t.o.Store.AnswerTTLs(ctx)
	if err != nil {
		return err
	}
	tuned := make(map[pika.AnswerClass]pika.AnswerTTL, len(ttls))
	for _, ttl := range ttls {
		tuned[ttl.Class] = ttl
	}
	t.tuned.Store(&tuned)
	return nil
}

// handOver adds what was counted to the store's counts; what it does not take is kept.
func (t *TTLs) handOver(ctx context.Context) error {
	t.mu.Lock()
	counted := t.use
	t.use = map[pika.AnswerClass]pika.AnswerUse{}
	t.mu.Unlock()
	var use []pika.AnswerUse
	for _, class := range pika.AnswerClasses() {
		if u := counted[class]; u.Hits+u.Misses > 0 {
			use = append(use, u)
		}
	}
	if len(use) == 0 || t.o.Store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ttlsTime)
	defer cancel()
	err := t.o.Store.NoteAnswerUse(ctx, use)
	if err != nil {
		for _, u := range use {
			t.count(u)
		}
	}
	return err
}

func (t *TTLs) count(u pika.AnswerUse) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.use[u.Class]
	t.use[u.Class] = pika.AnswerUse{Class: u.Class, Hits: known.Hits + u.Hits, Misses: known.Misses + u.Misses}
}

// Current returns how long answers of each class are kept, and what the last tuning said.
func (t *TTLs) Current() []pika.AnswerTTL {
	tuned := *t.tuned.Load()
	current := make([]pika.AnswerTTL, 0, len(pika.AnswerClasses()))
	for _, class := range pika.AnswerClasses() {
		ttl := tuned[class]
		ttl.Class = class
		ttl.TTL = min(cmp.Or(ttl.TTL, BaseTTL(class)), t.o.Longest)
		current = append(current, ttl)
	}
	return current
}
