package cache

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// Bounds of making answers anew before they end.
const (
	// longestGrace is how long after its end an answer is given while it is made anew, if
	// nothing was written since it was made.
	longestGrace = 5 * time.Minute
	// maxRefreshes are under way in a process at most; further ones are dropped.
	maxRefreshes = 4
	// maxBusy is how many searches may be under way when a refresh begins: those of callers
	// come first.
	maxBusy = 32
	// refreshTime is a refresh's deadline. Nobody waits for it, so it may be whole where a
	// caller's would lack something.
	refreshTime = 5 * time.Second
)

// ends returns when an answer is to be made anew, and until when it may be given. It may
// not be given once anything of it changes with the time (zero: never).
func ends(madeAt time.Time, ttl time.Duration, changes time.Time) (soft, hard time.Time) {
	soft = madeAt.Add(ttl)
	hard = soft.Add(min(ttl/2, longestGrace))
	if !changes.IsZero() && changes.Before(hard) {
		hard = changes
	}
	if hard.Before(soft) {
		soft = hard
	}
	return soft, hard
}

// fresh reports whether an answer has not reached its soft end. After it, it is given only
// if it is of the memory's present version.
func (a *keptAnswer) fresh(now time.Time) bool {
	return now.Before(a.Until) && (a.Soft.IsZero() || now.Before(a.Soft))
}

// early reports whether an answer that is given is to be made anew: always after its soft
// end, and before it with a chance that grows as the end comes near, the sooner the longer
// it took to make, so that those who ask for it do not all find it ended at the same time
// (XFetch: Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede
// Prevention, 2015; β = 1). random is in [0, 1). One that ends with the time would end as
// soon when made anew, so it is left to end.
func (a *keptAnswer) early(now time.Time, random float64) bool {
	if a.Soft.IsZero() || !a.Soft.Before(a.Until) {
		return false
	}
	ahead := -float64(a.Took) * math.Log(1-random)
	return float64(a.Soft.Sub(now)) <= ahead
}

// refreshes are the answers that are being made anew.
type refreshes struct {
	mu      sync.Mutex
	running map[string]bool
}

// begin reports whether the answer under key may be made anew now.
func (f *refreshes) begin(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[key] || len(f.running) >= maxRefreshes {
		return false
	}
	if f.running == nil {
		f.running = map[string]bool{}
	}
	f.running[key] = true
	return true
}

func (f *refreshes) end(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, key)
}

// refreshEarly has an answer that was given made anew in the background if that is due. It
// gives way: it is dropped when others are under way, or searches of many callers.
func (r *request) refreshEarly(ctx context.Context, a *keptAnswer) {
	if !a.early(r.now, r.o.Random()) || r.flights.underWay() > maxBusy || !r.refreshing.begin(r.key) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	r.running.Go(func() {
		defer r.refreshing.end(r.key)
		r.refresh(ctx)
	})
}

// refresh makes an answer anew, in one process of those that share a cache. Its lease is
// not given back: what could not be made is not tried again at once.
func (r *request) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime+cacheDeadline)
	defer cancel()
	if _, taken, failed := r.lease(ctx, r.key+refreshSuffix, refreshTime+cacheDeadline); !taken && !failed {
		return
	}
	q := r.query
	q.Cache, q.Deadline = pika.CacheRefresh, refreshTime
	if _, err := r.Search(ctx, r.scope, q); err != nil {
		r.o.Log.Debug("an answer is not made anew", "code", string(pika.CodeOf(err)), "error", err)
	}
}
