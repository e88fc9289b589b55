package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/redis"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]redis.Config{
		"redis://cache":                          {Addresses: []string{"cache:6379"}},
		"redis://cache:7000/":                    {Addresses: []string{"cache:7000"}},
		"redis://:s%40cret@127.0.0.1:6379/3":     {Addresses: []string{"127.0.0.1:6379"}, Password: "s@cret", Database: 3},
		"rediss://pika:secret@cache:6380":        {Addresses: []string{"cache:6380"}, Username: "pika", Password: "secret", TLS: true},
		"redis://[::1]/1":                        {Addresses: []string{"[::1]:6379"}, Database: 1},
		"redis://[::1]:7000":                     {Addresses: []string{"[::1]:7000"}},
		"redis+cluster://a:1,b,[::1]:3":          {Addresses: []string{"a:1", "b:6379", "[::1]:3"}, Cluster: true},
		"redis+cluster://u:p,w@a:1,b:2?tls=true": {Addresses: []string{"a:1", "b:2"}, Cluster: true, Username: "u", Password: "p,w", TLS: true},
		"redis://c?prefix=x:&pool_size=3":        {Addresses: []string{"c:6379"}, Prefix: "x:", PoolSize: 3},
		"redis://c?dial_timeout=1s&read_timeout=2s&write_timeout=3s&pool_timeout=4s": {
			Addresses: []string{"c:6379"}, DialTimeout: time.Second, ReadTimeout: 2 * time.Second, WriteTimeout: 3 * time.Second, PoolTimeout: 4 * time.Second,
		},
	} {
		got, err := redis.ParseURL(s)
		if err != nil {
			t.Errorf("ParseURL(%q) = %v", s, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(redis.Config{}, "Now")); diff != "" {
			t.Errorf("ParseURL(%q) (-want +got):\n%s", s, diff)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "cache:6379", "http://:secret@cache", "redis://", "redis://:secret@", "redis://:secret@cache:0", "redis://:secret@cache:x",
		"redis://:secret@cache/x", "redis://:secret@cache/-1", "redis://:secret@a,b", "redis://secret@cache", "redis+cluster://:secret@a/1",
		"redis+cluster://:secret@a,", "redis+cluster://:secret@a,b:99999", "redis://:secret@cache#f", "redis://:secret%zz@cache",
		"redis://:secret@cache?poolsize=1", "redis://:secret@cache?pool_size=0", "redis://:secret@cache?pool_size=1001", "redis://:secret@cache?pool_size=1&pool_size=2",
		"redis://:secret@cache?prefix=", "redis://:secret@cache?prefix={x}", "redis://:secret@cache?prefix=" + strings.Repeat("x", 65),
		"redis://:secret@cache?read_timeout=0s", "redis://:secret@cache?read_timeout=50", "redis://:secret@cache?read_timeout=2m", "redis://:secret@cache?tls=yes", "redis://:secret@cache?%zz",
	} {
		_, err := redis.ParseURL(s)
		if pika.CodeOf(err) != pika.Invalid || !strings.Contains(message(err), "PIKA_CACHE") {
			t.Errorf("ParseURL(%q) = %v; want invalid, naming PIKA_CACHE", s, err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("ParseURL(%q) repeats the password: %v", s, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("redis://:pw@a:1,b/0?prefix=x")
	f.Add("redis+cluster://u:p@a,[::1]:2")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := redis.ParseURL(s)
		if err != nil {
			return
		}
		cache, err := redis.Open(c)
		if err != nil {
			t.Fatalf("ParseURL took %q, Open did not: %v", s, err)
		}
		cache.Close()
	})
}
