package neo4j

import (
	"cmp"
	"context"
	"slices"

	"github.com/pikamem/pika"
)

// deleteFacts removes facts, and then those of their entities that nothing touches
// any more. The list between the deletes makes all of the first happen before the
// second looks.
const deleteFacts = `UNWIND $rows AS row
MATCH (f:Fact {key: row.key, scope: row.scope, fact: row.fact})
OPTIONAL MATCH (f)-[:ABOUT {scope: row.scope}]->(e:Entity {scope: row.scope})
WITH f, collect(e) AS touched
DETACH DELETE f
WITH collect(touched) AS lists
UNWIND lists AS list
UNWIND list AS e
WITH DISTINCT e WHERE NOT EXISTS { (e)<-[:ABOUT]-() }
DELETE e`

// UnlinkFacts implements pika.Graph. More than 500 facts are several transactions.
func (g *Graph) UnlinkFacts(ctx context.Context, scope pika.Scope, factIDs []string) error {
	if err := pika.CheckIDs("fact_ids", len(factIDs), pika.MaxFactsPerCommit); err != nil {
		return err
	}
	keys := make([]pika.RowKey, len(factIDs))
	for i, id := range factIDs {
		keys[i] = pika.RowKey{ScopeID: scope.ID(), ID: id}
	}
	return g.delete(ctx, "unlink facts", keys)
}

// delete removes the facts of keys that can be there, in the order of their keys.
func (g *Graph) delete(ctx context.Context, what string, keys []pika.RowKey) error {
	keys = slices.DeleteFunc(keys, func(k pika.RowKey) bool {
		return len(k.ScopeID) != scopeBytes || !storable(k.ScopeID) || !storable(k.ID)
	})
	if len(keys) == 0 {
		return notBegun(ctx, what)
	}
	slices.SortFunc(keys, func(a, b pika.RowKey) int {
		return cmp.Or(cmp.Compare(a.ScopeID, b.ScopeID), cmp.Compare(a.ID, b.ID))
	})
	for batch := range slices.Chunk(slices.Compact(keys), maxTxFacts) {
		if err := g.write(ctx, what, func(t *tx) error { return t.delete(g.now(), batch) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) delete(at int64, keys []pika.RowKey) error {
	rows, scopes := make([]map[string]any, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		rows[i] = map[string]any{"key": keyOf(k.ScopeID, k.ID), "scope": k.ScopeID, "fact": k.ID}
		scopes[i] = k.ScopeID
	}
	if err := t.lock(at, slices.Compact(scopes)...); err != nil {
		return err
	}
	return t.run(deleteFacts, map[string]any{"rows": rows})
}
