package memory

import (
	"bytes"
	"context"
	"sync"

	"github.com/pikamem/pika"
)

const (
	maxLag           = 1024 // messages a subscriber may lag behind
	maxSubscriptions = 4096 // of all channels together
)

// topics are the channels that have subscribers.
type topics struct {
	mu     sync.Mutex
	byName map[string]map[*subscription]struct{}
	count  int
}

// subscription is one subscriber. Its channel is sent on and closed only under the
// lock of topics, so that a send never meets a closed channel.
type subscription struct {
	messages chan []byte
	stop     func() bool // stops watching the subscriber's context
}

func newTopics() *topics { return &topics{byName: map[string]map[*subscription]struct{}{}} }

// Publish implements pika.Cache. It never waits for a subscriber: one that lags
// loses its subscription.
func (c *Cache) Publish(ctx context.Context, channel string, message []byte) error {
	if err := ctx.Err(); err != nil {
		return ended(err)
	}
	t := c.topics
	t.mu.Lock()
	defer t.mu.Unlock()
	for s := range t.byName[channel] {
		select {
		case s.messages <- bytes.Clone(message):
		default:
			t.remove(channel, s)
		}
	}
	return nil
}

// Subscribe implements pika.Cache. With 4,096 subscriptions open it is Overloaded.
func (c *Cache) Subscribe(ctx context.Context, channel string) (<-chan []byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, ended(err)
	}
	t := c.topics
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count >= maxSubscriptions {
		return nil, pika.Errorf(pika.Overloaded, "%d subscriptions are open already", maxSubscriptions)
	}
	s := &subscription{messages: make(chan []byte, maxLag)}
	if t.byName[channel] == nil {
		t.byName[channel] = map[*subscription]struct{}{}
	}
	t.byName[channel][s] = struct{}{}
	t.count++
	s.stop = context.AfterFunc(ctx, func() { t.unsubscribe(channel, s) })
	return s.messages, nil
}

func (t *topics) unsubscribe(channel string, s *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(channel, s)
}

func (t *topics) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for channel, subscribers := range t.byName {
		for s := range subscribers {
			t.remove(channel, s)
		}
	}
}

// remove closes a subscription unless that has happened already. The caller holds t.mu.
func (t *topics) remove(channel string, s *subscription) {
	if _, open := t.byName[channel][s]; !open {
		return
	}
	delete(t.byName[channel], s)
	if len(t.byName[channel]) == 0 {
		delete(t.byName, channel)
	}
	t.count--
	s.stop()
	close(s.messages)
}
