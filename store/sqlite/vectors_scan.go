package sqlite

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/similarity"
)

// parallelRows is from how many rows on a scan uses all processors: below, starting
// and joining goroutines costs a good part of what they save.
const parallelRows = 50_000

// nearest returns the rows most similar to query, best first.
func (r *rowSet) nearest(ctx context.Context, query []float32, limit int) ([]pika.Scored, error) {
	workers := 1
	if r.len() >= parallelRows {
		workers = min(runtime.GOMAXPROCS(0), len(r.blocks))
	}
	tops := make([]top, workers)
	var next atomic.Int64
	var others sync.WaitGroup
	for w := range tops {
		tops[w].limit = limit
		if w > 0 {
			others.Go(func() { r.scan(ctx, query, &next, &tops[w]) })
		}
	}
	r.scan(ctx, query, &next, &tops[0])
	others.Wait()
	if err := notBegun(ctx, "search vectors"); err != nil {
		return nil, err
	}
	for _, t := range tops[1:] {
		for _, hit := range t.hits {
			tops[0].offer(hit.ID, hit.Score)
		}
	}
	return tops[0].sorted(), nil
}

// scan takes one block after another until none is left or ctx ends.
func (r *rowSet) scan(ctx context.Context, query []float32, next *atomic.Int64, best *top) {
	for ctx.Err() == nil {
		b := int(next.Add(1)) - 1
		if b >= len(r.blocks) {
			return
		}
		r.scanBlock(b, query, best)
	}
}

func (r *rowSet) scanBlock(b int, query []float32, best *top) {
	values, first := r.blocks[b], b*blockRows
	for i := 0; len(values) >= len(query); i++ {
		if score := similarity.Cosine(values[:len(query):len(query)], query); best.enters(score) {
			best.offer(r.ids.at(first+i), float64(score))
		}
		values = values[len(query):]
	}
}

// stream scans rows straight from the file, keeping only the best hits in memory.
// It also returns what the rows would occupy in an arena.
func (v *Vectors) stream(ctx context.Context, k arenaKey, query []float32, limit int) ([]pika.Scored, int64, error) {
	best := top{limit: limit}
	values := make([]float32, v.model.Dimensions)
	size := int64(arenaOverhead)
	err := v.eachRow(ctx, k, "search vectors", func(id string, blob []byte) error {
		if err := decode(values, blob); err != nil {
			return err
		}
		size += int64(len(blob) + rowOverhead)
		if score := similarity.Cosine(values, query); best.enters(score) {
			best.offer(id, float64(score))
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return best.sorted(), size, nil
}
