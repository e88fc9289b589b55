package redis_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/redis"
)

// slot returns the slot of a cluster that a key is in: CRC-16 (polynomial 0x1021) of the
// key, or of what stands between its first { and the next }, modulo 16,384.
func slot(key string) int {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for i := range len(key) {
		crc ^= uint16(key[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % 16_384
}

// TestKeysOfAScopeShareASlot looks at what is really stored.
func TestKeysOfAScopeShareASlot(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := open(t, patient(s.config()))
	for i := range 20 {
		scope := pika.Scope{Tenant: "acme", User: fmt.Sprint("user ", i)}
		key := "pika:anything:{" + scope.ID() + "}:rest {of} it"
		if err := c.SetValue(t.Context(), key, []byte("v"), time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := c.SetEpochs(t.Context(), scope, map[string]string{"a": "1"}); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := c.Lease(t.Context(), key, time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		keys := s.command("KEYS", "*"+scope.ID()+"*").([]any)
		if len(keys) != 3 {
			t.Fatalf("%d keys hold the scope; want 3: %q", len(keys), keys)
		}
		for _, k := range keys {
			if got, want := slot(k.(string)), slot(scope.ID()); got != want {
				t.Errorf("%q is in slot %d; want %d, the scope's", k, got, want)
			}
		}
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	addresses := startCluster(t)
	node := goredis.NewClient(&goredis.Options{Addr: addresses[0]})
	defer node.Close()
	for _, key := range []string{"a", "{b}c", "a{}b", "{" + scope.ID() + "}", "Mướp{猫}"} {
		if want := node.ClusterKeySlot(t.Context(), key).Val(); int64(slot(key)) != want {
			t.Errorf("the test's slot of %q is %d; the server says %d", key, slot(key), want)
		}
	}
	t.Run("suite", func(t *testing.T) {
		pikatest.Cache(t, pikatest.CacheConfig{
			Open: func(t *testing.T) pika.Cache {
				return open(t, patient(redis.Config{Addresses: addresses[:1], Cluster: true, Prefix: pika.RandomID(nil) + ":"}))
			},
		})
	})
	t.Run("named as a server", func(t *testing.T) {
		c := open(t, patient(redis.Config{Addresses: addresses[:1]}))
		var sentences []string
		for i := range 50 { // two thirds of the keys are elsewhere
			sentences = append(sentences, message(c.SetValue(t.Context(), fmt.Sprint(i), nil, time.Minute)))
		}
		if all := strings.Join(sentences, ""); !strings.Contains(all, "name it as redis+cluster://") {
			t.Errorf("a cluster named as a server says %q", all)
		}
	})
	t.Run("a server named as a cluster", func(t *testing.T) {
		c := open(t, patient(redis.Config{Addresses: []string{startServer(t).Address()}, Cluster: true}))
		if err := c.Ping(t.Context()); !strings.Contains(message(err), "name it as redis://") {
			t.Errorf("Ping = %v", err)
		}
	})
	t.Run("many nodes in one call", func(t *testing.T) {
		c := open(t, patient(redis.Config{Addresses: addresses, Cluster: true}))
		manyKeys(t, c)
	})
}

// manyKeys reads and deletes keys of all nodes at once.
func manyKeys(t *testing.T, c *redis.Cache) {
	keys := make([]string, 300)
	for i := range keys {
		keys[i] = fmt.Sprint("key ", i)
		if err := c.SetValue(t.Context(), keys[i], []byte(keys[i]), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	values, _, err := c.ReadScope(t.Context(), scope, keys...)
	if err != nil || len(values) != len(keys) {
		t.Errorf("ReadScope found %d of %d, %v", len(values), len(keys), err)
	}
	if err := c.DeleteValues(t.Context(), keys...); err != nil {
		t.Errorf("DeleteValues = %v", err)
	}
	if values, err := c.GetValues(context.Background(), keys...); err != nil || len(values) != 0 {
		t.Errorf("after DeleteValues %d are left, %v", len(values), err)
	}
}
