package neo4j_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	driver "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/neo4j"
)

// query runs a query around the store and returns the first column.
func query(t testing.TB, c neo4j.Config, text string, params map[string]any) []any {
	t.Helper()
	d, err := driver.NewDriverWithContext(c.URL, driver.BasicAuth(c.User, c.Password, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	result, err := driver.ExecuteQuery(t.Context(), d, text, params, driver.EagerResultTransformer, driver.ExecuteQueryWithDatabase("neo4j"))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	column := make([]any, len(result.Records))
	for i, r := range result.Records {
		column[i] = r.Values[0]
	}
	return column
}

// TestLinkBesideUnlink: an entity that a fact is being linked to is never removed as
// untouched, and none is left that nothing touches. Many writers link and unlink facts
// of few entities; then every fact must have exactly its entities, and nobody else any.
func TestLinkBesideUnlink(t *testing.T) {
	t.Parallel()
	g := openMigrated(t)
	scope := newScope(t, g)
	const writers, rounds, entities = 12, 25, 4
	final := make([]pika.Link, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			for range rounds {
				fact := fmt.Sprint("f", w)
				final[w] = pika.Link{FactID: fact, Predicate: "knows", Entities: []string{
					fmt.Sprint("e", random.IntN(entities)), fmt.Sprint("e", random.IntN(entities)),
				}}
				other := fmt.Sprint("passing ", w)
				for _, err := range []error{
					g.LinkFacts(t.Context(), scope, []pika.Link{final[w], {FactID: other, Entities: []string{fmt.Sprint("e", random.IntN(entities)), "own " + other}}}),
					g.UnlinkFacts(t.Context(), scope, []string{other}),
				} {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	wantNodes(t, realServer(t), scope, final)
	ids := make([]string, writers)
	for w := range writers {
		ids[w] = fmt.Sprint("f", w)
	}
	if err := g.UnlinkFacts(t.Context(), scope, ids); err != nil {
		t.Fatal(err)
	}
	wantNodes(t, realServer(t), scope, nil)
}

// wantNodes compares all that a scope has in the database with its links.
func wantNodes(t *testing.T, c neo4j.Config, scope pika.Scope, links []pika.Link) {
	t.Helper()
	var facts, entities, edges []string
	for _, l := range links {
		facts = append(facts, l.FactID)
		for _, e := range l.Entities {
			entities = append(entities, e)
			edges = append(edges, l.FactID+" → "+e)
		}
	}
	params := map[string]any{"scope": scope.ID()}
	for _, tt := range []struct {
		what, query string
		want        []string
	}{
		{"facts", "MATCH (f:Fact {scope: $scope}) RETURN f.fact", facts},
		{"entities", "MATCH (e:Entity {scope: $scope}) RETURN e.entity", entities},
		{"edges", "MATCH (f:Fact {scope: $scope})-[:ABOUT {scope: $scope}]->(e:Entity {scope: $scope}) RETURN f.fact + ' → ' + e.entity", edges},
		{"edges by their own properties", "MATCH ()-[r:ABOUT {scope: $scope}]->() RETURN r.fact + ' → ' + substring(r.entity, 37)", edges},
	} {
		got := []string{}
		for _, v := range query(t, c, tt.query, params) {
			got = append(got, v.(string))
		}
		slices.Sort(got)
		if want := slices.Compact(slices.Sorted(slices.Values(tt.want))); !slices.Equal(got, want) {
			t.Errorf("the database holds %s %q; want %q", tt.what, got, want)
		}
	}
}

// TestEverythingBelongsToItsScope looks at what is really stored: the scope is on every
// node and edge, and nothing is there but ids, the predicate, a digest and times.
func TestEverythingBelongsToItsScope(t *testing.T) {
	t.Parallel()
	g := openMigrated(t)
	scope := newScope(t, g)
	links := []pika.Link{{FactID: "f", Predicate: "likes", Entities: []string{"a", "b"}}, {FactID: "g", Predicate: "likes", Entities: []string{"b"}}}
	if err := g.LinkFacts(t.Context(), scope, links); err != nil {
		t.Fatal(err)
	}
	const properties = `MATCH (n {scope: $scope}) UNWIND labels(n) AS label UNWIND keys(n) AS key RETURN DISTINCT label + '.' + key AS p
		UNION MATCH ()-[r {scope: $scope}]->() UNWIND keys(r) AS key RETURN DISTINCT type(r) + '.' + key AS p`
	got := []string{}
	for _, v := range query(t, realServer(t), properties, map[string]any{"scope": scope.ID()}) {
		got = append(got, v.(string))
	}
	slices.Sort(got)
	want := []string{
		"ABOUT.entity", "ABOUT.fact", "ABOUT.position", "ABOUT.scope", "Entity.entity", "Entity.key", "Entity.scope",
		"Fact.digest", "Fact.entities", "Fact.fact", "Fact.key", "Fact.predicate", "Fact.scope", "Fact.written_at",
	}
	if !slices.Equal(got, want) {
		t.Errorf("properties of the scope: %q; want %q", got, want)
	}
	wantNodes(t, realServer(t), scope, links)
	if n := query(t, realServer(t), "MATCH (n)--(m) WHERE n.scope = $scope AND m.scope <> $scope RETURN count(*)", map[string]any{"scope": scope.ID()}); n[0] != int64(0) {
		t.Errorf("%v edges lead out of the scope", n[0])
	}
}

// TestManyEntities: the most facts and entities that a call may bring are stored in
// several transactions, each of bounded size.
func TestManyEntities(t *testing.T) {
	t.Parallel()
	g := openMigrated(t)
	scope := newScope(t, g)
	links := make([]pika.Link, 300)
	for i := range links {
		links[i] = pika.Link{FactID: fmt.Sprintf("f%03d", i), Predicate: "knows"}
		for e := range pika.MaxEntities {
			links[i].Entities = append(links[i].Entities, fmt.Sprint("e", (i+e)%500))
		}
	}
	for range 2 {
		if err := g.LinkFacts(t.Context(), scope, links); err != nil {
			t.Fatal(err)
		}
	}
	wantNodes(t, realServer(t), scope, links)
	for i := range links {
		links[i].Entities = links[i].Entities[:1]
	}
	if err := g.LinkFacts(t.Context(), scope, links); err != nil {
		t.Fatal(err)
	}
	wantNodes(t, realServer(t), scope, links)
}
