package milvus

import (
	"context"
	"fmt"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

var (
	_ pika.Vectors = (*Index)(nil)
	_ pika.Rows    = (*Index)(nil)
)

// maxRequestBytes bounds one upsert request; servers take 64 MiB.
const maxRequestBytes = 32 << 20

// Index is the vector index of one embedding model. It may be used by many goroutines.
type Index struct {
	store   *Store
	model   pika.EmbeddingModel
	invalid error // the model cannot have an index
}

// Model returns the model whose vectors the index holds.
func (x *Index) Model() pika.EmbeddingModel { return x.model }

// collection returns the name of a corpus' collection.
func (x *Index) collection(corpus pika.Corpus) string {
	return x.store.config.collectionName(corpus, x.model)
}

// check refuses a corpus or a model that there is no collection for.
func (x *Index) check(corpus pika.Corpus) error {
	if err := pika.CheckCorpus(corpus); err != nil {
		return err
	}
	return x.invalid
}

// Upsert implements pika.Vectors. Rows that are not of unit length are scaled to it.
// An id over pika.MaxIDBytes or not of valid UTF-8 is Invalid. Rows of more than
// maxRequestBytes go in several requests, of which the first may be stored when a
// later one fails.
func (x *Index) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	const what = "upsert vectors"
	if err := x.check(corpus); err != nil {
		return err
	}
	rows, err := pika.CheckVectorRows(rows, x.model.Dimensions)
	if err != nil {
		return err
	}
	batch, err := x.newBatch(scope.ID(), rows)
	if err != nil || len(rows) == 0 {
		return firstError(err, notBegun(ctx, what))
	}
	for _, part := range batch.split(maxRequestBytes) {
		if err := x.store.call(ctx, what, x.store.config.WriteTimeout, func(ctx context.Context, c *client.GrpcClient) error {
			return upsert(ctx, c, x.collection(corpus), part)
		}); err != nil {
			return err
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// batch is rows by column.
type batch struct {
	dimensions int
	keys       []string
	scopes     []string
	digests    []int64
	written    []int64
	vectors    [][]float32
}

func (x *Index) newBatch(scopeID string, rows []pika.Vector) (batch, error) {
	b := batch{dimensions: x.model.Dimensions}
	now := x.store.config.Now().UnixMilli()
	for i, r := range rows {
		key, err := primaryKey(scopeID, fmt.Sprintf("rows[%d].id", i), r.ID)
		if err != nil {
			return batch{}, err
		}
		b.keys = append(b.keys, key)
		b.scopes = append(b.scopes, scopeID)
		b.digests = append(b.digests, pika.VectorDigest(r.Values))
		b.written = append(b.written, now)
		b.vectors = append(b.vectors, r.Values)
	}
	return b, nil
}

// split cuts a batch into parts of at most so many bytes, each of at least one row.
func (b batch) split(most int) []batch {
	rows := max(most/(4*b.dimensions+2*maxKeyBytes), 1)
	var parts []batch
	for from := 0; from < len(b.keys); from += rows {
		to := min(from+rows, len(b.keys))
		parts = append(parts, batch{
			b.dimensions, b.keys[from:to], b.scopes[from:to], b.digests[from:to], b.written[from:to], b.vectors[from:to],
		})
	}
	return parts
}

// upsert writes a batch and checks that the server took all of it.
func upsert(ctx context.Context, c *client.GrpcClient, collection string, b batch) error {
	stored, err := c.Upsert(ctx, collection, "",
		entity.NewColumnVarChar(keyField, b.keys),
		entity.NewColumnVarChar(scopeField, b.scopes),
		entity.NewColumnInt64(digestField, b.digests),
		entity.NewColumnInt64(writtenField, b.written),
		entity.NewColumnFloatVector(vectorField, b.dimensions, b.vectors))
	if err != nil {
		return err
	}
	if stored.Len() != len(b.keys) {
		return pika.Wrap(pika.Unavailable, fmt.Errorf("upsert: the server took %d of %d rows", stored.Len(), len(b.keys)),
			"Milvus stored only some of the vectors: try again")
	}
	return nil
}

// DeleteVectors implements pika.Vectors. An id over pika.MaxIDBytes or not of valid
// UTF-8 is Invalid.
func (x *Index) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	const what = "delete vectors"
	if err := firstError(x.check(corpus), pika.CheckIDs("ids", len(ids), pika.MaxVectorBatch)); err != nil {
		return err
	}
	keys, err := primaryKeys(scope.ID(), ids)
	if err != nil || len(keys) == 0 {
		return firstError(err, notBegun(ctx, what))
	}
	return x.deleteKeys(ctx, corpus, what, keys)
}

// deleteKeys removes rows by an expression of our own: the SDK's DeleteByPks does not
// quote.
func (x *Index) deleteKeys(ctx context.Context, corpus pika.Corpus, what string, keys []string) error {
	return x.store.call(ctx, what, x.store.config.WriteTimeout, func(ctx context.Context, c *client.GrpcClient) error {
		return c.Delete(ctx, x.collection(corpus), "", keyField+" in "+quoteAll(keys))
	})
}
