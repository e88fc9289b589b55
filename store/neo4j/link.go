package neo4j

import (
	"context"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// Bounds of one transaction: few rows hold their locks for a short time.
const (
	maxTxFacts = 500
	maxTxEdges = 2000
)

const (
	linkFacts = `UNWIND $facts AS row
MERGE (f:Fact {key: row.key})
SET f.scope = $scope, f.fact = row.fact, f.predicate = row.predicate, f.entities = row.entities, f.digest = row.digest, f.written_at = $at`

	linkEntities = `UNWIND $entities AS row
MERGE (e:Entity {key: row.key})
ON CREATE SET e.scope = $scope, e.entity = row.entity`

	linkEdges = `UNWIND $edges AS row
MATCH (f:Fact {key: row.fact_key, scope: $scope})
MATCH (e:Entity {key: row.entity_key, scope: $scope})
MERGE (f)-[r:ABOUT {entity: row.entity_key, fact: row.fact}]->(e)
SET r.scope = $scope, r.position = row.position`

	// dropOldEdges takes away what a fact touched before and does not now. The list
	// between the deletes makes all of the first happen before the second looks.
	dropOldEdges = `UNWIND $facts AS row
MATCH (f:Fact {key: row.key, scope: $scope})-[r:ABOUT {scope: $scope}]->(e:Entity {scope: $scope})
WHERE NOT e.entity IN row.entities
DELETE r
WITH collect(DISTINCT e) AS left
UNWIND left AS e
WITH e WHERE NOT EXISTS { (e)<-[:ABOUT]-() }
DELETE e`
)

// LinkFacts implements pika.Graph. Of two links of one fact the last one counts, of
// two equal entities of a link the first. More than 500 links, or 2,000 entities of
// them together, are several transactions; links of one transaction are written all or
// not at all. Ids that are not UTF-8, or over 1,024 bytes, are Invalid.
func (g *Graph) LinkFacts(ctx context.Context, scope pika.Scope, links []pika.Link) error {
	const what = "link facts"
	if err := pika.CheckLinks(links); err != nil {
		return err
	}
	if err := checkText(links); err != nil {
		return err
	}
	if len(links) == 0 {
		return notBegun(ctx, what)
	}
	for _, batch := range batches(lastLinks(links)) {
		p := g.linkParams(scope.ID(), batch)
		if err := g.write(ctx, what, func(t *tx) error { return t.link(p) }); err != nil {
			return err
		}
	}
	return nil
}

// link writes nodes before edges, and takes away what is no longer so at last: an
// entity that another fact of the batch touches now stays.
func (t *tx) link(params map[string]any) error {
	if err := t.lock(params["at"].(int64), params["scope"].(string)); err != nil {
		return err
	}
	for _, statement := range []string{linkFacts, linkEntities, linkEdges, dropOldEdges} {
		if err := t.run(statement, params); err != nil {
			return err
		}
	}
	return nil
}

// lastLinks returns the last link of every fact, in the order of their ids, with every
// entity once.
func lastLinks(links []pika.Link) []pika.Link {
	last := make(map[string]pika.Link, len(links))
	for _, l := range links {
		last[l.FactID] = pika.Link{FactID: l.FactID, Predicate: l.Predicate, Entities: unique(l.Entities)}
	}
	all := make([]pika.Link, 0, len(last))
	for _, l := range last {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b pika.Link) int { return strings.Compare(a.FactID, b.FactID) })
	return all
}

// unique returns ids in their order, each once.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	once := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}

// batches splits links into what one transaction takes.
func batches(links []pika.Link) [][]pika.Link {
	var all [][]pika.Link
	from, edges := 0, 0
	for i, l := range links {
		if i > from && (i-from == maxTxFacts || edges+len(l.Entities) > maxTxEdges) {
			all = append(all, links[from:i])
			from, edges = i, 0
		}
		edges += len(l.Entities)
	}
	return append(all, links[from:])
}

// linkParams are the rows of a batch for all statements of LinkFacts.
func (g *Graph) linkParams(scope string, links []pika.Link) map[string]any {
	facts, edges, entities := []map[string]any{}, []map[string]any{}, []map[string]any{}
	var ids []string
	for _, l := range links {
		key := keyOf(scope, l.FactID)
		facts = append(facts, map[string]any{
			"key": key, "fact": l.FactID, "predicate": l.Predicate, "entities": l.Entities, "digest": pika.LinkDigest(l),
		})
		for position, e := range l.Entities {
			edges = append(edges, map[string]any{
				"fact_key": key, "fact": l.FactID, "entity_key": keyOf(scope, e), "position": position,
			})
		}
		ids = append(ids, l.Entities...)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		entities = append(entities, map[string]any{"key": keyOf(scope, id), "entity": id})
	}
	return map[string]any{"scope": scope, "at": g.now(), "facts": facts, "entities": entities, "edges": edges}
}

// now returns the time as it stands in the graph: milliseconds since 1970.
func (g *Graph) now() int64 { return g.config.Now().UnixMilli() }
