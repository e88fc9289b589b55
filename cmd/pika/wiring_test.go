package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/deploy/local/localtest"
	"github.com/pikamem/pika/devserver/devservertest"
)

// onBothWirings runs a test on the embedded parts and on the four real servers, which are
// empty and migrated when it begins: the two columns of the architecture. The test gets
// the variables of its processes. They never run side by side.
func onBothWirings(t *testing.T, test func(t *testing.T, env map[string]string)) {
	t.Run("embedded", func(t *testing.T) { test(t, requireServer(t)) })
	t.Run("real", func(t *testing.T) { test(t, newWorld(t).env) })
}

// world is the four real servers, empty and migrated, and the variables of processes
// that work on them.
type world struct {
	*localtest.Set
	env map[string]string
}

// newWorld empties the servers and makes the schemas. What a test did to the servers'
// configuration or left killed is undone by the servers' next start.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	w.run(t, "migrate")
	return w
}

// emptyWorld is a world before `pika migrate`.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	env := requireServer(t)
	set := localtest.Shared(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, name := range localtest.Names() {
		if err := set.Up(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	maps.Copy(env, map[string]string{
		"PIKA_FACTS":           set.URL(localtest.Postgres),
		"PIKA_CACHE":           set.URL(localtest.Redis),
		"PIKA_VECTORS":         set.URL(localtest.Milvus),
		"PIKA_GRAPH":           set.URL(localtest.Neo4j) + "?read_timeout=5s", // as PIKA_SEARCH_DEADLINE
		"PIKA_EMBEDDER":        "local",
		"PIKA_PAYLOAD_KEY":     base64.StdEncoding.EncodeToString(key),
		"PIKA_MODEL":           modelPath(t),
		"PIKA_SEARCH_DEADLINE": "5s", // the machine of a test may be busy
		// What tests compare or repair, they do at a time of their own.
		"PIKA_RECONCILE_SCHEDULE": "off",
		"PIKA_RECONCILE_GRACE":    grace.String(),
	})
	return &world{set, env}
}

// grace is the least that PIKA_RECONCILE_GRACE may be.
const grace = 10 * time.Second

// with returns the variables with changes; an empty value removes one.
func (w *world) with(changes ...string) map[string]string {
	env := maps.Clone(w.env)
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(env, changes[i])
		}
	}
	return env
}

// variables says where a server stands in pika's configuration.
var variables = map[localtest.Name]string{
	localtest.Postgres: "PIKA_FACTS", localtest.Redis: "PIKA_CACHE", localtest.Milvus: "PIKA_VECTORS", localtest.Neo4j: "PIKA_GRAPH",
}

// dependencies says how /readyz calls a server.
var dependencies = map[localtest.Name]string{
	localtest.Postgres: "facts", localtest.Redis: "cache", localtest.Milvus: "vectors", localtest.Neo4j: "graph",
}

// run runs one of pika's commands that end by themselves, and returns what it prints.
func (w *world) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runPika(t, w.env, args...)
	if err != nil {
		t.Fatalf("pika %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// runPika runs one of pika's commands; the error is that of exec.Cmd.
func runPika(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, path, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PIKA_") && !strings.HasPrefix(v, "OPENAI_") && !strings.HasPrefix(v, "TEMPORAL_") {
			command.Env = append(command.Env, v)
		}
	}
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

// pair is a gateway and a worker, each a process of its own, on one Temporal cluster.
type pair struct {
	gateway, worker       *process.Server
	gatewayLog, workerLog *output
}

// startTemporal starts the world's Temporal cluster, which lasts as long as the test,
// unless it has one.
func (w *world) startTemporal(t *testing.T) {
	t.Helper()
	if w.env["TEMPORAL_ADDRESS"] == "" {
		w.env["TEMPORAL_ADDRESS"] = devservertest.Start(t).Address()
	}
}

// startPair starts both on the world's servers, whether those answer or not. Without a
// key the gateway gets none to send.
func (w *world) startPair(t *testing.T, key string, changes ...string) *pair {
	t.Helper()
	w.startTemporal(t)
	env := w.with(changes...)
	p := &pair{gatewayLog: &output{}, workerLog: &output{}}
	p.worker = startCommand(t, "worker", env, p.workerLog)
	p.gateway = startCommand(t, "gateway", env, p.gatewayLog)
	p.gateway.Key = key
	return p
}

// newKey makes an API key by the command of operators.
func (w *world) newKey(t *testing.T) string {
	t.Helper()
	fields := strings.Fields(w.run(t, "keys", "create", "--tenant", tenant, "--role", "admin", "--name", "tests"))
	for _, f := range fields {
		if strings.HasPrefix(f, "pika_") {
			return f
		}
	}
	t.Fatalf("pika keys create prints no key: %d words", len(fields))
	return ""
}

// tenant is whose key the tests of gateways use.
const tenant = "acme"

// startCommand runs one of pika's processes until the test ends.
func startCommand(t *testing.T, command string, env map[string]string, log *output) *process.Server {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := process.Start(ctx, process.Options{Binary: path, Command: command, Data: t.TempDir(), Env: env, Log: log})
	if err != nil {
		t.Fatalf("pika %s: %v\n%s", command, err, log)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop pika %s: %v", command, err)
		}
		if t.Failed() {
			t.Logf("log of pika %s:\n%s", command, log)
		}
	})
	return s
}

// output keeps what a process prints and may be read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// eventually asks until holds is true and fails the test after limit; said is what holds
// has seen last.
func eventually(t *testing.T, limit time.Duration, what string, holds func() (ok bool, said string)) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for {
		ok, said := holds()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never within %s: %s; at last: %s", limit, what, said)
		}
	}
}

func describe(v any, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", v)
}
