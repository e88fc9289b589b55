package redis

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
)

const (
	maxLag           = 1024 // messages a subscriber may lag behind
	maxSubscriptions = 256  // of all channels together; each has a connection
)

// listenFor is how a subscription learns that its connection is dead though nobody
// said so: it sends a ping that often, and must hear something before the next.
const listenFor = 5 * time.Second

// subscriptions are those that are open.
type subscriptions struct {
	mu    sync.Mutex
	open  map[*subscription]struct{}
	ended bool // the cache is closed
	all   sync.WaitGroup
}

// subscription is one subscriber with a connection of its own. One goroutine sends to
// the channel and closes it; it ends when the connection does, and another, which
// watches the connection, with it.
type subscription struct {
	connection *redis.PubSub
	messages   chan []byte
	heard      atomic.Bool // something came since the last ping
}

// Publish implements pika.Cache. Messages go through one node of a cluster, the one
// their channel belongs to: over all nodes they would overtake each other, and reach
// subscribers who came later.
func (c *Cache) Publish(ctx context.Context, channel string, message []byte) error {
	return c.call(ctx, "publish a message", func(ctx context.Context) error {
		return c.client.SPublish(ctx, c.channel(channel), message).Err()
	})
}

// Subscribe implements pika.Cache. It returns once the server has confirmed. The Go
// channel is closed, too, when the connection is lost or the channel moves to another
// node of a cluster: messages may have been missed, and the subscriber must start again. With 256 subscriptions open it is Overloaded.
func (c *Cache) Subscribe(ctx context.Context, channel string) (<-chan []byte, error) {
	s := &subscription{messages: make(chan []byte, maxLag), connection: c.client.SSubscribe(ctx)} // of nothing yet: no connection is made
	if err := c.add(s); err != nil {
		return nil, err
	}
	err := c.call(ctx, "subscribe", func(ctx context.Context) error {
		if err := s.connection.SSubscribe(ctx, c.channel(channel)); err != nil {
			return err
		}
		_, err := s.connection.ReceiveTimeout(ctx, c.config.callTimeout())
		return err
	})
	if err == nil && c.start(ctx, s) {
		return s.messages, nil
	}
	_ = s.connection.Close()
	c.remove(s)
	if err == nil {
		err = errClosed()
	}
	return nil, err
}

// add makes room for a subscription.
func (l *subscriptions) add(s *subscription) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return errClosed()
	case len(l.open) >= maxSubscriptions:
		return pika.Errorf(pika.Overloaded, "%d subscriptions are open already", maxSubscriptions)
	}
	l.open[s] = struct{}{}
	return nil
}

func (l *subscriptions) remove(s *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, s)
}

// start begins to listen, unless the cache was closed meanwhile.
func (l *subscriptions) start(ctx context.Context, s *subscription) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.all.Go(func() {
		defer l.remove(s)
		s.listen(ctx)
	})
	return true
}

// endAll ends every subscription and waits until each has.
func (l *subscriptions) endAll() {
	l.mu.Lock()
	l.ended = true
	for s := range l.open {
		_ = s.connection.Close()
	}
	l.mu.Unlock()
	l.all.Wait()
}

// listen hands messages over until ctx or the connection ends, or the subscriber lags
// too far behind. Nothing but closing the connection ends a read of it.
func (s *subscription) listen(ctx context.Context) {
	defer close(s.messages)
	stop := context.AfterFunc(ctx, func() { _ = s.connection.Close() })
	defer stop()
	done := make(chan struct{})
	var watching sync.WaitGroup
	s.heard.Store(true)
	watching.Go(func() { s.watch(ctx, done) })
	defer watching.Wait()
	defer close(done)
	defer s.connection.Close()
	for {
		received, err := s.connection.Receive(ctx)
		if err != nil || ctx.Err() != nil {
			return
		}
		s.heard.Store(true)
		switch m := received.(type) {
		case *redis.Message:
			if !s.hand([]byte(m.Payload)) {
				return
			}
		case *redis.Subscription:
			return // the server ended it
		}
	}
}

// hand puts a message into the channel; false: the subscriber lags too far behind.
func (s *subscription) hand(message []byte) bool {
	select {
	case s.messages <- message:
		return true
	default:
		return false
	}
}

// watch closes a connection on which nothing is heard any more.
func (s *subscription) watch(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(listenFor)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if !s.heard.Swap(false) || s.connection.Ping(ctx) != nil {
			_ = s.connection.Close()
			return
		}
	}
}
