package sqlite

import (
	"cmp"
	"context"
	"errors"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/truth"
)

var _ pika.Vectors = (*Vectors)(nil)

// DefaultVectorMemory is the memory of all arenas together, in bytes, when
// VectorOptions name none.
const DefaultVectorMemory = 256 << 20

// VectorOptions are the settings of Vectors; the zero value is usable.
type VectorOptions struct {
	// MemoryBytes bounds the arenas, the copies of vectors that searches scan.
	// Defaults to DefaultVectorMemory. A user whose vectors do not fit is still
	// searched, more slowly, from the file.
	MemoryBytes int64
}

// Vectors is an exact vector index. The rows are BLOBs in the database file; a
// search scans the arena of one user and corpus, which is read from the file when it
// is first needed and given up again when others need the memory more.
type Vectors struct {
	db     *DB
	model  pika.EmbeddingModel
	arenas *arenas
}

// Vectors returns the vector index of the file for the vectors of one model. Use
// one per DB: two would not see each other's writes in their arenas.
//
// The file remembers the first model it was used with. Any other is a Conflict until
// `pika reindex` has made the vectors anew. A model without a name or without
// dimensions is Invalid.
func (db *DB) Vectors(ctx context.Context, model pika.EmbeddingModel, o VectorOptions) (*Vectors, error) {
	if err := db.claimModel(ctx, model); err != nil {
		return nil, err
	}
	budget := cmp.Or(max(o.MemoryBytes, 0), DefaultVectorMemory)
	return &Vectors{db: db, model: model, arenas: newArenas(budget)}, nil
}

// Model returns the model whose vectors the index holds.
func (v *Vectors) Model() pika.EmbeddingModel { return v.model }

// AnswersLocally is always true.
func (v *Vectors) AnswersLocally(context.Context, pika.Scope, pika.Corpus) bool { return true }

// SearchLocally is SearchVectors, which compares all of a user's vectors in memory.
func (v *Vectors) SearchLocally(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) (hits []pika.Scored, ok bool, err error) {
	hits, err = v.SearchVectors(ctx, scope, corpus, query, limit)
	return hits, true, err
}

// MemoryBytes returns what the arenas occupy now.
func (v *Vectors) MemoryBytes() int64 { return v.arenas.occupied() }

// Close waits for arenas that are being read from the file. The database stays open.
func (v *Vectors) Close() error {
	v.arenas.loads.Wait()
	return nil
}

// Upsert implements pika.Vectors. Rows that are not of unit length are scaled to it.
func (v *Vectors) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	rows, err = pika.CheckVectorRows(rows, v.model.Dimensions)
	if err != nil || len(rows) == 0 {
		return errors.Join(err, notBegun(ctx, "upsert vectors"))
	}
	write := func(tx querier) error { return v.insert(ctx, tx, scope, number, rows) }
	return v.change(ctx, arenaKey{scope, corpus}, edit{set: rows}, "upsert vectors", write)
}

// DeleteVectors implements pika.Vectors. At most pika.MaxVectorBatch ids; more: Invalid.
func (v *Vectors) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	number, err := truth.CorpusKey(corpus)
	if err != nil {
		return err
	}
	if err := pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch); err != nil {
		return err
	}
	if len(ids) == 0 {
		return notBegun(ctx, "delete vectors")
	}
	write := func(tx querier) error { return v.remove(ctx, tx, scope, number, ids) }
	return v.change(ctx, arenaKey{scope, corpus}, edit{drop: ids}, "delete vectors", write)
}

// SearchVectors implements pika.Vectors. It sees every write that was acknowledged
// before it began.
func (v *Vectors) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	query, err := pika.CheckVectorSearch(corpus, query, v.model.Dimensions, limit)
	if err != nil {
		return nil, err
	}
	if err := notBegun(ctx, "search vectors"); err != nil {
		return nil, err
	}
	return v.search(ctx, arenaKey{scope, corpus}, query, limit)
}
