package milvus

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

// The server orders equal scores as it likes. A search therefore asks for a few hits
// more than it needs, and for widerBy times as many as long as the last one has the
// score of the last one needed: then all ties at the border are there to choose from.
const (
	spareHits = 8
	widerBy   = 4
)

// SearchVectors implements pika.Vectors, at bounded staleness. Scores are the server's
// approximations of the cosine under indexes that quantise, and cut to −1–1. A GPU
// index returns at most 1,024 hits, gpu_brute_force 4,096. Of more equal hits than
// one search can return, which ones are found is the server's choice.
func (x *Index) SearchVectors(ctx context.Context, scope pika.Scope, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	const what = "search vectors"
	query, err := pika.CheckVectorSearch(corpus, query, x.model.Dimensions, limit)
	if err != nil {
		return nil, err
	}
	if x.invalid != nil {
		return nil, x.invalid
	}
	var hits []pika.Scored
	err = x.store.call(ctx, what, x.store.config.SearchTimeout, func(ctx context.Context, c *client.GrpcClient) error {
		hits, err = x.nearest(ctx, c, scope.ID(), corpus, query, limit)
		return err
	})
	return hits, err
}

// nearest widens a search until the hits within limit are certain.
func (x *Index) nearest(ctx context.Context, c *client.GrpcClient, scopeID string, corpus pika.Corpus, query []float32, limit int) ([]pika.Scored, error) {
	most := x.store.config.Index.maxHits()
	limit = min(limit, most)
	for k := min(limit+spareHits, most); ; k = min(k*widerBy, most) {
		hits, found, err := x.ask(ctx, c, scopeID, corpus, query, k)
		if err != nil {
			return nil, err
		}
		if found < k || k == most || hits[len(hits)-1].Score < hits[min(limit, len(hits))-1].Score {
			return hits[:min(limit, len(hits))], nil
		}
	}
}

// ask returns the hits of one request, in order and each id once, and how many the
// server found.
func (x *Index) ask(ctx context.Context, c *client.GrpcClient, scopeID string, corpus pika.Corpus, query []float32, k int) ([]pika.Scored, int, error) {
	index := x.store.config.Index
	results, err := c.Search(ctx, x.collection(corpus), nil, scopeField+" == "+quote(scopeID), nil,
		[]entity.Vector{entity.FloatVector(query)}, vectorField, index.metric(), k, index.search(k),
		client.WithSearchQueryConsistencyLevel(entity.ClBounded))
	if err != nil {
		return nil, 0, err
	}
	// Of an empty result Err complains; the count tells.
	if len(results) == 0 || results[0].ResultCount == 0 {
		return nil, 0, nil
	}
	hits, err := readHits(results[0], scopeID)
	return hits, results[0].ResultCount, err
}

// readHits reads the hits of a result. One of another scope would break the wall
// between users: nothing is returned then.
func readHits(r client.SearchResult, scopeID string) ([]pika.Scored, error) {
	keys, ok := r.IDs.(*entity.ColumnVarChar)
	if !ok || keys.Len() != r.ResultCount || len(r.Scores) != r.ResultCount {
		return nil, fmt.Errorf("the result announces %d hits and holds %d scores", r.ResultCount, len(r.Scores))
	}
	hits := make([]pika.Scored, 0, r.ResultCount)
	seen := make(map[string]bool, r.ResultCount)
	for i, key := range keys.Data() {
		row, ok := parseKey(key)
		if !ok || row.ScopeID != scopeID {
			return nil, fmt.Errorf("hit %d is of another scope than was asked for", i)
		}
		if seen[row.ID] { // an old and a new version, for a moment
			continue
		}
		seen[row.ID] = true
		hits = append(hits, pika.Scored{ID: row.ID, Score: min(max(float64(r.Scores[i]), -1), 1)})
	}
	slices.SortFunc(hits, func(a, b pika.Scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return hits, nil
}
