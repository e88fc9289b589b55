package sqlite

import (
	"context"
	"errors"
	"slices"

	"github.com/pikamem/pika"
)

// walk is one expansion from seeds.
type walk struct {
	tx      querier
	scope   int64
	limit   int
	reached map[string]bool // facts
	seen    map[string]bool // entities that were in a frontier
}

// step is an entity of the frontier and the path that led to it, itself included.
type step struct {
	entity string
	path   []string
}

func (w *walk) expand(ctx context.Context, seeds []string, depth int) ([]pika.GraphHit, error) {
	hits, err := w.hop(ctx, w.enter(nil, nil, seeds...), 1)
	if err != nil || depth == 1 || len(hits) == w.limit {
		return hits, err
	}
	frontier, err := w.next(ctx, hits)
	if err != nil {
		return nil, err
	}
	further, err := w.hop(ctx, frontier, 2)
	return append(hits, further...), err
}

// enter adds entities that no frontier held before to one.
func (w *walk) enter(frontier []step, path []string, entities ...string) []step {
	for _, e := range entities {
		if !w.seen[e] {
			w.seen[e] = true
			frontier = append(frontier, step{entity: e, path: append(slices.Clone(path), e)})
		}
	}
	return frontier
}

// hop returns the facts that touch the frontier and were not reached before, in the
// order of their ids, at most as many as the walk may still return.
func (w *walk) hop(ctx context.Context, frontier []step, depth int) ([]pika.GraphHit, error) {
	lowest := lowestFacts{limit: w.limit - len(w.reached), from: map[string]int{}}
	for place, s := range frontier {
		if err := w.touching(ctx, s.entity, place, depth > 1, &lowest); err != nil {
			return nil, err
		}
	}
	hits := make([]pika.GraphHit, len(lowest.ids))
	for i, fact := range lowest.ids {
		w.reached[fact] = true
		hits[i] = pika.GraphHit{FactID: fact, Depth: depth, Path: slices.Clone(frontier[lowest.from[fact]].path)}
	}
	return hits, nil
}

const (
	// touchingFacts are the facts of an entity with the lowest ids, below a bound.
	touchingFacts = `SELECT fact FROM adjacency WHERE scope = ?1 AND entity = ?2 AND fact < ?3`
	// unlessHub leaves them out if the entity is one.
	unlessHub = ` AND (SELECT count(*) FROM (SELECT 1 FROM adjacency WHERE scope = ?1 AND entity = ?2 LIMIT ?5 + 1)) <= ?5`
	lowestIDs = ` ORDER BY fact LIMIT ?4`
)

// touching offers the facts of one entity. The bound keeps all but the first few
// entities of a wide frontier from being read whole.
func (w *walk) touching(ctx context.Context, entity string, place int, small bool, lowest *lowestFacts) error {
	query, args := touchingFacts+lowestIDs, []any{w.scope, entity, lowest.bound(), w.limit}
	if small {
		query, args = touchingFacts+unlessHub+lowestIDs, append(args, hubFacts)
	}
	return eachID(ctx, w.tx, query, args, func(fact string) {
		if !w.reached[fact] {
			lowest.offer(fact, place)
		}
	})
}

// lowestFacts keeps the facts with the lowest ids, and where each was first seen.
type lowestFacts struct {
	limit int
	ids   []string // sorted
	from  map[string]int
}

// noBound is above every fact id: no byte of UTF-8 is 0xFF.
var noBound = "\xff"

// bound returns an id below which a fact must be to be kept.
func (l *lowestFacts) bound() string {
	if len(l.ids) < l.limit {
		return noBound
	}
	return l.ids[len(l.ids)-1]
}

func (l *lowestFacts) offer(fact string, place int) {
	at, known := slices.BinarySearch(l.ids, fact)
	if known || at >= l.limit {
		return
	}
	if len(l.ids) == l.limit {
		delete(l.from, l.ids[l.limit-1])
		l.ids = l.ids[:l.limit-1]
	}
	l.ids = slices.Insert(l.ids, at, fact)
	l.from[fact] = place
}

// next returns the entities of the facts just reached, in the order of the facts
// and, within a fact, of its entities.
func (w *walk) next(ctx context.Context, hits []pika.GraphHit) ([]step, error) {
	var frontier []step
	for _, h := range hits {
		err := eachID(ctx, w.tx, "SELECT entity FROM "+byFact+" ORDER BY position",
			[]any{w.scope, h.FactID}, func(entity string) {
				frontier = w.enter(frontier, h.Path, entity)
			})
		if err != nil {
			return nil, err
		}
	}
	return frontier, nil
}

// eachID calls f with every row of a query for ids.
func eachID(ctx context.Context, tx querier, query string, args []any, f func(id string)) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return errors.Join(err, rows.Close())
		}
		f(id)
	}
	return errors.Join(rows.Err(), rows.Close())
}
