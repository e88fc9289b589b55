package neo4j

import (
	"context"
	"errors"
	"slices"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// noteLate returns err. If a walk was late the server may have been compiling its query,
// as it does anew when it starts and when the data has grown; a compilation that is
// given up begins again with the next walk, which would be late too. So the queries are
// run once in the background, with time.
func (g *Graph) noteLate(err error) error {
	if pika.CodeOf(err) == pika.Timeout && !g.closed.Load() && g.warming.CompareAndSwap(false, true) {
		g.background.Go(func() {
			defer g.warming.Store(false)
			ctx, cancel := context.WithTimeout(context.Background(), g.config.SetupTimeout)
			defer cancel()
			_ = g.Warm(ctx) // who needs to know is told by the next walk
		})
	}
	return err
}

// Warm runs every query once, so that no caller waits while the server compiles it.
// What it writes is never committed. It fails as Ping does.
func (g *Graph) Warm(ctx context.Context) error {
	if err := g.Ping(ctx); err != nil {
		return err
	}
	scope := pika.Scope{}.ID()
	links := g.linkParams(scope, []pika.Link{{FactID: "warm", Predicate: "warm", Entities: []string{"a", "b"}}})
	return g.call(ctx, "warm the graph", g.config.SetupTimeout, neo4j.AccessModeWrite, readTries, func(ctx context.Context, s neo4j.SessionWithContext) error {
		return inTx(ctx, s, g.config.SetupTimeout, func(t *tx) error {
			return errors.Join(
				t.link(links),
				warmWalks(t, scope),
				t.run(listFacts, rangeParams(pika.RowRange{Limit: 1})),
				t.delete(g.now(), []pika.RowKey{{ScopeID: scope, ID: "warm"}}),
			)
		}, false)
	})
}

// frontierSizes are lengths of a frontier of which the server has a plan each: it compiles
// a query anew for lists of another order of magnitude.
var frontierSizes = []int{1, 5, 50}

func warmWalks(t *tx, scope string) error {
	var problems []error
	for _, n := range frontierSizes {
		frontier := slices.Repeat([]string{keyOf(scope, "a")}, n)
		steps := map[string]any{"frontier": frontier, "scope": scope, "limit": 1, "hub": hubFacts}
		problems = append(problems, t.run(firstStep, steps), t.run(secondStep, steps))
	}
	return errors.Join(problems...)
}
