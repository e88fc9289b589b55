package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/pikamem/pika"
)

var _ pika.Graph = (*Graph)(nil)

// hubFacts is how many facts may touch an entity before walks no longer lead through
// it: what so many facts share says little about any two of them.
const hubFacts = 200

// Graph is the entity graph as a table of which fact touches which entity. A walk goes
// hop by hop, each over the whole frontier of the one before, on one snapshot.
type Graph struct{ db *DB }

// Graph returns the entity graph of the file.
func (db *DB) Graph() *Graph { return &Graph{db: db} }

// LinkFacts implements pika.Graph. Of two links of one fact the last one counts, of
// two equal entities of a link the first.
func (g *Graph) LinkFacts(ctx context.Context, scope pika.Scope, links []pika.Link) error {
	if err := checkLinks(links); err != nil {
		return err
	}
	if len(links) == 0 {
		return notBegun(ctx, "link facts")
	}
	return g.db.write(ctx, "link facts", func(tx querier) error {
		key, _, err := g.db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := link(ctx, tx, key, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkLinks(links []pika.Link) error {
	if len(links) > pika.MaxFactsPerCommit {
		return pika.InvalidField("links", "has %d members; at most %d are allowed", len(links), pika.MaxFactsPerCommit)
	}
	for i, l := range links {
		switch {
		case l.FactID == "":
			return pika.InvalidField(fmt.Sprintf("links[%d].fact_id", i), "is empty")
		case len(l.Entities) == 0:
			return pika.InvalidField(fmt.Sprintf("links[%d].entities", i), "is empty")
		case slices.Contains(l.Entities, ""):
			return pika.InvalidField(fmt.Sprintf("links[%d].entities", i), "holds an empty id")
		}
	}
	return nil
}

func link(ctx context.Context, tx querier, scope int64, l pika.Link) error {
	if err := unlink(ctx, tx, scope, l.FactID); err != nil {
		return err
	}
	for position, entity := range l.Entities {
		_, err := tx.ExecContext(ctx, `INSERT INTO adjacency (scope, fact, entity, position, predicate) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (scope, entity, fact) DO NOTHING`, scope, l.FactID, entity, position, l.Predicate)
		if err != nil {
			return err
		}
	}
	return nil
}

// byFact pins the index: without statistics SQLite takes the primary key for it, and
// reads the whole scope.
const byFact = "adjacency INDEXED BY adjacency_fact WHERE scope = ? AND fact = ?"

func unlink(ctx context.Context, tx querier, scope int64, fact string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM "+byFact, scope, fact)
	return err
}

// UnlinkFacts implements pika.Graph. Entities are no rows of their own: with the last
// fact that touches one, it is gone.
func (g *Graph) UnlinkFacts(ctx context.Context, scope pika.Scope, factIDs []string) error {
	if len(factIDs) == 0 {
		return notBegun(ctx, "unlink facts")
	}
	return g.db.write(ctx, "unlink facts", func(tx querier) error {
		key, found, err := g.db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		for _, id := range factIDs {
			if err := unlink(ctx, tx, key, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Expand implements pika.Graph. Of several shortest paths to a fact of depth 1 it
// returns the one from the seed named first; to a fact of depth 2 the one through the
// fact with the lowest id, and of that fact's entities the first.
func (g *Graph) Expand(ctx context.Context, scope pika.Scope, seeds []string, depth, limit int) ([]pika.GraphHit, error) {
	if err := checkExpand(seeds, depth, limit); err != nil {
		return nil, err
	}
	var hits []pika.GraphHit
	err := g.db.read(ctx, "walk the graph", func(tx querier) error {
		key, found, err := g.db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		w := walk{tx: tx, scope: key, limit: limit, reached: map[string]bool{}, seen: map[string]bool{}}
		hits, err = w.expand(ctx, seeds, depth)
		return err
	})
	return hits, err
}

func checkExpand(seeds []string, depth, limit int) error {
	switch {
	case len(seeds) < 1 || len(seeds) > pika.MaxGraphSeeds:
		return pika.InvalidField("seeds", "has %d members; it must have 1–%d", len(seeds), pika.MaxGraphSeeds)
	case depth < 1 || depth > 2:
		return pika.InvalidField("depth", "is %d; it must be 1 or 2", depth)
	case limit < 1 || limit > pika.MaxGraphHits:
		return pika.InvalidField("limit", "is %d; it must be 1–%d", limit, pika.MaxGraphHits)
	}
	return nil
}
