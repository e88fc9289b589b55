package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

// GetValues implements pika.Cache in one pipeline. It asks for each key by itself: a
// cluster refuses one command for keys of several nodes.
func (c *Cache) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	const what = "get values"
	if len(keys) == 0 {
		return map[string][]byte{}, notBegun(ctx, what)
	}
	var values map[string][]byte
	err := c.call(ctx, what, func(ctx context.Context) error {
		p := c.client.Pipeline()
		asked := c.askFor(ctx, p, keys)
		if _, err := p.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		var err error
		values, err = asked.values()
		return err
	})
	return values, err
}

// asked are the answers of a pipeline to come, by key.
type asked map[string]*redis.StringCmd

// askFor adds a request for every key to a pipeline, of equal keys one.
func (c *Cache) askFor(ctx context.Context, p redis.Pipeliner, keys []string) asked {
	a := make(asked, len(keys))
	for _, k := range keys {
		if a[k] == nil {
			a[k] = p.Get(ctx, c.valueKey(k))
		}
	}
	return a
}

func (a asked) values() (map[string][]byte, error) {
	found := make(map[string][]byte, len(a))
	for key, answer := range a {
		b, err := answer.Bytes()
		switch {
		case err == nil:
			found[key] = b
		case !errors.Is(err, redis.Nil):
			return nil, err
		}
	}
	return found, nil
}

// SetValue implements pika.Cache. A ttl under a millisecond is one.
func (c *Cache) SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := checkTTL(ttl); err != nil {
		return err
	}
	return c.call(ctx, "set a value", func(ctx context.Context) error {
		return c.client.Set(ctx, c.valueKey(key), value, atLeast(ttl)).Err()
	})
}

func checkTTL(ttl time.Duration) error {
	if ttl <= 0 {
		return pika.InvalidField("ttl", "must be longer than nothing")
	}
	return nil
}

// atLeast: Redis counts milliseconds.
func atLeast(ttl time.Duration) time.Duration { return max(ttl, time.Millisecond) }

// DeleteValues implements pika.Cache.
func (c *Cache) DeleteValues(ctx context.Context, keys ...string) error {
	const what = "delete values"
	if len(keys) == 0 {
		return notBegun(ctx, what)
	}
	return c.call(ctx, what, func(ctx context.Context) error {
		_, err := c.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, k := range keys {
				p.Unlink(ctx, c.valueKey(k))
			}
			return nil
		})
		return err
	})
}
