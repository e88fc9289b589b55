package cache

import (
	"cmp"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
)

// What follows is told by searches, and works on nil as if there were no classes.

// asked notes that a caller asks a question.
func (t *TTLs) asked(key string, now time.Time) {
	if t == nil {
		return
	}
	t.questions.Compute(key, func(q askedQuestion, _ bool) (askedQuestion, otter.ComputeOp) {
		q.asked++
		q.last = now
		return q, otter.WriteOp
	})
}

// given counts that a kept answer is given to a caller.
func (t *TTLs) given(key string, a *keptAnswer) {
	if t == nil || a.Class == "" {
		return
	}
	t.count(pika.AnswerUse{Class: a.Class, Hits: 1})
	t.questions.Compute(key, func(q askedQuestion, _ bool) (askedQuestion, otter.ComputeOp) {
		q.class, q.until = a.Class, a.Until
		return q, otter.WriteOp
	})
}

// shorten gives an answer its class, and ends it with the time that this gives it. If a
// caller asked when the time of the answer before it was over, that was a miss.
func (t *TTLs) shorten(key string, scope pika.Scope, a *keptAnswer) {
	if t == nil {
		return
	}
	gap := t.meanWriteGap(scope, a.Version, a.MadeAt)
	t.questions.Compute(key, func(q askedQuestion, _ bool) (askedQuestion, otter.ComputeOp) {
		if !q.until.IsZero() && !q.last.Before(q.until) {
			t.count(pika.AnswerUse{Class: q.class, Misses: 1})
		}
		a.Class = classOf(q, a)
		a.Soft, a.Until = ends(a.MadeAt, t.ttl(a.Class, gap), a.Trace.Until)
		q.class, q.until = a.Class, a.Until
		return q, otter.WriteOp
	})
}

func classOf(q askedQuestion, a *keptAnswer) pika.AnswerClass {
	for _, h := range a.Answer.Facts {
		if a.MadeAt.Sub(h.Fact.RecordedAt) < freshFor {
			return pika.AnswerFresh
		}
	}
	if q.asked >= oftenAsked {
		return pika.AnswerOften
	}
	return pika.AnswerRarely
}

// ttl is the time of a class, within the user's mean time between two writes (0: not known).
func (t *TTLs) ttl(class pika.AnswerClass, gap time.Duration) time.Duration {
	ttl := min(cmp.Or((*t.tuned.Load())[class].TTL, BaseTTL(class)), t.o.Longest)
	if gap > 0 {
		ttl = min(ttl, max(gap, leastTTL))
	}
	return ttl
}

// meanWriteGap returns the mean time between the writes of a user that this process saw in
// the last day, by how far the version of his memory moved. 0: too few to tell.
func (t *TTLs) meanWriteGap(scope pika.Scope, version int64, now time.Time) time.Duration {
	first, known := t.writers.GetIfPresent(scope.ID())
	if !known || version < first.version {
		t.writers.Set(scope.ID(), writer{version: version, since: now})
		return 0
	}
	writes := version - first.version
	if writes < leastWrites || !now.After(first.since) {
		return 0
	}
	return now.Sub(first.since) / time.Duration(writes)
}
