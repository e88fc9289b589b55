package pikatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pikamem/pika"
)

// CacheConfig says how the Cache suite reaches an implementation.
type CacheConfig struct {
	// Open returns an empty cache that lives as long as the test.
	Open func(t *testing.T) pika.Cache
	// Pass lets d go by for the cache that Open returned. Nil: the suite waits.
	Pass func(t *testing.T, c pika.Cache, d time.Duration)
}

// Cache is the conformance suite of pika.Cache.
func Cache(t *testing.T, config CacheConfig) {
	s := cacheSuite{config}
	cases := map[string]func(*testing.T, pika.Cache){
		"values":             s.values,
		"value is replaced":  s.replace,
		"copies":             s.copies,
		"bytes":              s.bytes,
		"time to live":       s.timeToLive,
		"invalid":            s.invalid,
		"cancelled":          s.cancelled,
		"lease":              s.lease,
		"lease expires":      s.leaseExpires,
		"lease is exclusive": s.leaseExclusive,
		"messages":           s.messages,
		"subscriber leaves":  s.subscriberLeaves,
		"subscriber lags":    s.subscriberLags,
		"concurrent use":     s.concurrent,
		"epochs":             s.epochs,
		"epochs invalid":     s.epochsInvalid,
		"epochs cancelled":   s.epochsCancelled,
		"epochs at once":     s.epochsConcurrent,
	}
	if config.Pass != nil {
		cases["epochs last"] = s.epochLife
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, config.Open(t))
		})
	}
}

type cacheSuite struct{ config CacheConfig }

func (s cacheSuite) pass(t *testing.T, c pika.Cache, d time.Duration) {
	t.Helper()
	if s.config.Pass != nil {
		s.config.Pass(t, c, d)
		return
	}
	time.Sleep(d)
}

func (s cacheSuite) set(t *testing.T, c pika.Cache, key, value string, ttl time.Duration) {
	t.Helper()
	if err := c.SetValue(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatalf("SetValue(%q) = %v", key, err)
	}
}

func (s cacheSuite) want(t *testing.T, c pika.Cache, want map[string]string, keys ...string) {
	t.Helper()
	got, err := c.GetValues(t.Context(), keys...)
	if err != nil {
		t.Fatalf("GetValues(%q) = %v", keys, err)
	}
	texts := map[string]string{}
	for k, v := range got {
		texts[k] = string(v)
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("GetValues(%q) (-want +got):\n%s", keys, diff)
	}
}

func (s cacheSuite) values(t *testing.T, c pika.Cache) {
	s.want(t, c, map[string]string{})
	s.want(t, c, map[string]string{}, "none")
	s.set(t, c, "a", "1", time.Minute)
	s.set(t, c, "b", "2", time.Minute)
	s.want(t, c, map[string]string{"a": "1", "b": "2"}, "a", "none", "b", "a")
	if err := c.DeleteValues(t.Context(), "a", "none"); err != nil {
		t.Errorf("DeleteValues = %v", err)
	}
	if err := c.DeleteValues(t.Context()); err != nil {
		t.Errorf("DeleteValues of nothing = %v", err)
	}
	s.want(t, c, map[string]string{"b": "2"}, "a", "b")
}

func (s cacheSuite) replace(t *testing.T, c pika.Cache) {
	s.set(t, c, "k", "old", time.Second)
	s.set(t, c, "k", "new", time.Hour)
	s.pass(t, c, 2*time.Second)
	s.want(t, c, map[string]string{"k": "new"}, "k")
}

func (s cacheSuite) copies(t *testing.T, c pika.Cache) {
	value := []byte("mine")
	if err := c.SetValue(t.Context(), "k", value, time.Minute); err != nil {
		t.Fatal(err)
	}
	value[0] = 'X'
	got, err := c.GetValues(t.Context(), "k")
	if err != nil || string(got["k"]) != "mine" {
		t.Fatalf("after the caller changed its slice: %q, %v", got["k"], err)
	}
	got["k"][0] = 'Y'
	s.want(t, c, map[string]string{"k": "mine"}, "k")
}

func (s cacheSuite) bytes(t *testing.T, c pika.Cache) {
	for name, value := range map[string]string{
		"empty":       "",
		"zero bytes":  "\x00\x01\x00",
		"not UTF-8":   "\xff\xfe",
		"Đà Nẵng \n*": "Mướp là mèo",
		"large":       strings.Repeat("0123456789", 10_000),
	} {
		s.set(t, c, name, value, time.Minute)
		s.want(t, c, map[string]string{name: value}, name)
	}
}

func (s cacheSuite) timeToLive(t *testing.T, c pika.Cache) {
	s.set(t, c, "short", "1", time.Second)
	s.set(t, c, "long", "2", time.Hour)
	s.want(t, c, map[string]string{"short": "1", "long": "2"}, "short", "long")
	s.pass(t, c, 1500*time.Millisecond)
	s.want(t, c, map[string]string{"long": "2"}, "short", "long")
}

func (s cacheSuite) invalid(t *testing.T, c pika.Cache) {
	s.set(t, c, "k", "kept", time.Minute)
	for _, ttl := range []time.Duration{0, -1} {
		if err := c.SetValue(t.Context(), "k", []byte("lost"), ttl); pika.CodeOf(err) != pika.Invalid {
			t.Errorf("SetValue with ttl %d = %v; want invalid", ttl, err)
		}
		if _, ok, err := c.Lease(t.Context(), "l", ttl); pika.CodeOf(err) != pika.Invalid || ok {
			t.Errorf("Lease with ttl %d = %t, %v; want invalid", ttl, ok, err)
		}
	}
	s.want(t, c, map[string]string{"k": "kept"}, "k")
}

func (s cacheSuite) cancelled(t *testing.T, c pika.Cache) {
	s.set(t, c, "k", "kept", time.Minute)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	past, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, past} {
		for name, call := range map[string]func() error{
			"GetValues":    func() error { _, err := c.GetValues(ctx, "k"); return err },
			"SetValue":     func() error { return c.SetValue(ctx, "k", []byte("lost"), time.Minute) },
			"DeleteValues": func() error { return c.DeleteValues(ctx, "k") },
			"Lease":        func() error { _, _, err := c.Lease(ctx, "l", time.Minute); return err },
			"Publish":      func() error { return c.Publish(ctx, "ch", []byte("m")) },
			"Subscribe":    func() error { _, err := c.Subscribe(ctx, "ch"); return err },
		} {
			if err := call(); !errors.Is(err, ctx.Err()) {
				t.Errorf("%s with an ended context = %v; want %v", name, err, ctx.Err())
			}
		}
	}
	s.want(t, c, map[string]string{"k": "kept"}, "k")
	if _, ok, err := c.Lease(t.Context(), "l", time.Minute); !ok || err != nil {
		t.Errorf("Lease after cancelled ones = %t, %v; want it free", ok, err)
	}
}

func (s cacheSuite) take(t *testing.T, c pika.Cache, key string, ttl time.Duration, want bool) func() {
	t.Helper()
	release, ok, err := c.Lease(t.Context(), key, ttl)
	if err != nil || ok != want {
		t.Fatalf("Lease(%q) = %t, %v; want %t", key, ok, err, want)
	}
	return release
}

func (s cacheSuite) lease(t *testing.T, c pika.Cache) {
	s.set(t, c, "k", "a value may have the lease's name", time.Minute)
	release := s.take(t, c, "k", time.Minute, true)
	s.take(t, c, "k", time.Minute, false)
	s.take(t, c, "other", time.Minute, true)
	release()
	release()
	s.take(t, c, "k", time.Minute, true)
	s.want(t, c, map[string]string{"k": "a value may have the lease's name"}, "k")
}

func (s cacheSuite) leaseExpires(t *testing.T, c pika.Cache) {
	late := s.take(t, c, "k", time.Second, true)
	s.pass(t, c, 1500*time.Millisecond)
	s.take(t, c, "k", time.Hour, true)
	late()
	s.take(t, c, "k", time.Hour, false)
}

func (s cacheSuite) leaseExclusive(t *testing.T, c pika.Cache) {
	var holders atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, ok, err := c.Lease(t.Context(), "one", time.Hour); err != nil {
				t.Error(err)
			} else if ok {
				holders.Add(1)
			}
		})
	}
	all.Wait()
	if n := holders.Load(); n != 1 {
		t.Errorf("%d of 16 goroutines hold the lease; want 1", n)
	}
}

func (s cacheSuite) subscribe(ctx context.Context, t *testing.T, c pika.Cache, channel string) <-chan []byte {
	t.Helper()
	messages, err := c.Subscribe(ctx, channel)
	if err != nil {
		t.Fatalf("Subscribe = %v", err)
	}
	return messages
}

func (s cacheSuite) publish(t *testing.T, c pika.Cache, channel, message string) {
	t.Helper()
	if err := c.Publish(t.Context(), channel, []byte(message)); err != nil {
		t.Fatalf("Publish = %v", err)
	}
}

// receive returns the next message, or ok false when the channel was closed.
func (s cacheSuite) receive(t *testing.T, messages <-chan []byte) (string, bool) {
	t.Helper()
	select {
	case m, ok := <-messages:
		return string(m), ok
	case <-time.After(10 * time.Second):
		t.Fatal("neither a message nor the end of the subscription within 10 s")
		return "", false
	}
}

func (s cacheSuite) messages(t *testing.T, c pika.Cache) {
	s.publish(t, c, "ch", "before anyone listened")
	one, two := s.subscribe(t.Context(), t, c, "ch"), s.subscribe(t.Context(), t, c, "ch")
	other := s.subscribe(t.Context(), t, c, "other")
	s.publish(t, c, "ch", "first")
	s.publish(t, c, "ch", "xin chào\x00")
	s.publish(t, c, "other", "elsewhere")
	for _, messages := range []<-chan []byte{one, two} {
		for _, want := range []string{"first", "xin chào\x00"} {
			if got, _ := s.receive(t, messages); got != want {
				t.Errorf("received %q; want %q", got, want)
			}
		}
	}
	if got, _ := s.receive(t, other); got != "elsewhere" {
		t.Errorf("the other channel brought %q", got)
	}
}

func (s cacheSuite) subscriberLeaves(t *testing.T, c pika.Cache) {
	ctx, cancel := context.WithCancel(t.Context())
	leaving, staying := s.subscribe(ctx, t, c, "ch"), s.subscribe(t.Context(), t, c, "ch")
	cancel()
	if m, ok := s.receive(t, leaving); ok {
		t.Errorf("received %q; want the end of the subscription", m)
	}
	s.publish(t, c, "ch", "still here")
	if got, _ := s.receive(t, staying); got != "still here" {
		t.Errorf("the one who stayed received %q", got)
	}
}

// subscriberLags publishes until a subscriber that does not read must have lost its
// subscription. What network buffers hold comes on top of the 1,024 messages, so the
// messages are large and many.
func (s cacheSuite) subscriberLags(t *testing.T, c pika.Cache) {
	idle := s.subscribe(t.Context(), t, c, "ch")
	message := bytes.Repeat([]byte("x"), 16<<10)
	for range 4096 {
		if err := c.Publish(t.Context(), "ch", message); err != nil {
			t.Fatalf("Publish = %v", err)
		}
	}
	received := 0
	for {
		if _, ok := s.receive(t, idle); !ok {
			break
		}
		received++
	}
	if received < 1024 || received >= 4096 {
		t.Errorf("received %d messages before the end; want at least 1024 and not all", received)
	}
}

func (s cacheSuite) concurrent(t *testing.T, c pika.Cache) {
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			messages, err := c.Subscribe(ctx, "ch")
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 50 {
				key := fmt.Sprint("k", (g+i)%5)
				_, getErr := c.GetValues(ctx, key)
				release, ok, leaseErr := c.Lease(ctx, key, time.Minute)
				if ok {
					release()
				}
				err := errors.Join(getErr, leaseErr,
					c.SetValue(ctx, key, []byte(key), time.Minute),
					c.Publish(ctx, "ch", []byte(key)),
					c.DeleteValues(ctx, key))
				if err != nil {
					t.Error(err)
				}
			}
			s.receive(t, messages)
		})
	}
	all.Wait()
}
