package neo4j

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"github.com/pikamem/pika"
)

// hubFacts is how many facts may touch an entity before walks no longer lead through
// it: what so many facts share says little about any two of them.
const hubFacts = 200

// The two steps of a walk. Both read, of every entity of the frontier, only the facts
// with the lowest ids, in the order of the index of the edges; without the hint the
// planner reads the whole index instead. place says where in the frontier a fact
// was met first.
const (
	firstStep = `UNWIND range(0, size($frontier) - 1) AS place
CALL (place) {
  MATCH (f:Fact)-[r:ABOUT]->() USING INDEX SEEK r:ABOUT(entity, fact)
  WHERE r.entity = $frontier[place] AND r.fact >= '' AND r.scope = $scope AND f.scope = $scope
  WITH f, r ORDER BY r.entity, r.fact LIMIT $limit
  RETURN f, r.fact AS fact
}
WITH fact, min(place) AS place, head(collect(f)) AS f
ORDER BY fact LIMIT $limit
RETURN fact, place, f.entities AS entities`

	secondStep = `UNWIND range(0, size($frontier) - 1) AS place
MATCH (e:Entity {key: $frontier[place], scope: $scope})
WHERE COUNT { (e)<-[:ABOUT]-() } <= $hub
CALL (place) {
  MATCH ()-[r:ABOUT]->() USING INDEX SEEK r:ABOUT(entity, fact)
  WHERE r.entity = $frontier[place] AND r.fact >= '' AND r.scope = $scope
  RETURN r.fact AS fact ORDER BY r.entity, r.fact LIMIT $limit
}
WITH fact, min(place) AS place
ORDER BY fact LIMIT $limit
RETURN fact, place, [] AS entities`
)

// Expand implements pika.Graph in one round trip per step. Of several shortest paths
// to a fact of depth 1 it returns the one from the seed named first; to a fact of depth
// 2 the one through the fact with the lowest id, and of that fact's entities the first.
// It ends after Config.ReadTimeout at the latest. The steps see what was committed when
// each of them ran.
func (g *Graph) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	const what = "walk the graph"
	if err := pika.CheckExpand(seeds, depth, limit); err != nil {
		return nil, err
	}
	if err := notBegun(ctx, what); err != nil {
		return nil, err
	}
	w := walk{graph: g, scope: scope.ID(), limit: limit, reached: map[string]bool{}, seen: map[string]bool{}, until: time.Now().Add(g.config.ReadTimeout)}
	hits, entities, err := w.step(ctx, firstStep, 1, w.enter(nil, nil, seeds...))
	if err != nil || depth == 1 || len(hits) == limit {
		return hits, g.noteLate(err)
	}
	var frontier []place
	for i, h := range hits {
		frontier = w.enter(frontier, h.Path, entities[i]...)
	}
	further, _, err := w.step(ctx, secondStep, 2, frontier)
	if err != nil {
		return nil, g.noteLate(err)
	}
	return append(hits, further...), nil
}

// walk is one expansion from seeds.
type walk struct {
	graph   *Graph
	scope   string
	limit   int
	until   time.Time
	reached map[string]bool // facts
	seen    map[string]bool // entities that were in a frontier
}

// place is an entity of the frontier and the path that led to it, itself included.
type place struct {
	entity string
	path   []string
}

// enter adds entities that no frontier held before to one.
func (w *walk) enter(frontier []place, path []string, entities ...string) []place {
	for _, e := range entities {
		if !w.seen[e] && storable(e) {
			w.seen[e] = true
			frontier = append(frontier, place{entity: e, path: append(slices.Clone(path), e)})
		}
	}
	return frontier
}

// step returns the facts that touch the frontier and were not reached before, in the
// order of their ids, at most as many as the walk may still return, and their entities.
// The server returns as many as the whole walk may: those reached before are among them.
func (w *walk) step(ctx context.Context, query string, depth int, frontier []place) ([]pika.GraphHit, [][]string, error) {
	if len(frontier) == 0 {
		return nil, nil, nil
	}
	keys := make([]string, len(frontier))
	for i, p := range frontier {
		keys[i] = keyOf(w.scope, p.entity)
	}
	rows, err := w.graph.read(ctx, "walk the graph", time.Until(w.until), neo4j.AccessModeRead, query, map[string]any{
		"frontier": keys, "scope": w.scope, "limit": w.limit, "hub": hubFacts,
	})
	if err != nil {
		return nil, nil, err
	}
	return w.collect(rows, depth, frontier)
}

func (w *walk) collect(rows []*neo4j.Record, depth int, frontier []place) (hits []pika.GraphHit, entities [][]string, err error) {
	for _, row := range rows {
		fact, _ := row.Values[0].(string)
		at, ok := row.Values[1].(int64)
		if !ok || at < 0 || at >= int64(len(frontier)) {
			return nil, nil, pika.Wrap(pika.Internal, fmt.Errorf("walk the graph: place %v of %d", row.Values[1], len(frontier)), "")
		}
		if w.reached[fact] || len(w.reached) == w.limit {
			continue
		}
		w.reached[fact] = true
		hits = append(hits, pika.GraphHit{FactID: fact, Depth: depth, Path: slices.Clone(frontier[at].path)})
		entities = append(entities, stringsOf(row.Values[2]))
	}
	return hits, entities, nil
}

// stringsOf reads a list of text.
func stringsOf(value any) []string {
	list, _ := value.([]any)
	all := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
