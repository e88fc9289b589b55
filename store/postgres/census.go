package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Census = (*DB)(nil)

// The queries for the rows that a projection should hold. The rows of a range are found
// first and then each one's vector: left to itself the planner may join the tables
// whole before it takes a page.
const (
	wantedFacts    = "SELECT w.scope, w.id, w.recorded_at AS at FROM facts w WHERE true" + inRange
	wantedMessages = "SELECT w.scope, w.id, w.stored_at AS at FROM messages w WHERE w.document IS NOT NULL" + inRange
	wantedLinks    = "SELECT w.scope::text, w.id, w.recorded_at, w.predicate, w.entities FROM facts w WHERE w.entities <> ''" + inRange

	withVectors = `SELECT p.scope::text, p.id, p.at, coalesce(v.digest, 0), coalesce(v.written_at, 0) FROM (%s) AS p
		LEFT JOIN LATERAL (SELECT digest, written_at FROM raw_vectors
			WHERE scope = p.scope AND corpus = $5 AND id = p.id AND model = $6 AND dimensions = $7 LIMIT 1) AS v ON true
		ORDER BY p.scope, p.id`
)

var (
	wantedFactVectors    = fmt.Sprintf(withVectors, wantedFacts)
	wantedMessageVectors = fmt.Sprintf(withVectors, wantedMessages)
)

// WantedRows implements pika.Census.
func (db *DB) WantedRows(ctx context.Context, store pika.Store, corpus pika.Corpus, model pika.EmbeddingModel, r pika.RowRange) ([]pika.Row, error) {
	if err := checkWanted(store, corpus, r); err != nil {
		return nil, err
	}
	args, ok := rangeOf(r)
	if !ok || (store == pika.StoreGraph && corpus == pika.CorpusMessages) {
		return nil, notBegun(ctx, "list what a projection should hold")
	}
	sql, read := wantedLinks, wantedLink
	if store == pika.StoreVectors {
		key, _ := truth.CorpusKey(corpus) // it was checked
		sql, read, args = wantedFactVectors, wantedVector, append(args, key, model.ID, model.Dimensions)
		if corpus == pika.CorpusMessages {
			sql = wantedMessageVectors
		}
	}
	var rows []pika.Row
	err := db.do(ctx, operation{what: "list what a projection should hold", access: everyone, list: true}, func(ctx context.Context, t *tx) error {
		rows = nil
		return t.finish(ctx, collect(&rows, read, sql, slices.Clone(args)...))
	})
	return rows, err
}

func checkWanted(store pika.Store, corpus pika.Corpus, r pika.RowRange) error {
	if store != pika.StoreVectors && store != pika.StoreGraph {
		return pika.InvalidField("store", "must be vectors or graph")
	}
	if err := pika.CheckCorpus(corpus); err != nil {
		return err
	}
	return pika.CheckRange(r)
}

// inRange ends the queries for rows of a range; rangeOf returns its arguments.
const inRange = " AND (w.scope, w.id) >= ($1::uuid, $2) AND w.scope < $4 ORDER BY w.scope, w.id LIMIT $3"

// aboveScopes is above every scope's id, each a UUID of version 5.
const aboveScopes = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// rangeOf returns the arguments of inRange; ok is false if the range holds no row. It
// begins at the lowest key that may be in it: what comes after an id is not below the
// id with U+0000 behind it.
func rangeOf(r pika.RowRange) (args []any, ok bool) {
	from, ok := ceilUUID(r.FromScope)
	after, someAfter := ceilUUID(r.After.ScopeID)
	if !ok || !someAfter {
		return nil, false
	}
	id := ""
	if after >= from {
		if from = after; after == r.After.ScopeID {
			id = r.After.ID + "\x00"
		}
	}
	to, some := ceilUUID(r.ToScope)
	if r.ToScope == "" || !some {
		to = aboveScopes
	}
	return []any{from, id, r.Limit, to}, true
}

func wantedVector(s scan) (pika.Row, error) {
	var row pika.Row
	var recorded, written int64
	err := s(&row.ScopeID, &row.ID, &recorded, &row.Digest, &written)
	row.At = truth.FromMicros(max(recorded, written))
	return row, err
}

func wantedLink(s scan) (pika.Row, error) {
	var row pika.Row
	var recorded int64
	var fact pika.Fact
	var entities string
	err := s(&row.ScopeID, &row.ID, &recorded, &fact.Predicate, &entities)
	if err != nil {
		return row, err
	}
	fact.ID, row.At = row.ID, truth.FromMicros(recorded)
	fact.Entities, err = truth.DecodeJSON[[]pika.Entity](entities)
	row.Digest = pika.LinkDigest(pika.LinkOf(&fact))
	return row, err
}

// ScopesByID implements pika.Census.
func (db *DB) ScopesByID(ctx context.Context, ids []string) (map[string]pika.Scope, error) {
	if err := pika.CheckIDs("ids", len(ids), pika.MaxPageLimit); err != nil {
		return nil, err
	}
	known := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !pika.IsID(id) })
	scopes := map[string]pika.Scope{}
	err := db.do(ctx, operation{what: "find users by their ids", access: everyone}, func(ctx context.Context, t *tx) error {
		clear(scopes)
		return t.finish(ctx, query(func(s scan) error {
			var id string
			var scope pika.Scope
			err := s(&id, &scope.Tenant, &scope.User)
			scopes[id] = scope
			return err
		}, "SELECT id::text, tenant, user_id FROM scopes WHERE id = ANY($1)", known))
	})
	if err != nil {
		return nil, err
	}
	return scopes, nil
}
