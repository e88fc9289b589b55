// Package memory is the cache of one process: values, leases and messages that
// live as long as the process does and are seen by nobody else.
//
// It implements pika.Cache where Redis would be too much: `pika dev`, tests, and the
// first tier in front of a shared cache. What may come in: the in-process forms of
// the Cache port. What may not: anything durable, and any key or policy; keys are
// made and times to live chosen by package cache.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/pikamem/pika"
)

// DefaultMaxBytes is the size of a cache whose Options name none.
const DefaultMaxBytes = 64 << 20

// entryOverhead is what the table, the policy and the headers of key and value cost
// beside their bytes, rounded up.
const entryOverhead = 160

// Options are the settings of a Cache; the zero value is usable.
type Options struct {
	// MaxBytes bounds keys and values together. Defaults to DefaultMaxBytes. A value
	// that is larger is not kept.
	MaxBytes int64
	// Now is the clock that values and leases expire by; it is read by many goroutines
	// at once. Defaults to time.Now.
	Now func() time.Time
}

// Cache is an in-process pika.Cache. The least useful values go first when it is full.
type Cache struct {
	values *otter.Cache[string, value]
	leases *leases
	topics *topics
	close  sync.Once

	setting sync.Mutex // of the epochs of a scope, which are read and written back
}

var _ pika.Cache = (*Cache)(nil)

type value struct {
	bytes []byte
	ttl   time.Duration
}

// New returns an empty Cache.
func New(o Options) *Cache {
	options := &otter.Options[string, value]{
		MaximumWeight: uint64(cmp.Or(max(o.MaxBytes, 0), DefaultMaxBytes)),
		Weigher:       weigh,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, value]) time.Duration {
			return e.Value.ttl
		}),
	}
	now := time.Now
	if o.Now != nil {
		now, options.Clock = o.Now, clock(o.Now)
	}
	return &Cache{values: otter.Must(options), leases: newLeases(now), topics: newTopics()}
}

func weigh(key string, v value) uint32 {
	return uint32(min(int64(len(key)+len(v.bytes)+entryOverhead), 1<<32-1))
}

// clock lets otter expire entries by an injected clock. It never ticks: an expired
// entry is then dropped when it is next met, not by itself.
type clock func() time.Time

func (c clock) NowNano() int64                        { return c().UnixNano() }
func (c clock) Tick(_ time.Duration) <-chan time.Time { return nil }

// GetValues implements pika.Cache. The values are copies.
func (c *Cache) GetValues(ctx context.Context, keys ...string) (map[string][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, ended(err)
	}
	found := make(map[string][]byte, len(keys))
	for _, k := range keys {
		if v, ok := c.values.GetIfPresent(k); ok {
			found[k] = bytes.Clone(v.bytes)
		}
	}
	return found, nil
}

// SetValue implements pika.Cache.
func (c *Cache) SetValue(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return ended(err)
	}
	if ttl <= 0 {
		return pika.InvalidField("ttl", "must be longer than nothing")
	}
	c.values.Set(key, value{bytes: append([]byte{}, b...), ttl: ttl})
	return nil
}

// DeleteValues implements pika.Cache.
func (c *Cache) DeleteValues(ctx context.Context, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return ended(err)
	}
	for _, k := range keys {
		c.values.Invalidate(k)
	}
	return nil
}

// Bytes returns how many bytes the cache holds, its own overhead included.
func (c *Cache) Bytes() int64 {
	c.values.CleanUp()
	return int64(c.values.WeightedSize())
}

// Close ends every subscription and the cache's own goroutines. A closed cache may
// still be read and written. Closing twice is the same as once.
func (c *Cache) Close() error {
	c.close.Do(func() {
		c.topics.closeAll()
		c.values.StopAllGoroutines()
	})
	return nil
}

// ended reports a context that was over before the call began.
func ended(err error) error {
	return pika.Wrap(pika.CodeOf(err), err, "the call was given up before the cache was asked")
}
