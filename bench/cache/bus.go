package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pikamem/pika"
)

// bus is what lies between two instances: the cache they share, and messages that come
// late or never, both at the word of a test.
type bus struct {
	pika.Cache
	random *rand.Rand
	now    func() time.Time
	lost   bool // messages never come

	mu        sync.Mutex
	listeners map[int]chan []byte
	messages  []sentMessage
	values    []lateValue
}

type sentMessage struct {
	to   int
	due  time.Time
	text []byte
}

// lateValue is an answer on its way to the shared cache.
type lateValue struct {
	key   string
	value []byte
	ttl   time.Duration
}

// latest is how long a message takes at most, and a share of the answers that reach the
// shared cache late.
const (
	latest    = time.Second
	lateShare = 0.3
)

// port is the bus as one instance sees it.
type port struct {
	*bus
	instance int
}

// Publish sends to the other instance.
func (p port) Publish(_ context.Context, _ string, message []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.lost {
		due := p.now().Add(time.Duration(p.random.Int64N(int64(latest))))
		p.messages = append(p.messages, sentMessage{1 - p.instance, due, slices.Clone(message)})
	}
	return nil
}

// Subscribe hands over what deliver says.
func (p port) Subscribe(ctx context.Context, _ string) (<-chan []byte, error) {
	c := make(chan []byte)
	p.mu.Lock()
	p.listeners[p.instance] = c
	p.mu.Unlock()
	context.AfterFunc(ctx, func() { close(c) })
	return c, nil
}

// SetValue lets some values come late, after what is written later.
func (p port) SetValue(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	p.mu.Lock()
	late := p.random.Float64() < lateShare
	if late {
		p.values = append(p.values, lateValue{key, slices.Clone(value), ttl})
	}
	p.mu.Unlock()
	if late {
		return nil
	}
	return p.Cache.SetValue(ctx, key, value, ttl)
}

// deliver hands over the messages that are due, and returns when they were heard.
func (b *bus) deliver() {
	for i := 0; i < len(b.messages); {
		m := b.messages[i]
		if m.due.After(b.now()) {
			i++
			continue
		}
		b.messages = slices.Delete(b.messages, i, i+1)
		b.listeners[m.to] <- m.text
		b.listeners[m.to] <- []byte("{}") // says nothing; whoever takes it has done with the one before
	}
}

// underway reports whether an instance has not been told everything yet.
func (b *bus) underway(to int) bool {
	return slices.ContainsFunc(b.messages, func(m sentMessage) bool { return m.to == to })
}

// flush lets values arrive that were late.
func (b *bus) flush(ctx context.Context) error {
	values := b.values
	b.values = nil
	for _, v := range values {
		if err := b.Cache.SetValue(ctx, v.key, v.value, v.ttl); err != nil {
			return err
		}
	}
	return nil
}
