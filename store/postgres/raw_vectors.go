package postgres

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.RawVectors = (*DB)(nil)

// PutRawVectors implements pika.RawVectors.
func (db *DB) PutRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, rows []pika.Vector) error {
	key, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	if scope.Tenant == "" {
		return pika.InvalidField("tenant", "is empty")
	}
	rows, err = pika.CheckVectorRows(rows, model.Dimensions)
	if err != nil {
		return err
	}
	// In one order, so that two calls never wait for each other's rows in turn.
	slices.SortFunc(rows, func(a, b pika.Vector) int { return cmp.Compare(a.ID, b.ID) })
	op := operation{what: "keep vectors", access: tenantOf(scope), write: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, makeKnown(scope), exec(`INSERT INTO raw_vectors (scope, tenant, corpus, model, dimensions, written_at, id, value, digest)
			SELECT $1, $2, $3, $4, $5, $6, * FROM unnest($7::text[], $8::bytea[], $9::bigint[])
			ON CONFLICT (scope, corpus, id, model, dimensions) DO UPDATE
			SET value = excluded.value, digest = excluded.digest, written_at = excluded.written_at, settled_at = NULL`,
			scope.ID(), scope.Tenant, key, model.ID, model.Dimensions, truth.Micros(db.config.Now()),
			column(rows, func(v *pika.Vector) string { return v.ID }),
			column(rows, func(v *pika.Vector) []byte { return encodeValues(v.Values) }),
			column(rows, func(v *pika.Vector) int64 { return pika.VectorDigest(v.Values) })))
	})
}

// encodeValues returns values as the table holds them: float32, little-endian.
func encodeValues(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func decodeValues(b []byte) []float32 {
	values := make([]float32, len(b)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values
}

func vectorOf(s scan) (pika.Vector, error) {
	var v pika.Vector
	var value []byte
	err := s(&v.ID, &value)
	v.Values = decodeValues(value)
	return v, err
}

// The queries for one user's vectors of one model, which are $1–$4.
const (
	vectorsOf = "SELECT id, value FROM raw_vectors WHERE scope = $1 AND corpus = $2 AND model = $3 AND dimensions = $4 "

	// What is not acknowledged and what was so only lately are ranges of two indexes;
	// nothing of the many vectors that have settled long ago is read.
	unsettledOf = `SELECT id, value FROM (
		SELECT id, value, written_at FROM raw_vectors
			WHERE scope = $1 AND corpus = $2 AND settled_at IS NULL AND model = $3 AND dimensions = $4
		UNION ALL
		SELECT id, value, written_at FROM raw_vectors
			WHERE scope = $1 AND corpus = $2 AND settled_at >= $5 AND model = $3 AND dimensions = $4) AS u
		ORDER BY written_at DESC, id LIMIT $6`
)

// readVectors runs one of the queries above.
func (db *DB) readVectors(ctx context.Context, op operation, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, sql string, args ...any) ([]pika.Vector, error) {
	key, err := truth.CorpusKey(corpus)
	if err != nil {
		return nil, err
	}
	op.access = tenantOf(scope)
	var vectors []pika.Vector
	err = db.do(ctx, op, func(ctx context.Context, t *tx) error {
		vectors = nil
		all := append([]any{scope.ID(), key, model.ID, model.Dimensions}, args...)
		return t.finish(ctx, collect(&vectors, vectorOf, sql, all...))
	})
	return vectors, err
}

// RawVectors implements pika.RawVectors.
func (db *DB) RawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, ids []string) ([]pika.Vector, error) {
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	vectors, err := db.readVectors(ctx, operation{what: "read vectors"}, scope, corpus, model, vectorsOf+"AND id = ANY($5)", ids)
	if err != nil {
		return nil, err
	}
	return truth.InOrder(vectors, ids, func(v *pika.Vector) string { return v.ID }), nil
}

// ListRawVectors implements pika.RawVectors.
func (db *DB) ListRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, model pika.EmbeddingModel, after string, limit int) ([]pika.Vector, error) {
	if err := checkLimit(limit, pika.MaxVectorBatch); err != nil {
		return nil, err
	}
	return db.readVectors(ctx, operation{what: "list vectors", list: true}, scope, corpus, model, vectorsOf+"AND id > $5 ORDER BY id LIMIT $6", after, limit)
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
	return db.readVectors(ctx, operation{what: "read unsettled vectors", search: true}, scope, corpus, model,
		unsettledOf, truth.Micros(since), limit)
}

// settle makes the statement that notes that the vector index has what the items are
// about, unless it is owed them again. That a vector is unsettled is asked in words that
// the index of unsettled vectors does not know: it would be read whole for each item.
func settle(items []pika.OutboxItem, corpora []int, now time.Time) statement {
	var scopes, ids []string
	var keys []int
	for i := range items {
		if items[i].Store == pika.StoreVectors {
			scopes, keys, ids = append(scopes, items[i].Scope.ID()), append(keys, corpora[i]), append(ids, items[i].ID)
		}
	}
	return exec(`UPDATE raw_vectors r SET settled_at = $4
		FROM (SELECT v.scope, v.corpus, v.id, v.model, v.dimensions
			FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::int[], $3::text[])) AS i (scope, corpus, id)
			JOIN raw_vectors v ON v.scope = i.scope AND v.corpus = i.corpus AND v.id = i.id AND coalesce(v.settled_at, 0) = 0
			WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.scope = v.scope AND o.id = v.id AND o.store = 'vectors' AND o.corpus = v.corpus)
			ORDER BY v.scope, v.corpus, v.id FOR UPDATE OF v) s
		WHERE r.scope = s.scope AND r.corpus = s.corpus AND r.id = s.id AND r.model = s.model AND r.dimensions = s.dimensions`,
		scopes, keys, ids, truth.Micros(now))
}

// DeleteRawVectors implements pika.RawVectors.
func (db *DB) DeleteRawVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	key, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return err
	}
	op := operation{what: "delete vectors", access: tenantOf(scope), write: true}
	return db.do(ctx, op, func(ctx context.Context, t *tx) error {
		return t.finish(ctx, dropRaw(scope, key, ids))
	})
}

// dropRaw makes the statement that removes the vectors of all models of facts or messages.
func dropRaw(scope pika.Scope, corpus int, ids []string) statement {
	return exec("DELETE FROM raw_vectors WHERE scope = $1 AND corpus = $2 AND id = ANY($3)", scope.ID(), corpus, ids)
}

// DropRawVectors implements pika.RawVectors.
func (db *DB) DropRawVectors(ctx context.Context, model pika.EmbeddingModel, limit int) (int, error) {
	if err := checkLimit(limit, pika.MaxPageLimit); err != nil {
		return 0, err
	}
	var dropped int
	op := operation{what: "drop the vectors of a model", access: everyone, write: true}
	err := db.do(ctx, op, func(ctx context.Context, t *tx) error {
		drop := exec("DELETE FROM raw_vectors WHERE ctid = ANY(ARRAY(SELECT ctid FROM raw_vectors WHERE model = $1 AND dimensions = $2 LIMIT $3))",
			model.ID, model.Dimensions, limit)
		drop.done = func(tag pgconn.CommandTag) { dropped = int(tag.RowsAffected()) }
		return t.finish(ctx, drop)
	})
	return dropped, err
}
