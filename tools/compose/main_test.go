package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root    = "../.."
	compose = root + "/docker-compose.yml"
	example = root + "/deploy/env.example"
)

func TestTheFileOfTheProject(t *testing.T) {
	t.Parallel()
	problems, services, err := check(t.Context(), compose, example)
	if err != nil || len(problems) > 0 || services < 10 {
		t.Errorf("%d services, %v, %q", services, err, problems)
	}
}

// breakages change the file of the project in one place each; what is said must
// contain want.
var breakages = map[string]struct{ old, new, want string }{
	"no health check":       {"test: [CMD, etcdctl, endpoint, health]", "disable: true", "etcd: has no health check"},
	"health check NONE":     {"test: [CMD, etcdctl, endpoint, health]", "test: [NONE]", "etcd: has no health check"},
	"restart policy":        {"restart: unless-stopped", `restart: "no"`, "postgres: must restart unless-stopped"},
	"restart of a one-shot": {"restart: on-failure:5", "restart: always", "migrate: runs to its end"},
	"latest image":          {"quay.io/coreos/etcd:v3.5.18", "quay.io/coreos/etcd:latest", "etcd: image"},
	"image without a tag":   {"quay.io/coreos/etcd:v3.5.18", "quay.io:5000/coreos/etcd", "etcd: image"},
	"no memory limit":       {"limits: {memory: 512m}", "limits: {cpus: '1'}", "redis: has no memory limit"},
	"mere start":            {"etcd: {condition: service_healthy}", "etcd: {condition: service_started}", "milvus: waits only for the start of etcd"},
	"published":             {"127.0.0.1:${TEMPORAL_UI_PORT:-8233}:8080", "${TEMPORAL_UI_PORT:-8233}:8080", "temporal-ui: publishes port 8080"},
	"writable mount":        {"schema.sh:/scripts/schema.sh:ro", "schema.sh:/scripts/schema.sh", "temporal-schema: may write to schema.sh"},
	"absent mount":          {"./deploy/temporal/schema.sh", "./deploy/temporal/absent.sh", "absent.sh, which is not in the repository"},
	"volume without a name": {"- neo4j-logs:/logs", "- /logs", "neo4j: keeps /logs in a volume without a name"},
	"unused volume":         {"  neo4j-logs:\n", "  neo4j-logs:\n  nobody-uses-it:\n", "volume nobody-uses-it is declared and not used"},
	"no GPU reserved":       {`device_ids: ["${EMBEDDINGS_GPU:-0}"]`, "device_ids: []", "embeddings: has the profile gpu and reserves none"},
	"no profile gpu":        {"profiles: [gpu]", "profiles: [cpu]", "no service has the profile gpu"},
	"default password":      {"${REDIS_PASSWORD:?set REDIS_PASSWORD in .env}", "${REDIS_PASSWORD:-pika}", "REDIS_PASSWORD: must be"},
	"empty password":        {"${REDIS_PASSWORD:?set REDIS_PASSWORD in .env}", "${REDIS_PASSWORD}", "REDIS_PASSWORD: must be"},
	"password not asked":    {"${MINIO_ROOT_PASSWORD:?set MINIO_ROOT_PASSWORD in .env}", "$MINIO_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD: nothing asks for it"},
	"default of a key":      {"${OPENAI_API_KEY:-}", "${OPENAI_API_KEY:-sk-1}", "OPENAI_API_KEY: must be"},
	"password written down": {"${NEO4J_PASSWORD:?set NEO4J_PASSWORD in .env}@", "neo4j@", "gateway: PIKA_GRAPH holds an address whose password"},
	"secret written down":   {"POSTGRES_PASSWORD: ${TEMPORAL_DB_PASSWORD:?set TEMPORAL_DB_PASSWORD in .env}", "POSTGRES_PASSWORD: temporal", "temporal-postgres: POSTGRES_PASSWORD holds a secret"},
	"command line":          {"[minio, server, /minio_data]", `[minio, server, "${MINIO_ROOT_PASSWORD:?set it}"]`, "minio: has a password on its command line"},
}

func TestEachRule(t *testing.T) {
	t.Parallel()
	for name, b := range breakages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, _, err := check(t.Context(), changed(t, b.old, b.new), example)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(problems, "\n"), b.want) {
				t.Errorf("said %q, want %q", problems, b.want)
			}
		})
	}
}

// TestWhatDoesNotLoad holds the loader to what the rules leave to it.
func TestWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]struct{ old, new, want string }{
		"undeclared volume":  {"  neo4j-logs:\n", "", "neo4j-logs"},
		"unknown dependency": {"etcd: {condition: service_healthy}", "etct: {condition: service_healthy}", "etct"},
		"unknown key":        {"stop_grace_period: 30s", "stop_grace: 30s", "stop_grace"},
		"cycle":              {"networks: [milvus-storage]\n", "networks: [milvus-storage]\n    depends_on: [milvus]\n", "cycle"},
		"no YAML":            {"services:\n", "services:\n\t", "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, _, err := check(t.Context(), changed(t, b.old, b.new), example)
			if err == nil || !strings.Contains(err.Error(), b.want) {
				t.Errorf("%v, want an error with %q; problems %q", err, b.want, problems)
			}
		})
	}
}

func TestExampleWithASecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "env.example")
	text := strings.Replace(read(t, example), "REDIS_PASSWORD=\n", "REDIS_PASSWORD=pika\n", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := check(t.Context(), compose, path); err == nil || !strings.Contains(err.Error(), "REDIS_PASSWORD") {
		t.Errorf("%v, want an error that names REDIS_PASSWORD", err)
	}
}

// changed returns a copy of the project's file in a folder like the repository's, with
// every old replaced.
func changed(t *testing.T, before, after string) string {
	t.Helper()
	text := read(t, compose)
	if !strings.Contains(text, before) {
		t.Fatalf("docker-compose.yml does not contain %q any more; change this test with it", before)
	}
	folder := t.TempDir()
	deploy, err := filepath.Abs(filepath.Join(root, "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(deploy, filepath.Join(folder, "deploy")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "docker-compose.yml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
