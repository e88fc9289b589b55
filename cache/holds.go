package cache

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/search"
)

// readVersion reads the memory's version, before anything else of it.
func (r *request) readVersion(ctx context.Context) {
	version, err := r.versionWithin(ctx, r.scope, r.query.Deadline)
	r.version, r.known = version, err == nil
}

// versionWithin reads the version of a memory for a search that has so much time.
func (s *Searcher) versionWithin(ctx context.Context, scope pika.Scope, deadline time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience(deadline))
	defer cancel()
	return s.o.Changes.Version(ctx, scope)
}

// patience is how long a search that has so much time waits for one answer of a cache.
func patience(deadline time.Duration) time.Duration {
	return time.Duration(float64(deadline) * cacheShare)
}

func (r *request) patience() time.Duration { return patience(r.query.Deadline) }

// lookUp returns the shared cache's answer if it holds, nil: there is none.
func (r *request) lookUp(ctx context.Context) *pika.Answer {
	kept, bytes, published := r.read(ctx)
	if kept == nil {
		return nil
	}
	ahead := kept.takeAhead()
	given := r.judge(ctx, kept, bytes, published)
	r.count(given != nil)
	if given == nil {
		r.o.Metrics.countStale()
	} else {
		r.o.Metrics.countSaved(kept.Took - r.o.Now().Sub(r.now))
		r.o.TTLs.given(r.key, kept)
		r.gave(ctx, kept, given, ahead)
		r.remind(ctx, kept)
		r.refreshEarly(ctx, kept)
	}
	return given
}

func (r *request) count(hit bool) {
	if hit {
		r.o.Metrics.count(L2Exact, 1, 0)
		return
	}
	r.o.Metrics.count(L2Exact, 0, 1)
}

// read returns the answer that is kept, how long it is, and the version of the memory
// that was last published.
func (r *request) read(ctx context.Context) (kept *keptAnswer, bytes int, published string) {
	refresh := r.query.Cache == pika.CacheRefresh
	var keys []string
	if !refresh {
		keys = append(keys, r.key)
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	if r.askedKey != "" {
		keys = append(keys, r.askedKey)
	}
	if len(keys) == 0 {
		return nil, 0, ""
	}
	values, epochs, err := r.o.Cache.ReadScope(ctx, r.scope, keys...)
	r.failing = err != nil
	r.readAskings(values[r.askedKey])
	if refresh {
		return nil, 0, ""
	}
	if err != nil || values[r.key] == nil {
		r.count(false)
		return nil, 0, ""
	}
	a, err := decodeAnswer(values[r.key])
	if err != nil || !r.now.Before(a.Until) {
		r.count(false)
		return nil, 0, ""
	}
	return a, len(values[r.key]), epochs[versionBucket]
}

// judge decides whether an answer is given.
func (r *request) judge(ctx context.Context, a *keptAnswer, bytes int, published string) *pika.Answer {
	switch {
	case !a.fresh(r.now) && (!r.known || a.Version != r.version):
		return nil
	case !r.known:
		if published != strconv.FormatInt(a.Version, 10) {
			return nil
		}
		given := a.given(pika.TierL2Exact, r.now)
		given.Degraded = []pika.Leg{pika.LegFacts}
		return &given
	case a.Version == r.version:
		r.remember(a, bytes)
	case a.Version < r.version && r.renew(ctx, a):
		r.store(ctx, a)
	default:
		return nil
	}
	given := a.given(pika.TierL2Exact, r.now)
	return &given
}

// renewShare is the part of a search's time that ranking a kept answer again may take: a
// search must still be possible after it.
const renewShare = 0.4

// renew brings an answer up to the version that was read, and reports whether it could.
func (r *request) renew(ctx context.Context, a *keptAnswer) bool {
	if r.query.Explain { // Source.Renew would refuse it
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(float64(r.query.Deadline)*renewShare))
	defer cancel()
	ids, removed, ok := r.writtenSince(ctx, a)
	if !ok {
		return false
	}
	answer, trace, ok := r.source.Renew(ctx, r.scope, r.query, a.Trace, search.Since{IDs: ids, Vectors: r.vectorsOf})
	if !ok {
		return false
	}
	r.o.Metrics.countRenewed()
	a.Answer, a.Trace, a.Version, a.MadeAt = answer, trace, r.version, r.now
	if removed || a.Version-a.Base >= changesPerEdition {
		a.newEdition()
	}
	if until := a.Trace.Until; !until.IsZero() && until.Before(a.Until) {
		a.Until = until
	}
	return r.now.Before(a.Until)
}

// writtenSince returns the facts that are new since an answer was made, say something else,
// or are gone, and whether any may be gone; !ok: they are not known, or not all that the
// answer follows from.
func (r *request) writtenSince(ctx context.Context, a *keptAnswer) (ids []string, removed, ok bool) {
	changes, whole, err := r.o.Changes.ChangesSince(ctx, r.scope, a.Version)
	if err != nil || !whole {
		return nil, false, false
	}
	for _, c := range changes {
		if c.Version > r.version {
			break // read meanwhile: r.version was read before
		}
		if c.Everything || (len(c.Messages) > 0 && r.query.Messages > 0) {
			return nil, false, false
		}
		ids = append(append(ids, c.Added...), c.Touched...)
		removed = removed || len(c.Touched) > 0
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids, removed, len(ids) <= pika.MaxChangeIDs
}

// vectorsOf returns vectors of facts. One that is not there yet is missing.
func (r *request) vectorsOf(ctx context.Context, ids []string) ([]pika.Vector, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return r.o.Vectors(ctx, r.scope, r.index.Model.EmbeddingModel, ids)
}
