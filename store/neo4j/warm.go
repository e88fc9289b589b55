package neo4j

import (
	"context"
	"errors"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// Warm runs every query once, so that no caller waits while the server compiles it.
// What it writes is never committed. It fails as Ping does.
func (g *Graph) Warm(ctx context.Context) error {
	if err := g.Ping(ctx); err != nil {
		return err
	}
	scope := pika.Scope{}.ID()
	links := g.linkParams(scope, []pika.Link{{FactID: "warm", Predicate: "warm", Entities: []string{"a", "b"}}})
	steps := map[string]any{"frontier": []string{keyOf(scope, "a")}, "scope": scope, "limit": 1, "hub": hubFacts}
	return g.call(ctx, "warm the graph", g.config.SetupTimeout, neo4j.AccessModeWrite, readTries, func(ctx context.Context, s neo4j.SessionWithContext) error {
		return inTx(ctx, s, g.config.SetupTimeout, func(t *tx) error {
			return errors.Join(
				t.link(links),
				t.run(firstStep, steps),
				t.run(secondStep, steps),
				t.run(listFacts, rangeParams(pika.RowRange{Limit: 1})),
				t.delete(g.now(), []pika.RowKey{{ScopeID: scope, ID: "warm"}}),
			)
		}, false)
	})
}
