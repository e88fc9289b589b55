package sqlite

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"github.com/pikamem/pika"
)

// top keeps the best hits of a scan: a heap whose root is the worst of them.
type top struct {
	limit int
	hits  hitHeap
}

// enters reports whether a row with this score may be among the best. Only then is
// it worth making its id.
func (t *top) enters(score float32) bool {
	return len(t.hits) < t.limit || float64(score) >= t.hits[0].Score
}

// offer adds a hit if it is among the best so far.
func (t *top) offer(id string, score float64) {
	hit := pika.Scored{ID: id, Score: score}
	switch {
	case len(t.hits) < t.limit:
		heap.Push(&t.hits, hit)
	case compareHits(hit, t.hits[0]) < 0:
		t.hits[0] = hit
		heap.Fix(&t.hits, 0)
	}
}

// sorted returns the hits, best first, and uses the heap up.
func (t *top) sorted() []pika.Scored {
	hits := []pika.Scored(t.hits)
	slices.SortFunc(hits, compareHits)
	return hits
}

// compareHits orders hits as package pika demands: by score, highest first, then by id.
func compareHits(a, b pika.Scored) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
}

// hitHeap implements heap.Interface with the worst hit at the root.
type hitHeap []pika.Scored

func (h hitHeap) Len() int           { return len(h) }
func (h hitHeap) Less(i, j int) bool { return compareHits(h[i], h[j]) > 0 }
func (h hitHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *hitHeap) Push(hit any) { *h = append(*h, hit.(pika.Scored)) }

// Pop implements heap.Interface.
func (h *hitHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
