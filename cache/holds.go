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
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	version, err := r.o.Changes.Version(ctx, r.scope)
	r.version, r.known = version, err == nil
}

func (r *request) patience() time.Duration {
	return time.Duration(float64(r.query.Deadline) * cacheShare / 2)
}

// lookUp returns the shared cache's answer if it holds, nil: there is none.
func (r *request) lookUp(ctx context.Context) *pika.Answer {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
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
	if r.query.Cache == pika.CacheRefresh {
		return nil, 0, ""
	}
	values, epochs, err := r.o.Cache.ReadScope(ctx, r.scope, r.key)
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
	case !r.known:
		if published != strconv.FormatInt(a.Version, 10) {
			return nil
		}
		given := a.given(pika.TierL2Exact, r.now)
		given.Degraded = []pika.Leg{pika.LegFacts}
		return &given
	case a.Version == r.version:
		r.remember(a, bytes)
	case a.Version < r.version && r.unaffected(ctx, a):
		a.Version = r.version
		r.store(ctx, a)
	default:
		return nil
	}
	given := a.given(pika.TierL2Exact, r.now)
	return &given
}

// unaffected reports whether nothing that changed since an answer was made could have
// changed it.
func (r *request) unaffected(ctx context.Context, a *keptAnswer) bool {
	changes, whole, err := r.o.Changes.ChangesSince(ctx, r.scope, a.Version)
	if err != nil || !whole {
		return false
	}
	var written, touched []string
	for _, c := range changes {
		if c.Version > r.version {
			break // read meanwhile: r.version was read before
		}
		if c.Everything || (len(c.Messages) > 0 && (r.query.Messages > 0 || len(a.Trace.Unknown) > 0)) || a.Trace.Vocabulary || a.names(c.Touched) || a.names(c.Added) {
			return false
		}
		written, touched = append(written, c.Added...), append(touched, c.Touched...)
	}
	ids := slices.Concat(written, touched)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return len(ids) == 0 || (!a.Trace.Open && len(ids) <= pika.MaxChangeIDs && r.stays(ctx, a, ids))
}

// stays reads what facts say now, and asks the trace.
func (r *request) stays(ctx context.Context, a *keptAnswer, ids []string) bool {
	facts, err := r.o.Facts.Get(ctx, r.scope, ids)
	if err != nil {
		return false
	}
	var since search.Since
	for _, id := range ids {
		if !slices.ContainsFunc(facts, func(f pika.Fact) bool { return f.ID == id }) {
			since.Removed = append(since.Removed, id)
		}
	}
	since.Written, since.Passes = facts, search.FactFilter(r.scope, r.query, r.now)
	since.Vectors, err = r.vectorsOf(ctx, a, since.Written)
	return err == nil && a.Trace.Holds(since)
}

// vectorsOf returns the vectors of facts by id. One that is not there yet is missing: it
// may be anything.
func (r *request) vectorsOf(ctx context.Context, a *keptAnswer, facts []pika.Fact) (map[string][]float32, error) {
	vectors := map[string][]float32{}
	if a.Trace.Vector == nil || len(facts) == 0 {
		return vectors, nil
	}
	ids := make([]string, len(facts))
	for i := range facts {
		ids[i] = facts[i].ID
	}
	rows, err := r.o.Vectors(ctx, r.scope, r.index.Model.EmbeddingModel, ids)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		vectors[row.ID] = row.Values
	}
	return vectors, nil
}
