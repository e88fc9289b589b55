package main

import (
	"context"
	"slices"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/store/sqlite"
)

// pageOfVectors is how many vectors are read at once for an exact search.
const pageOfVectors = pika.MaxVectorBatch

// nextIndex is the embedded index of another model while it is made: the raw vectors
// that the file keeps beside the index in use. Once they are adopted it is the index of
// the file itself.
type nextIndex struct {
	file  *sqlite.DB
	model pika.EmbeddingModel
	made  *sqlite.Vectors // nil: not adopted yet
}

var _ vectorIndex = (*nextIndex)(nil)

// adopt makes the raw vectors the file's index and its model the active one.
func (x *nextIndex) adopt(ctx context.Context, from, to pika.ActiveModel) error {
	if err := x.file.AdoptRawVectors(ctx, from, to); err != nil {
		return err
	}
	made, err := x.file.Vectors(ctx, x.model, sqlite.VectorOptions{})
	x.made = made
	return err
}

// Upsert implements pika.Vectors. Before the adoption the vectors are in the file
// already: whoever writes them puts them there first.
func (x *nextIndex) Upsert(ctx context.Context, scope pika.Scope, corpus pika.Corpus, rows []pika.Vector) error {
	if x.made == nil {
		return nil
	}
	return x.made.Upsert(ctx, scope, corpus, rows)
}

// DeleteVectors implements pika.Vectors.
func (x *nextIndex) DeleteVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, ids []string) error {
	if x.made == nil {
		return x.file.DeleteRawVectors(ctx, scope, corpus, ids)
	}
	return x.made.DeleteVectors(ctx, scope, corpus, ids)
}

// SearchVectors implements pika.Vectors, exactly.
func (x *nextIndex) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	if x.made != nil {
		return x.made.SearchVectors(ctx, scope, corpus, query, limit)
	}
	query, err := pika.CheckVectorSearch(corpus, query, x.model.Dimensions, limit)
	if err != nil {
		return nil, err
	}
	var hits []pika.Scored
	for after := ""; ; {
		page, err := x.file.ListRawVectors(ctx, scope, corpus, x.model, after, pageOfVectors)
		if err != nil {
			return nil, err
		}
		for _, v := range page {
			hits = append(hits, pika.Scored{ID: v.ID, Score: dot(query, v.Values)})
		}
		if len(page) < pageOfVectors {
			break
		}
		after = page[len(page)-1].ID
	}
	slices.SortStableFunc(hits, byScore) // pages come in the order of ids
	return hits[:min(limit, len(hits))], nil
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

func byScore(a, b pika.Scored) int {
	switch {
	case a.Score > b.Score:
		return -1
	case a.Score < b.Score:
		return 1
	}
	return 0
}

// ListRows implements pika.Rows: what the truth wants and has a vector for is there.
func (x *nextIndex) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if x.made != nil {
		return x.made.ListRows(ctx, corpus, r)
	}
	var there []pika.Row
	for {
		page, err := x.file.WantedRows(ctx, pika.StoreVectors, corpus, x.model, r)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			if row.Digest != 0 {
				there = append(there, row)
			}
		}
		if len(page) < r.Limit || len(there) >= r.Limit {
			return there[:min(r.Limit, len(there))], nil
		}
		r.After = page[len(page)-1].RowKey
	}
}

// DeleteRows implements pika.Rows. Before the adoption there is no row that the truth
// does not want.
func (x *nextIndex) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	if x.made == nil {
		return nil
	}
	return x.made.DeleteRows(ctx, corpus, keys)
}

// Ping implements pinger.
func (x *nextIndex) Ping(ctx context.Context) error { return x.file.Ping(ctx) }
