package sqlite

import (
	"context"
	"time"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.RawVectors = (*DB)(nil)

// PutRawVectors implements pika.RawVectors.
func (db *DB) PutRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, rows []pika.Vector) error {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	rows, err = pika.CheckVectorRows(rows, model.Dimensions)
	if err != nil {
		return err
	}
	return db.write(ctx, "keep vectors", func(tx querier) error {
		key, _, err := db.scopeKey(ctx, tx, scope, true)
		if err != nil {
			return err
		}
		now := micros(db.now())
		for _, r := range rows {
			_, err := tx.ExecContext(ctx, `INSERT INTO raw_vectors (scope, corpus, id, model, dimensions, digest, written_at, value)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, corpus, id, model, dimensions) DO UPDATE
				SET digest = excluded.digest, written_at = excluded.written_at, settled_at = NULL, value = excluded.value`,
				key, number, r.ID, model.ID, model.Dimensions, pika.VectorDigest(r.Values), now, encode(r.Values))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// The queries for vectors of one user and model: ?1 scope, ?2 corpus, ?3 and ?4 the
// model.
const (
	rawVectorsOf = "SELECT id, value FROM raw_vectors WHERE scope = ?1 AND corpus = ?2 AND model = ?3 AND dimensions = ?4 "

	// What is not acknowledged and what was so only lately are two ranges of one
	// index. The planner would rather read all vectors of the user.
	unsettledOf = `SELECT id, value FROM (
		SELECT id, value, written_at FROM raw_vectors INDEXED BY raw_vectors_settled
			WHERE scope = ?1 AND corpus = ?2 AND settled_at IS NULL AND model = ?3 AND dimensions = ?4
		UNION ALL
		SELECT id, value, written_at FROM raw_vectors INDEXED BY raw_vectors_settled
			WHERE scope = ?1 AND corpus = ?2 AND settled_at >= ?5 AND model = ?3 AND dimensions = ?4)
		ORDER BY written_at DESC, id LIMIT ?6`
)

// rawVectors reads vectors with one of the queries above.
func (db *DB) rawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, query string, args ...any) ([]pika.Vector, error) {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return nil, err
	}
	var vectors []pika.Vector
	err = db.read(ctx, "read kept vectors", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		rows, err := tx.QueryContext(ctx, query, append([]any{key, number, model.ID, model.Dimensions}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		return scanRows(rows, func(id string, blob []byte) error {
			values := make([]float32, model.Dimensions)
			vectors = append(vectors, pika.Vector{ID: id, Values: values})
			return decode(values, blob)
		})
	})
	return vectors, err
}

// RawVectors implements pika.RawVectors.
func (db *DB) RawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	vectors, err := db.rawVectors(ctx, scope, corpus, model, rawVectorsOf+"AND id IN (SELECT value FROM json_each(?5))", jsonList(ids))
	return truth.InOrder(vectors, ids, func(v *pika.Vector) string { return v.ID }), err
}

// ListRawVectors implements pika.RawVectors.
func (db *DB) ListRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, after string, limit int) ([]pika.Vector, error) {
	if err := checkLimit(limit, pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	return db.rawVectors(ctx, scope, corpus, model, rawVectorsOf+"AND id > ?5 ORDER BY id LIMIT ?6", after, limit)
}

func checkLimit(limit, most int) error {
	if limit < 1 || limit > most {
		return pika.InvalidField("limit", "is %d; it must be 1–%d", limit, most)
	}
	return nil
}

// UnsettledVectors implements pika.RawVectors. Of vectors written at the same time the
// lowest id comes first.
func (db *DB) UnsettledVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, since time.Time, limit int) ([]pika.Vector, error) {
	if err := checkLimit(limit, pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	return db.rawVectors(ctx, scope, corpus, model, unsettledOf, micros(since), limit)
}

// settle notes that the vector index matches, unless it is owed the row again.
func settle(ctx context.Context, tx querier, key int64, corpus int, id string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE raw_vectors SET settled_at = ?4 WHERE scope = ?1 AND corpus = ?2 AND id = ?3 AND settled_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM outbox WHERE scope = ?1 AND id = ?3 AND store = 'vectors' AND corpus = ?2)`,
		key, corpus, id, micros(at))
	return err
}

// DeleteRawVectors implements pika.RawVectors.
func (db *DB) DeleteRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return err
	}
	return db.write(ctx, "delete kept vectors", func(tx querier) error {
		key, found, err := db.scopeKey(ctx, tx, scope, false)
		if err != nil || !found {
			return err
		}
		for _, id := range ids {
			if err := dropRaw(ctx, tx, key, number, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropRaw removes the vectors of all models of a fact or message.
func dropRaw(ctx context.Context, tx querier, key int64, corpus int, id string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM raw_vectors WHERE scope = ? AND corpus = ? AND id = ?", key, corpus, id)
	return err
}

// DropRawVectors implements pika.RawVectors.
func (db *DB) DropRawVectors(ctx context.Context, model pika.EmbeddingModel, limit int) (int, error) {
	if err := checkLimit(limit, pika.MaxPageLimit); err != nil {
		return 0, err
	}
	var dropped int64
	err := db.write(ctx, "drop the kept vectors of a model", func(tx querier) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM raw_vectors WHERE key IN
			(SELECT key FROM raw_vectors WHERE model = ? AND dimensions = ? LIMIT ?)`, model.ID, model.Dimensions, limit)
		if err != nil {
			return err
		}
		dropped, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(dropped), nil
}
