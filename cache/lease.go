package cache

import (
	"context"
	"time"

	"github.com/pikamem/pika"
)

// longestWait bounds what a search waits for another process to answer the same question:
// most searches have ended by then.
const longestWait = 15 * time.Millisecond

// await lets one process answer a question that none has an answer to, and the others
// look once more, after a short wait, before they search too. Who may search at once
// holds a lease until its answer is kept. A cache that fails gives no lease and no wait,
// and a holder that dies costs each of the others one wait. nil: the search is to be
// made.
func (r *request) await(ctx context.Context) *pika.Answer {
	if r.failing || !r.known || r.query.Cache == pika.CacheRefresh {
		return nil
	}
	release, taken, failed := r.lease(ctx, r.key, r.query.Deadline+cacheDeadline)
	if taken || failed {
		r.release = release
		return nil
	}
	select {
	case <-r.o.After(r.longestWait()):
	case <-ctx.Done():
		return nil
	}
	return r.lookUp(ctx)
}

func (r *request) longestWait() time.Duration { return min(longestWait, r.patience()/2) }

// lease takes a lease, unless another holder has it or the cache fails.
func (r *request) lease(ctx context.Context, key string, ttl time.Duration) (release func(), taken, failed bool) {
	ctx, cancel := context.WithTimeout(ctx, min(r.patience(), cacheDeadline))
	defer cancel()
	release, taken, err := r.o.Cache.Lease(ctx, key, ttl)
	if err != nil || !taken {
		return nil, false, err != nil
	}
	return release, true, false
}

// handOver returns what gives the lease back, for the one who calls it when the answer is
// kept. It is never nil.
func (r *request) handOver() func() {
	release := r.release
	r.release = nil
	if release == nil {
		return func() {}
	}
	return release
}

// giveBack gives the lease back, unless it was handed over; nobody waits for it.
func (r *request) giveBack() {
	if r.release != nil {
		r.running.Go(r.handOver())
	}
}
