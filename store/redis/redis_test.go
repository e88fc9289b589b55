package redis_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/redis"
)

// realServer returns a configuration for the server of the environment, with keys that
// nobody else has, and patient, as many tests run at once on a machine of few cores.
func realServer(t testing.TB) redis.Config {
	t.Helper()
	c, err := redis.ParseURL(pikatest.Server(t, "PIKA_TEST_REDIS_URL"))
	if err != nil {
		t.Fatal(err)
	}
	c.Prefix = "pikatest:" + pika.RandomID(nil) + ":"
	return patient(c)
}

func patient(c redis.Config) redis.Config {
	c.DialTimeout, c.ReadTimeout, c.WriteTimeout, c.PoolTimeout = 10*time.Second, 10*time.Second, 10*time.Second, 10*time.Second
	return c
}

func open(t testing.TB, c redis.Config) *redis.Cache {
	t.Helper()
	cache, err := redis.Open(c)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return cache
}

// message returns what a caller sees of an error.
func message(err error) string {
	var e *pika.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Message
}

// eventually calls check until it says nothing is wrong.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("after %s still: %v", within, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	config := realServer(t)
	pikatest.Cache(t, pikatest.CacheConfig{
		Open: func(t *testing.T) pika.Cache {
			c := config
			c.Prefix = "pikatest:" + pika.RandomID(nil) + ":"
			return open(t, c)
		},
	})
}
