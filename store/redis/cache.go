package redis

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

var _ pika.Cache = (*Cache)(nil)

// Cache is a pika.Cache on Redis. It may be used by many goroutines at once.
type Cache struct {
	config  Config
	client  redis.UniversalClient
	breaker *breaker

	closing sync.Once
	closed  atomic.Bool
	subscriptions
}

// Open returns the cache of a server or cluster. It connects when it is first used:
// the server may be absent, go and come back; calls fail meanwhile, soon without
// waiting, and recover by themselves. A configuration that cannot work is Invalid.
func Open(c Config) (*Cache, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Cache{
		config: c, client: c.connect(), breaker: &breaker{now: c.Now},
		subscriptions: subscriptions{open: map[*subscription]struct{}{}},
	}, nil
}

// Close ends every subscription and all connections. Calls after it are Unavailable.
// Closing twice is the same as once.
func (c *Cache) Close() error {
	var err error
	c.closing.Do(func() {
		c.closed.Store(true)
		c.endAll()
		err = c.client.Close()
	})
	return err
}

// call runs f until ctx or the longest time of a call is over, unless the server is
// known not to answer, and makes its error a sentence.
func (c *Cache) call(ctx context.Context, what string, f func(context.Context) error) error {
	if err := notBegun(ctx, what); err != nil {
		return err
	}
	if c.closed.Load() {
		return errClosed()
	}
	if !c.breaker.enter() {
		return pika.Wrap(pika.Unavailable, errOpen, "%s", doesNotAnswer)
	}
	limited, cancel := context.WithTimeout(ctx, c.config.callTimeout())
	defer cancel()
	began := time.Now()
	err := f(limited)
	c.learn(ctx, err, time.Since(began))
	return translate(ctx, limited, what, err)
}

// learn tells the breaker how a call went. A caller that left, or had less time than
// one answer may take, says nothing about the server.
func (c *Cache) learn(ctx context.Context, err error, took time.Duration) {
	switch {
	case err == nil || answered(err):
		c.breaker.leave(true)
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted), errors.Is(err, redis.ErrClosed):
	case ctx.Err() == nil || took >= c.config.ReadTimeout && !errors.Is(ctx.Err(), context.Canceled):
		c.breaker.leave(false)
	}
}
