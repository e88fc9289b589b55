package neo4j_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/neo4j"
)

// realServer returns a configuration for the server of the environment, patient, as
// many tests run at once on a machine of few cores.
func realServer(t testing.TB) neo4j.Config {
	t.Helper()
	c, err := neo4j.ParseURL(pikatest.Server(t, "PIKA_TEST_NEO4J_URL"))
	if err != nil {
		t.Fatal(err)
	}
	c.ReadTimeout, c.WriteTimeout, c.SetupTimeout = 20*time.Second, 60*time.Second, 3*time.Minute
	return c
}

func open(t testing.TB, c neo4j.Config) *neo4j.Graph {
	t.Helper()
	g, err := neo4j.Open(c)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return g
}

// migrated makes the schema once for all tests.
var migrated sync.Once

func openMigrated(t testing.TB) *neo4j.Graph {
	t.Helper()
	g := open(t, realServer(t))
	migrated.Do(func() {
		if err := g.Migrate(t.Context()); err != nil {
			t.Fatalf("Migrate = %v", err)
		}
	})
	return g
}

// message returns what a caller sees of an error.
func message(err error) string {
	var e *pika.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Message
}

// newScope returns a scope that nobody else has, and erases it after the test.
func newScope(t testing.TB, g *neo4j.Graph) pika.Scope {
	t.Helper()
	scope := pika.Scope{Tenant: pika.RandomID(nil), User: "test"}
	t.Cleanup(func() { erase(t, g, scope) })
	return scope
}

// erase removes every fact of a scope, and with them all that is its.
func erase(t testing.TB, g *neo4j.Graph, scope pika.Scope) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		rows, err := g.ListRows(ctx, pika.CorpusFacts, pika.RowRange{FromScope: scope.ID(), ToScope: scope.ID() + "0", Limit: pika.MaxPageLimit})
		if err != nil {
			t.Errorf("list what the test left: %v", err)
			return
		}
		keys := make([]pika.RowKey, len(rows))
		for i, r := range rows {
			keys[i] = r.RowKey
		}
		if err := g.DeleteRows(ctx, pika.CorpusFacts, keys); err != nil {
			t.Errorf("delete what the test left: %v", err)
			return
		}
		if len(rows) < pika.MaxPageLimit {
			return
		}
	}
}

// tenants lets the cases of a suite share a database: each dir has tenants of its own.
type tenants struct {
	*neo4j.Graph
	of *dir
}

// dir remembers which scopes a case has used, so that they can be erased.
type dir struct {
	tenant string
	mu     sync.Mutex
	scopes map[pika.Scope]bool
}

func (v tenants) scope(s pika.Scope) pika.Scope {
	own := pika.Scope{Tenant: v.of.tenant + s.Tenant, User: s.User}
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	v.of.scopes[own] = true
	return own
}

func (v tenants) LinkFacts(ctx context.Context, s pika.Scope, links []pika.Link) error {
	return v.Graph.LinkFacts(ctx, v.scope(s), links)
}

func (v tenants) UnlinkFacts(ctx context.Context, s pika.Scope, ids []string) error {
	return v.Graph.UnlinkFacts(ctx, v.scope(s), ids)
}

func (v tenants) Expand(ctx context.Context, s pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	return v.Graph.Expand(ctx, v.scope(s), seeds, depth, limit)
}

func TestGraphConformance(t *testing.T) {
	t.Parallel()
	sweeper := openMigrated(t)
	var dirs sync.Map
	pikatest.Graph(t, pikatest.GraphConfig{
		Open: func(t *testing.T, path string) (pika.Graph, func()) {
			fresh := &dir{tenant: pika.RandomID(nil), scopes: map[pika.Scope]bool{}}
			known, again := dirs.LoadOrStore(path, fresh)
			d := known.(*dir)
			if !again {
				t.Cleanup(func() {
					for scope := range d.scopes {
						erase(t, sweeper, scope)
					}
				})
			}
			g, err := neo4j.Open(realServer(t))
			if err != nil {
				t.Fatal(err)
			}
			return tenants{g, d}, func() { _ = g.Close() }
		},
	})
}

func TestGraphRows(t *testing.T) {
	t.Parallel()
	openMigrated(t)
	pikatest.GraphRows(t, pikatest.GraphConfig{
		Open: func(t *testing.T, _ string) (pika.Graph, func()) { return open(t, realServer(t)), func() {} },
	})
}
