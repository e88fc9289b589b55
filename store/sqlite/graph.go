package sqlite

import (
	"context"
	"time"

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
	if err := pika.CheckLinks(links); err != nil {
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
			if err := link(ctx, tx, key, l, g.db.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func link(ctx context.Context, tx querier, scope int64, l pika.Link, now time.Time) error {
	if err := unlink(ctx, tx, scope, l.FactID); err != nil {
		return err
	}
	for position, entity := range l.Entities {
		_, err := tx.ExecContext(ctx, `INSERT INTO adjacency (scope, fact, entity, position, predicate, written_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (scope, entity, fact) DO NOTHING`, scope, l.FactID, entity, position, l.Predicate, micros(now))
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
	if err := pika.CheckIDs("fact_ids", len(factIDs), pika.MaxFactsPerCommit); err != nil {
		return err
	}
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
	if err := pika.CheckExpand(seeds, depth, limit); err != nil {
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
