package sqlite

import (
	"context"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Census = (*DB)(nil)

// The queries for what a projection should hold, of all users. ?5 and ?6 are the model
// of the vectors.
const (
	wantedFacts = `SELECT scopes.id, w.id, w.recorded_at, coalesce(v.digest, 0), coalesce(v.written_at, 0)
		FROM scopes CROSS JOIN facts AS w INDEXED BY facts_in_order ON w.scope = scopes.key
		LEFT JOIN raw_vectors AS v ON v.scope = w.scope AND v.corpus = 1 AND v.id = w.id AND v.model = ?5 AND v.dimensions = ?6` + inRange

	wantedMessages = `SELECT scopes.id, w.id, w.stored_at, coalesce(v.digest, 0), coalesce(v.written_at, 0)
		FROM scopes CROSS JOIN messages AS w ON w.scope = scopes.key AND w.document IS NOT NULL
		LEFT JOIN raw_vectors AS v ON v.scope = w.scope AND v.corpus = 2 AND v.id = w.id AND v.model = ?5 AND v.dimensions = ?6` + inRange

	wantedLinks = `SELECT scopes.id, w.id, w.recorded_at, w.predicate, w.entities
		FROM scopes CROSS JOIN facts AS w INDEXED BY facts_in_order ON w.scope = scopes.key AND w.entities <> ''` + inRange
)

// WantedRows implements pika.Census.
func (db *DB) WantedRows(ctx context.Context, store pika.Store, corpus pika.Corpus, model pika.EmbeddingModel, r pika.RowRange) ([]pika.Row, error) {
	const what = "list what a projection should hold"
	if err := checkWanted(store, corpus, r); err != nil {
		return nil, err
	}
	query, args, read := wantedFacts, []any{model.ID, model.Dimensions}, wantedVector
	switch {
	case store == pika.StoreGraph && corpus == pika.CorpusMessages:
		return nil, notBegun(ctx, what)
	case store == pika.StoreGraph:
		query, args, read = wantedLinks, nil, wantedLink
	case corpus == pika.CorpusMessages:
		query = wantedMessages
	}
	var rows []pika.Row
	err := db.read(ctx, what, func(tx querier) (err error) {
		rows, err = listRange(ctx, tx, r, query, args, read)
		return err
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

func wantedVector(scan rowScan) (pika.Row, error) {
	var row pika.Row
	var recorded, written int64
	err := scan(&row.ScopeID, &row.ID, &recorded, &row.Digest, &written)
	row.At = fromMicros(max(recorded, written))
	return row, err
}

func wantedLink(scan rowScan) (pika.Row, error) {
	var row pika.Row
	var recorded int64
	var fact pika.Fact
	var entities string
	err := scan(&row.ScopeID, &row.ID, &recorded, &fact.Predicate, &entities)
	if err != nil {
		return row, err
	}
	fact.ID, row.At = row.ID, fromMicros(recorded)
	fact.Entities, err = truth.DecodeJSON[[]pika.Entity](entities)
	row.Digest = pika.LinkDigest(pika.LinkOf(&fact))
	return row, err
}

// ScopesByID implements pika.Census.
func (db *DB) ScopesByID(ctx context.Context, ids []string) (map[string]pika.Scope, error) {
	if err := pika.CheckIDs("ids", len(ids), pika.MaxPageLimit); err != nil {
		return nil, err
	}
	var scopes map[string]pika.Scope
	err := db.read(ctx, "find users by their ids", func(tx querier) (err error) {
		scopes, err = scopesByID(ctx, tx, ids)
		return err
	})
	return scopes, err
}
