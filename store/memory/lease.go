package memory

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// maxLeases bounds how many leases are held at once.
const maxLeases = 100_000

// leases are exclusive holds on keys that end by themselves.
type leases struct {
	now func() time.Time

	mu   sync.Mutex
	held map[string]lease
	last uint64 // the token given last
}

type lease struct {
	token   uint64
	expires time.Time
}

func newLeases(now func() time.Time) *leases {
	return &leases{now: now, held: map[string]lease{}}
}

// Lease implements pika.Cache. With 100,000 leases held at once it is Overloaded.
func (c *Cache) Lease(ctx context.Context, key string, ttl time.Duration) (release func(), ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return func() {}, false, ended(err)
	}
	if ttl <= 0 {
		return func() {}, false, pika.InvalidField("ttl", "must be longer than nothing")
	}
	token, ok, err := c.leases.take(key, ttl)
	if err != nil || !ok {
		return func() {}, false, err
	}
	return func() { c.leases.giveBack(key, token) }, true, nil
}

func (l *leases) take(key string, ttl time.Duration) (token uint64, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	held, known := l.held[key]
	if known && now.Before(held.expires) {
		return 0, false, nil
	}
	if !known && len(l.held) >= maxLeases && !l.dropExpired(now) {
		return 0, false, pika.Errorf(pika.Overloaded, "%d leases are held already", maxLeases)
	}
	l.last++
	l.held[key] = lease{token: l.last, expires: now.Add(ttl)}
	return l.last, true, nil
}

// giveBack ends the lease that token stands for; a later holder's lease stays.
func (l *leases) giveBack(key string, token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key].token == token {
		delete(l.held, key)
	}
}

// dropExpired makes room and reports whether there is any now.
func (l *leases) dropExpired(now time.Time) bool {
	maps.DeleteFunc(l.held, func(_ string, held lease) bool { return !now.Before(held.expires) })
	return len(l.held) < maxLeases
}
