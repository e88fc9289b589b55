package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var realStores = map[string]string{
	"PIKA_FACTS": "postgres://pika:secret@db/pika", "PIKA_VECTORS": "milvus://vectors:19530", "PIKA_GRAPH": "neo4j://neo4j:secret@graph",
	"PIKA_CACHE": "redis://:secret@cache:6379/0", "TEMPORAL_ADDRESS": "temporal:7233",
	"PIKA_PAYLOAD_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}

// with returns an environment: the real stores' with changes.
func with(changes ...string) func(string) string {
	env := map[string]string{}
	for k, v := range realStores {
		env[k] = v
	}
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
	}
	return func(name string) string { return env[name] }
}

func TestRefusedConfigurations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command string
		env     func(string) string
		args    []string
		want    []string // words of the message
	}{
		"embedded facts":          {"gateway", with("PIKA_FACTS", ""), nil, []string{"PIKA_FACTS", "postgres://", "pika dev"}},
		"embedded vectors":        {"worker", with("PIKA_VECTORS", "embedded"), nil, []string{"PIKA_VECTORS", "milvus://"}},
		"embedded graph":          {"reconcile", with("PIKA_GRAPH", ""), nil, []string{"PIKA_GRAPH", "neo4j://"}},
		"own cache":               {"worker", with("PIKA_CACHE", "memory"), nil, []string{"PIKA_CACHE", "redis://"}},
		"no payload key":          {"gateway", with("PIKA_PAYLOAD_KEY", ""), nil, []string{"PIKA_PAYLOAD_KEY", "/dev/urandom"}},
		"no engine":               {"worker", with("TEMPORAL_ADDRESS", ""), nil, []string{"TEMPORAL_ADDRESS"}},
		"unknown scheme":          {"gateway", with("PIKA_FACTS", "mysql://db"), nil, []string{"PIKA_FACTS", "sqlite:PATH", "postgres://"}},
		"sqlite without path":     {"dev", with("PIKA_FACTS", "sqlite:"), nil, []string{"PIKA_FACTS"}},
		"vectors elsewhere":       {"dev", with("PIKA_VECTORS", "faiss"), nil, []string{"PIKA_VECTORS", "embedded", "milvus://"}},
		"password as a flag":      {"dev", with(), []string{"--facts", "postgres://pika:secret@db/pika"}, []string{"--facts", "PIKA_FACTS", "environment"}},
		"wrong cron text":         {"worker", with("PIKA_RECONCILE_SCHEDULE", "every hour"), nil, []string{"PIKA_RECONCILE_SCHEDULE", "off", "cron"}},
		"grace too short":         {"worker", with("PIKA_RECONCILE_GRACE", "1s"), nil, []string{"PIKA_RECONCILE_GRACE", "10s"}},
		"rate of nothing":         {"worker", with("PIKA_RECONCILE_RATE", "0"), nil, []string{"PIKA_RECONCILE_RATE"}},
		"wrong warm schedule":     {"worker", with("PIKA_WARM_SCHEDULE", "hourly"), nil, []string{"PIKA_WARM_SCHEDULE", "off", "cron"}},
		"wrong TTL schedule":      {"worker", with("PIKA_TTL_SCHEDULE", "* * *"), nil, []string{"PIKA_TTL_SCHEDULE", "off", "cron"}},
		"too many questions":      {"worker", with("PIKA_WARM_QUERIES", strings.Repeat("a|", 101)), nil, []string{"PIKA_WARM_QUERIES", "100"}},
		"a long question":         {"worker", with("PIKA_WARM_QUERIES", strings.Repeat("a", 2049)), nil, []string{"PIKA_WARM_QUERIES", "2048"}},
		"no such rate":            {"worker", with("PIKA_TARGET_HIT_RATE", "NaN"), nil, []string{"PIKA_TARGET_HIT_RATE", "0.01", "0.99"}},
		"warm on a file":          {"warm", with("PIKA_FACTS", ""), nil, []string{"pika warm", "PIKA_FACTS", "postgres://", "pika dev"}},
		"warm a cache for itself": {"warm", with("PIKA_CACHE", ""), nil, []string{"pika warm", "PIKA_CACHE", "redis://"}},
		"port":                    {"dev", with("PIKA_ADDR", "127.0.0.1:http"), nil, []string{"PIKA_ADDR", "port"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadConfig(c.command, c.args, c.env, nil)
			if err == nil {
				t.Fatal("it is accepted")
			}
			for _, word := range c.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("the message %q does not say %q", err, word)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the message %q repeats a password", err)
			}
		})
	}
}

func TestAcceptedConfigurations(t *testing.T) {
	t.Parallel()
	gateway, err := LoadConfig("gateway", nil, with(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if gateway.Addr != ":8080" || !gateway.needsKeys() || gateway.SearchDeadline != 80*time.Millisecond {
		t.Errorf("gateway: address %s, keys %t, deadline %s", gateway.Addr, gateway.needsKeys(), gateway.SearchDeadline)
	}
	dev, err := LoadConfig("dev", []string{"--reconcile-schedule", "@hourly", "--facts", "sqlite:a.db"}, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Addr != "127.0.0.1:8080" || dev.needsKeys() || dev.factsPath() != "a.db" || dev.ReconcileSchedule != "@hourly" {
		t.Errorf("dev: %+v", dev)
	}
	if diff := cmp.Diff([]string{"Sở thích của tôi", "Gia đình của tôi", "Trường học của tôi"}, dev.WarmQueries); diff != "" {
		t.Errorf("questions for everybody (-want +got):\n%s", diff)
	}
	for value, want := range map[string][]string{"a b | c|": {"a b", "c"}, "off": {}} {
		warm, err := LoadConfig("warm", nil, with("PIKA_WARM_QUERIES", value, "PIKA_PAYLOAD_KEY", "", "TEMPORAL_ADDRESS", ""), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, warm.WarmQueries); diff != "" {
			t.Errorf("%q (-want +got):\n%s", value, diff)
		}
	}
	for addr, want := range map[string]bool{"localhost:1": true, "[::1]:1": true, "0.0.0.0:1": false, ":1": false, "example.org:1": false} {
		if got := (Config{Addr: addr}).loopback(); got != want {
			t.Errorf("loopback(%s) = %t", addr, got)
		}
	}
}
