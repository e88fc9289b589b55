package redis

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

// giveBack ends a lease if it is still the one that the token stands for.
var giveBack = redis.NewScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`)

// Lease implements pika.Cache. A lease that could not be given back, because the
// server does not answer, ends by itself.
func (c *Cache) Lease(ctx context.Context, key string, ttl time.Duration) (release func(), ok bool, err error) {
	if err := checkTTL(ttl); err != nil {
		return func() {}, false, err
	}
	key, token := c.leaseKey(key), pika.RandomID(nil)
	err = c.call(ctx, "take a lease", func(ctx context.Context) error {
		ok, err = c.take(ctx, key, token, ttl)
		return err
	})
	if err != nil || !ok {
		return func() {}, false, err
	}
	var once sync.Once
	return func() { once.Do(func() { c.release(context.WithoutCancel(ctx), key, token) }) }, true, nil
}

// take asks who held the lease before, so that a request which was sent again after
// its answer was lost knows its own.
func (c *Cache) take(ctx context.Context, key, token string, ttl time.Duration) (bool, error) {
	holder, err := c.client.SetArgs(ctx, key, token, redis.SetArgs{Mode: "NX", Get: true, TTL: atLeast(ttl)}).Result()
	if errors.Is(err, redis.Nil) {
		return true, nil
	}
	return holder == token && err == nil, err
}

// release gives a lease back as well as it can: nobody waits for the answer, and it
// ends by itself.
func (c *Cache) release(ctx context.Context, key, token string) {
	_ = c.call(ctx, "give back a lease", func(ctx context.Context) error {
		return giveBack.Run(ctx, c.client, []string{key}, token).Err()
	})
}
