package cache

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
)

// Bounds of the third tier.
const (
	// thirdShare is the part of a search's time that looking into it may take.
	thirdShare = 0.1
	// maxThirdWrites bounds the writes to it that are under way.
	maxThirdWrites = 16
	thirdWriteTime = 2 * time.Second
	// maxSights is of how many questions a process remembers that they were asked.
	maxSights = 100_000
	sightLife = 24 * time.Hour
)

// third is the third tier of a Searcher (L3): answers beside the truth, which outlive the
// shared cache and processes. An answer comes there when its question is asked a second
// time, or was made ahead: most questions are asked once.
type third struct {
	kept   pika.QueryCache
	asked  asked
	seed   maphash.Seed
	sights *otter.Cache[uint64, int64] // by the hash of a key: which answer is kept
	writes *background                 // an answer beyond them is not kept there
}

// newThird returns nil if there is no third tier.
func newThird(kept pika.QueryCache) *third {
	if kept == nil {
		return nil
	}
	return &third{
		kept: kept, asked: asked{byKey: map[string]*pika.NotedSearch{}}, seed: maphash.MakeSeed(), writes: newBackground(maxThirdWrites),
		sights: otter.Must(&otter.Options[uint64, int64]{
			MaximumSize: maxSights, ExpiryCalculator: otter.ExpiryAccessing[uint64, int64](sightLife),
		}),
	}
}

// countAsked adds to what is known of a question, if it is one to make answers to ahead.
func (r *request) countAsked(n pika.NotedSearch) {
	if r.third != nil && warmable(r.query) {
		n.Scope, n.Key, n.Query, n.At = r.scope, r.key, r.query, r.now
		r.third.asked.add(n)
	}
}

// neverKept stands for the answer to a question that was asked once.
const neverKept = 0

// changesPerEdition is how many versions an answer may move on until the third tier gets it
// again. What it has is brought up to date when it is read: it need not be written each time.
const changesPerEdition = 16

// newEdition makes an answer another one for the third tier, as it must be where what was
// removed took all answers of before out of it.
func (a *keptAnswer) newEdition() { a.Edition, a.Base = a.MadeAt.UnixNano()+a.Version, a.Version }

// second reports whether a question was asked before and its answer is not in the third
// tier as far as this process knows.
func (t *third) second(key string, a *keptAnswer) (yes bool) {
	hash := maphash.String(t.seed, key)
	if kept, ok := t.sights.GetIfPresent(hash); ok && kept == a.Edition {
		return false
	}
	t.sights.Compute(hash, func(kept int64, found bool) (int64, otter.ComputeOp) {
		yes = found && kept != a.Edition
		if !found {
			return neverKept, otter.WriteOp
		}
		return a.Edition, otter.WriteOp
	})
	return yes
}

// has notes that an answer is in the third tier.
func (t *third) has(key string, a *keptAnswer) {
	t.sights.Set(maphash.String(t.seed, key), a.Edition)
}

// sighted keeps an answer that was given, if its question was asked before.
func (r *request) sighted(ctx context.Context, a *keptAnswer) {
	if r.third != nil && r.third.second(r.key, a) {
		r.keepThird(ctx, a)
	}
}

// keepThird keeps an answer in the third tier without anybody waiting for it.
func (r *request) keepThird(ctx context.Context, a *keptAnswer) {
	if r.third == nil {
		return
	}
	r.third.has(r.key, a)
	r.third.writes.try(func() {
		if err := r.writeThird(ctx, a); err != nil {
			r.o.Log.Debug("an answer is not kept beside the truth", "code", string(pika.CodeOf(err)), "error", err)
		}
	})
}

// writeThird keeps an answer, unless it is too long.
func (r *request) writeThird(ctx context.Context, a *keptAnswer) error {
	encoded, err := encodeAnswer(a)
	if err != nil || len(encoded) > pika.MaxKeptAnswerBytes {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), thirdWriteTime)
	defer cancel()
	return r.third.kept.KeepAnswer(ctx, r.scope, pika.KeptAnswer{Key: r.key, Query: r.query, Value: encoded, Until: a.Until, Version: a.Version})
}

// lookUpThird returns the third tier's answer if it holds, nil: there is none. Without the
// truth there is none either. An answer that is given is put back into the first tiers.
func (r *request) lookUpThird(ctx context.Context) *pika.Answer {
	if r.third == nil || !r.known || r.query.Cache == pika.CacheRefresh {
		return nil
	}
	a := r.readThird(ctx)
	edition := int64(0)
	if a != nil {
		edition = a.Edition
	}
	if a == nil || !r.holds(ctx, a) {
		r.o.Metrics.count(L3, 0, 1)
		r.o.Metrics.count(Precomputed, 0, 1)
		if a != nil {
			r.o.Metrics.countStale()
		}
		return nil
	}
	r.o.Metrics.count(L3, 1, 0)
	r.o.Metrics.countSaved(a.Took - r.o.Now().Sub(r.now))
	return r.giveThird(ctx, a, a.Edition != edition)
}

// giveThird gives an answer and puts it back into the other tiers. One that moved on to
// another edition is kept anew, so that the next time fewer changes are to be judged.
func (r *request) giveThird(ctx context.Context, a *keptAnswer, moved bool) *pika.Answer {
	given := a.given(pika.TierL3, r.now)
	r.o.TTLs.given(r.key, a)
	if a.takeAhead() {
		r.gave(ctx, a, &given, true)
		return &given
	}
	r.store(ctx, a)
	if r.third.has(r.key, a); moved {
		r.keepThird(ctx, a)
	}
	return &given
}

// readThird returns what is kept, whether it holds or not.
func (r *request) readThird(ctx context.Context) *keptAnswer {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(float64(r.query.Deadline)*thirdShare))
	defer cancel()
	values, err := r.third.kept.KeptAnswers(ctx, r.scope, r.now, r.key)
	if err != nil || values[r.key] == nil {
		return nil
	}
	a, err := decodeAnswer(values[r.key])
	if err != nil || !r.now.Before(a.Until) {
		return nil
	}
	return a
}

// holds reports whether an answer is the one of the present version, which it then has.
func (r *request) holds(ctx context.Context, a *keptAnswer) bool {
	if a.Version > r.version || a.Version < r.version && !r.renew(ctx, a) {
		return false
	}
	a.Version = r.version
	return true
}

// takeAhead reports whether an answer was made ahead and nobody got it yet; now somebody
// does.
func (a *keptAnswer) takeAhead() bool {
	ahead := a.Ahead
	a.Ahead = false
	return ahead
}

// gave notes that an answer was given from the shared cache or the third tier. The first
// time that one is given that was made ahead it is told and counted, and from then on it is
// one as any other.
func (r *request) gave(ctx context.Context, a *keptAnswer, given *pika.Answer, ahead bool) {
	switch {
	case !r.known: // nothing is kept
	case ahead:
		given.Tier = pika.TierPrecomputed
		r.o.Metrics.count(Precomputed, 1, 0)
		r.countAsked(pika.NotedSearch{Read: 1})
		r.store(ctx, a)
		r.keepThird(ctx, a)
	default:
		r.sighted(ctx, a)
	}
}

// Run writes what is asked beside the truth, every few seconds, until ctx ends; Close
// writes the rest.
func (s *Searcher) Run(ctx context.Context) error {
	ticker := time.NewTicker(askedEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.writeAsked(ctx, func() {
				select {
				case <-s.o.After(askedPause):
				case <-ctx.Done():
				}
			})
		}
	}
}

func (s *Searcher) writeAsked(ctx context.Context, rest func()) {
	if s.third != nil {
		s.third.asked.write(ctx, s.third.kept, rest, s.o.Log)
	}
}
