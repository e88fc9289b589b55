package neo4j_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/neo4j"
)

var scope = pika.Scope{Tenant: "acme", User: "alice"}

func fact(id string, entities ...string) []pika.Link {
	return []pika.Link{{FactID: id, Predicate: "knows", Entities: entities}}
}

// operations are every call of a graph that reaches the server.
func operations(g *neo4j.Graph) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ping":        g.Ping,
		"Warm":        g.Warm,
		"LinkFacts":   func(ctx context.Context) error { return g.LinkFacts(ctx, scope, fact("f", "a", "b")) },
		"UnlinkFacts": func(ctx context.Context) error { return g.UnlinkFacts(ctx, scope, []string{"f"}) },
		"Expand":      func(ctx context.Context) error { _, err := g.Expand(ctx, scope, []string{"a"}, 2, 10); return err },
		"ListRows": func(ctx context.Context) error {
			_, err := g.ListRows(ctx, pika.CorpusFacts, pika.RowRange{Limit: 1})
			return err
		},
		"DeleteRows": func(ctx context.Context) error {
			return g.DeleteRows(ctx, pika.CorpusFacts, []pika.RowKey{{ScopeID: scope.ID(), ID: "f"}})
		},
	}
}

// wantAll checks what every operation says.
func wantAll(t *testing.T, g *neo4j.Graph, code pika.Code, sentence string) {
	t.Helper()
	for name, call := range operations(g) {
		if err := call(t.Context()); pika.CodeOf(err) != code || !strings.Contains(message(err), sentence) {
			t.Errorf("%s = %v; want code %q and %q", name, err, code, sentence)
		}
	}
}

func TestServerAbsent(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"neo4j", "bolt"} {
		g := open(t, neo4j.Config{URL: fmt.Sprintf("%s://127.0.0.1:%d", scheme, pikatest.FreePort(t)), User: "neo4j", Password: "secret"})
		began := time.Now()
		wantAll(t, g, pika.Unavailable, "cannot connect to Neo4j")
		if err := g.Migrate(t.Context()); !strings.Contains(message(err), "cannot connect to Neo4j") {
			t.Errorf("Migrate = %v", err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("eight calls to a server that is absent took %s", took)
		}
	}
}

// TestWrongUser asks with a user that is not there: its refusals lock out nobody else.
func TestWrongUser(t *testing.T) {
	t.Parallel()
	config := realServer(t)
	config.User, config.Password = "nobody-"+pika.RandomID(nil), "wrong secret"
	var now atomic.Int64
	config.Now = func() time.Time { return time.UnixMilli(now.Load()) }
	g := open(t, config)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { // many at once: one of them tries, the others learn from it
			if err := g.Ping(t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "refuses the user or password") {
				t.Errorf("Ping = %v", err)
			}
		})
	}
	all.Wait()
	began := time.Now()
	for range 100 {
		wantAll(t, g, pika.Unavailable, "refuses the user or password")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("700 calls after a refusal took %s; want none of them to reach the server", took)
	}
	now.Add(5000)
	if err := g.Ping(t.Context()); !strings.Contains(message(err), "refuses the user or password") {
		t.Errorf("Ping 5 s later = %v; want a refusal, not a lock-out after many tries", err)
	}
	if strings.Contains(g.Ping(t.Context()).Error(), "wrong secret") {
		t.Error("the error repeats the password")
	}
}

func TestNoSuchDatabase(t *testing.T) {
	t.Parallel()
	config := realServer(t)
	config.Database = "elsewhere"
	wantAll(t, open(t, config), pika.Unavailable, "no database of the name in PIKA_GRAPH")
}

func TestClose(t *testing.T) {
	t.Parallel()
	g, err := neo4j.Open(realServer(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Ping(t.Context()); pika.CodeOf(err) != "" && !strings.Contains(message(err), "pika migrate") {
		t.Errorf("Ping = %v", err)
	}
	for range 2 {
		if err := g.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	wantAll(t, g, pika.Unavailable, "the graph is closed")
}

// TestOwnServer goes through the life of a server: without a schema, set up by many at
// once, with a schema of a newer program, hanging, killed and back.
func TestOwnServer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	config := s.config()
	config.WriteTimeout, config.SetupTimeout = 20*time.Second, 2*time.Minute
	patient := config
	patient.ReadTimeout = 20 * time.Second
	g := open(t, patient)

	for _, name := range []string{"Ping", "Warm", "LinkFacts", "UnlinkFacts", "DeleteRows"} { // walks and lists find nothing
		if err := operations(g)[name](t.Context()); pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "run `pika migrate`") {
			t.Errorf("%s without a schema = %v", name, err)
		}
	}
	migrateAtOnce(t, patient)
	for name, call := range operations(g) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s after Migrate = %v", name, err)
		}
	}
	wantNodes(t, config, pika.Scope{}, nil) // what Warm wrote was not committed
	newerSchema(t, config, g)
	hangs(t, s, config)
	acknowledged(t, s, g)
}

func migrateAtOnce(t *testing.T, config neo4j.Config) {
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			g, err := neo4j.Open(config)
			if err == nil {
				err = errors.Join(g.Migrate(t.Context()), g.Ping(t.Context()), g.Migrate(t.Context()), g.Close())
			}
			if err != nil {
				t.Errorf("six at once: Migrate = %v", err)
			}
		})
	}
	all.Wait()
}

func newerSchema(t *testing.T, config neo4j.Config, g *neo4j.Graph) {
	query(t, config, "MATCH (s:PikaSchema) SET s.version = s.version + 1", nil)
	for name, err := range map[string]error{"Ping": g.Ping(t.Context()), "Migrate": g.Migrate(t.Context()), "Warm": g.Warm(t.Context())} {
		if pika.CodeOf(err) != pika.Unavailable || !strings.Contains(message(err), "upgrade Pika") {
			t.Errorf("%s with a newer schema = %v", name, err)
		}
	}
	query(t, config, "MATCH (s:PikaSchema) SET s.version = s.version - 1", nil)
	if err := g.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
}

// hangs: no walk takes longer than its time, and writes end when their caller's does.
func hangs(t *testing.T, s *server, config neo4j.Config) {
	config.ReadTimeout = 0 // the default
	g := open(t, config)
	eventually(t, 30*time.Second, func() error { _, err := g.Expand(t.Context(), scope, []string{"a"}, 2, 10); return err })
	s.signal(syscall.SIGSTOP)
	defer s.signal(syscall.SIGCONT)
	began := time.Now()
	_, err := g.Expand(t.Context(), scope, []string{"a"}, 2, 10)
	if took := time.Since(began); pika.CodeOf(err) != pika.Timeout || !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
		t.Errorf("Expand on a server that hangs = %v after %s; want a timeout after %s", err, took, neo4j.DefaultReadTimeout)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began = time.Now()
	if err := g.LinkFacts(ctx, scope, fact("hung", "a")); pika.CodeOf(err) != pika.Timeout || time.Since(began) > time.Second {
		t.Errorf("LinkFacts on a server that hangs = %v after %s; want a timeout after 200ms", err, time.Since(began))
	}
}

// acknowledged: what LinkFacts acknowledged is there after kill -9; calls meanwhile say
// that the server is gone, and the same graph works when it is back.
func acknowledged(t *testing.T, s *server, g *neo4j.Graph) {
	eventually(t, 30*time.Second, func() error { return g.Ping(t.Context()) })
	var mu sync.Mutex
	var want []string
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 500 {
				id := fmt.Sprintf("%d-%03d", w, i)
				err := g.LinkFacts(t.Context(), scope, fact(id, "shared", id))
				if err != nil {
					if code := pika.CodeOf(err); code != pika.Unavailable && code != pika.Timeout {
						t.Errorf("LinkFacts while the server died = %v", err)
					}
					return
				}
				mu.Lock()
				want = append(want, id)
				mu.Unlock()
			}
		})
	}
	eventually(t, time.Minute, func() error {
		mu.Lock()
		defer mu.Unlock()
		if len(want) < 40 {
			return fmt.Errorf("%d facts are acknowledged", len(want))
		}
		return nil
	})
	s.script("kill", "neo4j")
	all.Wait()
	wantAll(t, g, pika.Unavailable, "cannot connect to Neo4j")
	s.script("up", "neo4j")
	eventually(t, time.Minute, func() error { return g.Ping(t.Context()) })
	rows, err := g.ListRows(t.Context(), pika.CorpusFacts, pika.RowRange{FromScope: scope.ID(), Limit: pika.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range want {
		if !slices.ContainsFunc(rows, func(r pika.Row) bool { return r.ID == id }) {
			t.Errorf("fact %s was acknowledged and is gone", id)
		}
	}
	t.Logf("%d facts acknowledged before kill -9, %d rows after it", len(want), len(rows))
	for name, call := range operations(g) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s after the server came back = %v", name, err)
		}
	}
}
