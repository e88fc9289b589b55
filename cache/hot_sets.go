package cache

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"

	"github.com/pikamem/pika"
)

// Limits of what is kept of the users who are searched most.
const (
	maxWorkingSet    = 4096             // facts or vectors; a user with more is left to the stores
	hotSearches      = 2                // of a user until his set is loaded
	coolAfter        = 10 * time.Minute // without a use a set is given up, and what is known of a user forgotten
	loadTime         = 10 * time.Second
	concurrentLoads  = 2
	emptySetOverhead = 256 // bytes
)

// hotSets keep something of each user who is searched often: it is loaded from the truth,
// and follows every change that the truth noted. What is not there, or not in time, the
// stores answer. A set that changes is a new one: whoever has one may go on with it.
type hotSets[K comparable, S any] struct {
	changes pika.Changes
	log     *slog.Logger
	scope   func(K) pika.Scope

	// load reads all; nil: there is too much.
	load func(ctx context.Context, k K) (*S, error)

	// follow makes the set after changes; nil: it is to be loaded anew.
	follow func(ctx context.Context, k K, s *S, changes []pika.Change) (*S, error)

	sets      *otter.Cache[K, *hotSet[S]]
	following flights[*hotSet[S]]
	loading   *background
}

// hotSet is what is kept of one user, as of a version of his memory.
type hotSet[S any] struct {
	version  int64
	uses     int // before it was loaded
	value    *S  // nil: it is not loaded
	tooLarge bool
}

// start makes the cache of h; size is in bytes, as bytes is.
func (h *hotSets[K, S]) start(bytes int64, size func(K, *S) int) {
	h.loading = newBackground(concurrentLoads)
	h.following.deadline = loadTime
	h.sets = otter.Must(&otter.Options[K, *hotSet[S]]{
		MaximumWeight: uint64(bytes),
		Weigher: func(k K, s *hotSet[S]) uint32 {
			if s.value == nil {
				return emptySetOverhead
			}
			return uint32(emptySetOverhead + size(k, s.value))
		},
		ExpiryCalculator: hotExpiry[K, S]{},
		StatsRecorder:    stats.NewCounter(),
	})
}

// hotExpiry keeps what is used; that a user has too much is looked at again after a while.
type hotExpiry[K comparable, S any] struct{}

// ExpireAfterCreate implements otter.ExpiryCalculator.
func (hotExpiry[K, S]) ExpireAfterCreate(otter.Entry[K, *hotSet[S]]) time.Duration { return coolAfter }

// ExpireAfterUpdate implements otter.ExpiryCalculator.
func (hotExpiry[K, S]) ExpireAfterUpdate(otter.Entry[K, *hotSet[S]], *hotSet[S]) time.Duration {
	return coolAfter
}

// ExpireAfterRead implements otter.ExpiryCalculator.
func (hotExpiry[K, S]) ExpireAfterRead(e otter.Entry[K, *hotSet[S]]) time.Duration {
	if e.Value.tooLarge {
		return e.ExpiresAfter()
	}
	return coolAfter
}

// close waits until no set is being loaded; a load has a deadline.
func (h *hotSets[K, S]) close() { h.loading.wait() }

// use is current, and counts a use where there is no set: once for each search.
func (h *hotSets[K, S]) use(ctx context.Context, k K) *S {
	s := h.current(ctx, k)
	if s == nil && ctx.Err() == nil {
		h.warmUp(ctx, k)
	}
	return s
}

// current returns the set as of now; nil: the stores are to be asked.
func (h *hotSets[K, S]) current(ctx context.Context, k K) *S {
	s, ok := h.sets.GetIfPresent(k)
	if !ok || s.value == nil || ctx.Err() != nil {
		return nil
	}
	version, err := versionOf(ctx, h.changes, h.scope(k))
	if err != nil {
		return nil
	}
	if version <= s.version { // it may have followed a later search
		return s.value
	}
	// Those who look at the same time share one way.
	next, _, err := h.following.do(ctx, fmt.Sprint(k, s.version, version), func(ctx context.Context) (*hotSet[S], error) { return h.catchUp(ctx, k, s) })
	if err != nil || next == nil {
		return nil
	}
	return next.value
}

// warmUp counts a use, and has the set loaded once there were enough.
func (h *hotSets[K, S]) warmUp(ctx context.Context, k K) {
	hot := false
	h.sets.Compute(k, func(old *hotSet[S], found bool) (*hotSet[S], otter.ComputeOp) {
		if found && (old.value != nil || old.tooLarge) {
			return old, otter.CancelOp
		}
		s := &hotSet[S]{uses: 1}
		if found {
			s.uses += old.uses
		}
		if hot = s.uses >= hotSearches; hot {
			s.uses = 0 // counted anew if it cannot be loaded now
		}
		return s, otter.WriteOp
	})
	if hot {
		h.loading.try(func() { h.fill(context.WithoutCancel(ctx), k) }) // or others are loaded first
	}
}

// fill loads a set. The version is read before what it is of: a change meanwhile is
// followed again, which does no harm.
func (h *hotSets[K, S]) fill(ctx context.Context, k K) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	version, err := h.changes.Version(ctx, h.scope(k))
	var value *S
	if err == nil {
		value, err = h.load(ctx, k)
	}
	if err != nil {
		h.log.Debug("a working set is not loaded", "code", string(pika.CodeOf(err)), "error", err)
		return
	}
	h.sets.Set(k, &hotSet[S]{version: version, value: value, tooLarge: value == nil})
}

// catchUp returns the set after all changes that are noted; nil: it is loaded anew.
func (h *hotSets[K, S]) catchUp(ctx context.Context, k K, s *hotSet[S]) (*hotSet[S], error) {
	changes, whole, err := h.changes.ChangesSince(ctx, h.scope(k), s.version)
	if err != nil {
		return nil, err
	}
	next := &hotSet[S]{version: s.version}
	for _, c := range changes {
		next.version = max(next.version, c.Version)
		whole = whole && !c.Everything
	}
	if whole {
		next.value, err = h.follow(ctx, k, s.value, changes)
	}
	if err != nil {
		return nil, err
	}
	if next.value == nil {
		h.sets.Set(k, &hotSet[S]{uses: hotSearches - 1})
		h.warmUp(ctx, k)
		return nil, nil
	}
	h.sets.Set(k, next)
	return next, nil
}

// versionKey is where a context holds the version of a memory that was read for it.
type versionKey struct{}

type readVersion struct {
	scope   pika.Scope
	version int64
}

// withVersion lets what is called with the context know a version that was just read.
func withVersion(ctx context.Context, scope pika.Scope, version int64) context.Context {
	return context.WithValue(ctx, versionKey{}, readVersion{scope, version})
}

// withoutVersion makes what is called ask the truth.
func withoutVersion(ctx context.Context) context.Context {
	return context.WithValue(ctx, versionKey{}, nil)
}

func versionOf(ctx context.Context, changes pika.Changes, scope pika.Scope) (int64, error) {
	if read, ok := ctx.Value(versionKey{}).(readVersion); ok && read.scope == scope {
		return read.version, nil
	}
	return changes.Version(ctx, scope)
}
