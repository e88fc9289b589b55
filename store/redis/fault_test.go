package redis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/redis"
)

var scope = pika.Scope{Tenant: "acme", User: "alice"}

// operations are every call of a cache that reaches the server.
func operations(c *redis.Cache) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ping":         c.Ping,
		"Advice":       func(ctx context.Context) error { _, err := c.Advice(ctx); return err },
		"GetValues":    func(ctx context.Context) error { _, err := c.GetValues(ctx, "k"); return err },
		"SetValue":     func(ctx context.Context) error { return c.SetValue(ctx, "k", []byte("v"), time.Minute) },
		"DeleteValues": func(ctx context.Context) error { return c.DeleteValues(ctx, "k") },
		"ReadScope":    func(ctx context.Context) error { _, _, err := c.ReadScope(ctx, scope, "k"); return err },
		"SetEpochs":    func(ctx context.Context) error { return c.SetEpochs(ctx, scope, map[string]string{"a": "1"}) },
		"Lease": func(ctx context.Context) error {
			release, _, err := c.Lease(ctx, "k", time.Minute)
			release()
			return err
		},
		"Publish": func(ctx context.Context) error { return c.Publish(ctx, "ch", []byte("m")) },
		"Subscribe": func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			_, err := c.Subscribe(ctx, "ch")
			return err
		},
	}
}

// wantAll checks what every operation says.
func wantAll(t *testing.T, c *redis.Cache, code pika.Code, sentences ...string) {
	t.Helper()
	for name, call := range operations(c) {
		err := call(t.Context())
		holds := func(s string) bool { return strings.Contains(message(err), s) }
		if pika.CodeOf(err) != code || len(sentences) > 0 && !slices.ContainsFunc(sentences, holds) {
			t.Errorf("%s = %v; want code %q and one of %q", name, err, code, sentences)
		}
	}
}

func TestServerAbsentCostsLittle(t *testing.T) {
	t.Parallel()
	c := open(t, redis.Config{Addresses: []string{fmt.Sprintf("127.0.0.1:%d", pikatest.FreePort(t))}})
	wantAll(t, c, pika.Unavailable, "cannot connect to Redis", "Redis does not answer")
	began, calls := time.Now(), 1000
	for range calls {
		if _, err := c.GetValues(t.Context(), "k"); pika.CodeOf(err) != pika.Unavailable {
			t.Fatalf("GetValues = %v", err)
		}
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("%d calls to a server that is absent took %s; want next to nothing", calls, took)
	}
}

func TestServerKilledAndBack(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := open(t, patient(s.config()))
	for name, call := range operations(c) {
		if err := call(t.Context()); err != nil {
			t.Fatalf("%s = %v", name, err)
		}
	}
	messages, err := c.Subscribe(t.Context(), "ch")
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	select {
	case _, open := <-messages:
		if open {
			t.Error("a message came from a server that is dead")
		}
	case <-time.After(10 * time.Second):
		t.Error("the subscription outlived its connection")
	}
	wantAll(t, c, pika.Unavailable, "cannot connect to Redis", "Redis does not answer")
	s.Start()
	eventually(t, 10*time.Second, func() error { return c.Ping(t.Context()) })
	for name, call := range operations(c) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s after the server came back = %v", name, err)
		}
	}
}

// TestServerHangs: a server that is stopped keeps its connections and says nothing.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := open(t, s.config())
	eventually(t, 10*time.Second, func() error { return c.Ping(t.Context()) })
	messages, err := c.Subscribe(t.Context(), "ch")
	if err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGSTOP)
	began := time.Now()
	_, err = c.GetValues(t.Context(), "k")
	if code := pika.CodeOf(err); code != pika.Timeout || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("GetValues = %v; want timeout", err)
	}
	eventually(t, 10*time.Second, func() error {
		if _, err := c.GetValues(t.Context(), "k"); pika.CodeOf(err) != pika.Unavailable {
			return fmt.Errorf("GetValues = %w; want it left out after some failures", err)
		}
		return nil
	})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the server was given up after %s; want less than 5 s", took)
	}
	select {
	case _, open := <-messages:
		if open {
			t.Error("a message came from a server that hangs")
		}
	case <-time.After(30 * time.Second):
		t.Error("the subscription outlived a server that says nothing")
	}
	s.signal(syscall.SIGCONT)
	eventually(t, 10*time.Second, func() error { return c.Ping(t.Context()) })
}

// TestTinyDeadlines: callers without time close the cache to nobody.
func TestTinyDeadlines(t *testing.T) {
	t.Parallel()
	c := open(t, realServer(t))
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Microsecond)
		_, _ = c.GetValues(ctx, "k")
		cancel()
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("Ping after calls without time = %v", err)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--requirepass", password)
	for name, config := range map[string]redis.Config{
		"none":       {},
		"wrong":      {Password: "battery staple"},
		"wrong user": {Username: "nobody", Password: password},
	} {
		config.Addresses = []string{s.Address()}
		c := open(t, patient(config))
		wantAll(t, c, pika.Unavailable, "refuses the user or password")
		for call, f := range operations(c) {
			if err := f(t.Context()); err != nil && (strings.Contains(err.Error(), "battery") || strings.Contains(err.Error(), password)) {
				t.Errorf("%s with password %s repeats it: %v", call, name, err)
			}
		}
	}
	right := s.config()
	right.Password = password
	if err := open(t, patient(right)).Ping(t.Context()); err != nil {
		t.Errorf("Ping with the right password = %v", err)
	}
}

func TestFullWithoutEviction(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	c := open(t, patient(s.config()))
	if advice, err := c.Advice(t.Context()); err != nil || !strings.Contains(advice, "maxmemory-policy") {
		t.Errorf("Advice = %q, %v; want maxmemory-policy in it", advice, err)
	}
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = c.SetValue(t.Context(), fmt.Sprint(i), make([]byte, 10_000), time.Hour)
	}
	for name, err := range map[string]error{
		"SetValue":  err,
		"SetEpochs": c.SetEpochs(t.Context(), scope, map[string]string{"a": "1"}),
		"Ping":      c.Ping(t.Context()),
	} {
		if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "Redis is full: set maxmemory-policy") {
			t.Errorf("%s on a full server = %v", name, err)
		}
	}
	if values, err := c.GetValues(t.Context(), "0"); err != nil || len(values) != 1 {
		t.Errorf("GetValues from a full server = %d values, %v; want the one", len(values), err)
	}
}

// TestEviction: a full server that may forget stays useful, and what is read and
// written often stays.
func TestEviction(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"allkeys-lfu", "allkeys-lru", "volatile-lfu", "volatile-ttl"} {
		s := startServer(t, "--maxmemory", "8mb", "--maxmemory-policy", policy)
		c := open(t, patient(s.config()))
		if advice, err := c.Advice(t.Context()); err != nil || advice != "" {
			t.Errorf("%s: Advice = %q, %v; want none", policy, advice, err)
		}
		for i := range 3000 {
			if err := c.SetValue(t.Context(), fmt.Sprint(i), make([]byte, 10_000), time.Hour); err != nil {
				t.Fatalf("%s: SetValue %d = %v", policy, i, err)
			}
		}
		if err := c.SetEpochs(t.Context(), scope, map[string]string{"a": "1"}); err != nil {
			t.Errorf("%s: SetEpochs = %v", policy, err)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("%s: Ping = %v", policy, err)
		}
		if n := s.command("DBSIZE").(int64); n < 10 || n > 2000 {
			t.Errorf("%s: %d keys are left of 3,000 of 10 kB in 8 MB", policy, n)
		}
	}
}

func TestNoMaxmemory(t *testing.T) {
	t.Parallel()
	c := open(t, patient(startServer(t).config()))
	if advice, err := c.Advice(t.Context()); err != nil || !strings.Contains(advice, "no maxmemory") {
		t.Errorf("Advice = %q, %v", advice, err)
	}
}

func TestReplica(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--replicaof", "127.0.0.1 1")
	err := open(t, patient(s.config())).Ping(t.Context())
	if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "read-only, being a replica") {
		t.Errorf("Ping of a replica = %v", err)
	}
}

func TestNoSuchDatabase(t *testing.T) {
	t.Parallel()
	config := patient(startServer(t).config())
	config.Database = 99
	if err := open(t, config).Ping(t.Context()); !strings.Contains(message(err), "no database of the number") {
		t.Errorf("Ping = %v", err)
	}
}

// TestEverythingExpires: nothing that is stored stays for ever, and epochs stay as long
// as they must.
func TestEverythingExpires(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := open(t, patient(s.config()))
	for name, call := range operations(c) {
		if err := call(t.Context()); err != nil {
			t.Fatalf("%s = %v", name, err)
		}
	}
	if err := c.SetValue(t.Context(), "short", []byte("v"), time.Nanosecond); err != nil {
		t.Errorf("SetValue for a nanosecond = %v", err)
	}
	if err := c.SetValue(t.Context(), "odd", []byte("v"), 1234567*time.Microsecond); err != nil {
		t.Errorf("SetValue = %v", err)
	}
	if _, ok, err := c.Lease(t.Context(), "held", time.Hour); !ok || err != nil {
		t.Errorf("Lease = %t, %v", ok, err)
	}
	for _, key := range s.command("KEYS", "*").([]any) {
		ttl := time.Duration(s.command("PTTL", key).(int64)) * time.Millisecond
		if ttl == -1*time.Millisecond {
			t.Errorf("%v never expires", key)
		}
		if strings.HasPrefix(key.(string), "pika:e:") && (ttl > pika.EpochLife || ttl < pika.EpochLife-time.Minute) {
			t.Errorf("epochs expire in %s; want %s", ttl, pika.EpochLife)
		}
	}
	if n := s.command("DBSIZE").(int64); n < 4 {
		t.Errorf("%d keys; want a value, epochs, a lease and a ping at least", n)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	c, err := redis.Open(realServer(t))
	if err != nil {
		t.Fatal(err)
	}
	messages, err := c.Subscribe(t.Context(), "ch")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if _, open := <-messages; open {
		t.Error("the subscription outlived the cache")
	}
	wantAll(t, c, pika.Unavailable, "the cache is closed")
}

func TestTooManySubscriptions(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := open(t, patient(s.config()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range 256 {
		if _, err := c.Subscribe(ctx, "ch"); err != nil {
			t.Fatalf("Subscribe %d = %v", i, err)
		}
	}
	if _, err := c.Subscribe(ctx, "ch"); pika.CodeOf(err) != pika.Overloaded {
		t.Errorf("one subscription too many = %v; want overloaded", err)
	}
	cancel()
	eventually(t, 10*time.Second, func() error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := c.Subscribe(ctx, "ch")
		return err
	})
}
