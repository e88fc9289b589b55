package main_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/pikamem/pika/bench/process"
	"github.com/pikamem/pika/deploy/local/localtest"
)

// TestServersAbsentAtStart: gateway and worker start without any of the four servers,
// say of each that it is away and where it stands in the configuration, and take each
// one into use when it comes, without a restart.
func TestServersAbsentAtStart(t *testing.T) {
	w := newWorld(t)
	key := w.newKey(t)
	for _, name := range localtest.Names() {
		if err := w.Stop(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	p := w.startPair(t, key, "OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none")
	both := map[string]*process.Server{"gateway": p.gateway, "worker": p.worker}
	for command, s := range both {
		for _, name := range localtest.Names() {
			t.Logf("%s without %s: %s", command, name, awaitTrouble(t, s, dependencies[name], variables[name]))
		}
		// A gateway that has never read the keys can accept nothing; the worker waits.
		want := map[string]int{"gateway": http.StatusServiceUnavailable, "worker": http.StatusOK}[command]
		if r, err := ready(t, s); err != nil || r.Code != want {
			t.Errorf("/readyz of the %s without any server: %s, want %d", command, describe(r, err), want)
		}
	}
	for command, log := range map[string]*output{"gateway": p.gatewayLog, "worker": p.workerLog} {
		for _, name := range localtest.Names() {
			if !hasWords(log.String(), variables[name]) {
				t.Errorf("the log of the %s does not name %s", command, variables[name])
			}
		}
	}
	for i, name := range []localtest.Name{localtest.Redis, localtest.Neo4j, localtest.Milvus, localtest.Postgres} {
		if err := w.Up(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		for command, s := range both {
			awaitOK(t, s, dependencies[name])
			if r, err := ready(t, s); i < 3 && (err != nil || r.Status == "ok") {
				t.Errorf("the %s is well while %d servers are away: %s", command, 3-i, describe(r, err))
			}
		}
	}
	awaitWell(t, p.gateway)
	awaitWell(t, p.worker)
	status := awaitFirst(t, p.gateway, extract(t, p.gateway, "linh").JobID)
	for _, f := range status.Results.Facts {
		if f.Stores["vectors"] != "ok" || f.Stores["graph"] != "ok" {
			t.Errorf("a fact of a job after all came is in the stores as %v", f.Stores)
		}
	}
	// Milvus' first searches after a start take longer than a search may.
	eventually(t, recovery, "a search is answered by everything", func() (bool, string) {
		answer, err := search(t, p.gateway, "linh", "cat", "hybrid")
		return err == nil && len(answer.Degraded) == 0 && len(answer.Facts) == 2, describe(answer, err)
	})
}

// awaitOK waits until a dependency is ok.
func awaitOK(t *testing.T, s *process.Server, dependency string) {
	t.Helper()
	eventually(t, recovery, "/readyz says that "+dependency+" is ok", func() (bool, string) {
		r, err := ready(t, s)
		status, _ := r.of(dependency)
		return err == nil && status == "ok", describe(r, err)
	})
}

// TestWrongPasswords: what is wrong is said with the variable that holds it, and never
// with the password.
func TestWrongPasswords(t *testing.T) {
	w := newWorld(t)
	key := w.newKey(t)
	const wrong = "not-the-password"
	changes := []string{}
	guarded := []localtest.Name{localtest.Postgres, localtest.Redis, localtest.Neo4j}
	for _, name := range guarded {
		u, err := url.Parse(w.URL(name))
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), wrong)
		changes = append(changes, variables[name], u.String())
	}
	p := w.startPair(t, key, changes...)
	for command, s := range map[string]*process.Server{"gateway": p.gateway, "worker": p.worker} {
		for _, name := range guarded {
			reason := awaitTrouble(t, s, dependencies[name], variables[name], "password")
			t.Logf("%s, %s: %s", command, name, reason)
			if strings.Contains(reason, wrong) {
				t.Errorf("/readyz of the %s tells the password", command)
			}
		}
	}
	out, err := runPika(t, w.with(changes...), "migrate")
	if err == nil || !hasWords(out, variables[localtest.Postgres], "password") {
		t.Errorf("pika migrate with a wrong password: %v, %q", err, out)
	}
	for who, said := range map[string]string{"the gateway": p.gatewayLog.String(), "the worker": p.workerLog.String(), "pika migrate": out} {
		if strings.Contains(said, wrong) {
			t.Errorf("the log of %s tells the password", who)
		}
	}
	// The graph's server locks a user out for some seconds after wrong passwords.
	eventually(t, recovery, "the graph's server lets the right password in again", func() (bool, string) {
		_, err := w.Cypher(t.Context(), "RETURN 1", nil)
		return err == nil, describe(nil, err)
	})
}

// TestSchemaMissing: servers without a schema are named, with the command that makes it,
// and taken into use once it was run.
func TestSchemaMissing(t *testing.T) {
	w := emptyWorld(t)
	s := startCommand(t, "dev", w.env, &output{})
	for _, name := range []localtest.Name{localtest.Postgres, localtest.Milvus, localtest.Neo4j} {
		t.Logf("%s: %s", name, awaitTrouble(t, s, dependencies[name], "pika migrate"))
	}
	t.Logf("pika migrate says:\n%s", w.run(t, "migrate"))
	awaitWell(t, s)
	if again := w.run(t, "migrate"); !hasWords(again, "facts", "vectors", "graph") {
		t.Errorf("pika migrate, again, does not speak of each store:\n%s", again)
	}
}

// TestSchemaOfANewerVersion: a program that is older than the data says so.
func TestSchemaOfANewerVersion(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.URL(localtest.Postgres))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)"); err != nil {
		t.Fatal(err)
	}
	conn.Close(ctx)
	if _, err := w.Cypher(ctx, "MATCH (s:PikaSchema) SET s.version = 99999", nil); err != nil {
		t.Fatal(err)
	}
	s := startCommand(t, "dev", w.env, &output{})
	for _, name := range []localtest.Name{localtest.Postgres, localtest.Neo4j} {
		t.Logf("%s: %s", name, awaitTrouble(t, s, dependencies[name], "newer", "upgrade"))
	}
	if out, err := runPika(t, w.env, "migrate"); err == nil || !hasWords(out, "upgrade") {
		t.Errorf("pika migrate on a newer schema: %v, %q", err, out)
	}
}

// TestCacheFull: a Redis that takes no more is said to be full, and everything works
// without it.
func TestCacheFull(t *testing.T) {
	w := newWorld(t)
	s := startCommand(t, "dev", w.with("OPENAI_BASE_URL", startModel(t), "OPENAI_API_KEY", "none"), &output{})
	awaitWell(t, s)
	configure := func(memory, policy string) error {
		return w.Redis(func(c *redis.Client) error {
			return errors.Join(
				c.ConfigSet(t.Context(), "maxmemory-policy", policy).Err(), c.ConfigSet(t.Context(), "maxmemory", memory).Err(),
			)
		})
	}
	if err := configure("1", "noeviction"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Redis(func(c *redis.Client) error { return c.ConfigSet(context.Background(), "maxmemory", "256mb").Err() }); err != nil {
			t.Error(err)
		}
	})
	status := awaitFirst(t, s, extract(t, s, "linh").JobID)
	searchWithout(t, s, "linh", status.Results.Facts[0].FactID, "")
	t.Logf("a full cache: %s", awaitTrouble(t, s, "cache", "maxmemory"))
	if err := configure("256mb", "allkeys-lfu"); err != nil {
		t.Fatal(err)
	}
	awaitOK(t, s, "cache")
}
