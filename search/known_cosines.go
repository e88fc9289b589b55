package search

import (
	"math"
	"slices"

	"github.com/pikamem/pika"
)

// drop takes a fact off the vector leg.
func (k *knownRanking) drop(id string) {
	c, known := k.cosines[id]
	if known {
		delete(k.cosines, id)
	} else if k.below, c, known = k.below.without(id); !known {
		return
	}
	k.scale, k.hits = k.scale.without(c, k.hits)
	if k.hits == vectorDepth-1 { // another one moves up, which is about as far
		k.below = k.below.with("", k.low)
		k.scale, k.hits = k.scale.with(k.low, k.hits)
	}
	if c <= k.low {
		k.low = k.lowest()
	}
}

func (k *knownRanking) lowest() float64 {
	lowest := math.Inf(1)
	for _, c := range k.cosines {
		lowest = min(lowest, c)
	}
	if lowest = k.below.least(lowest); math.IsInf(lowest, 1) {
		return 0
	}
	return lowest
}

// compare puts a vector among the hits of the leg, if it reaches them.
func (k *knownRanking) compare(row pika.Vector) {
	if len(row.Values) != len(k.vector) {
		return
	}
	c := cosine(k.vector, row.Values)
	if k.hits >= vectorDepth {
		if c <= k.low {
			return
		}
		k.evict()
	} else if k.hits == 0 || c < k.low {
		k.low = c
	}
	k.cosines[row.ID] = c
	k.scale, k.hits = k.scale.with(c, k.hits)
}

// evict takes the last hit off the vector leg.
func (k *knownRanking) evict() {
	k.scale, k.hits = k.scale.without(k.low, k.hits)
	rest, found := k.below.withoutLeast(k.low)
	if k.below = rest; !found {
		for id, c := range k.cosines {
			if c <= k.low {
				delete(k.cosines, id)
				break
			}
		}
	}
	k.low = k.lowest()
}

// with and without return the scale of n cosines and one more, or one fewer (see
// CosineScale).
func (s Scale) with(c float64, n int) (Scale, int) {
	sum, squares := s.moments(n)
	return scaleOf(sum+c, squares+c*c, n+1), n + 1
}

func (s Scale) without(c float64, n int) (Scale, int) {
	sum, squares := s.moments(n)
	return scaleOf(sum-c, squares-c*c, n-1), n - 1
}

// moments returns the sum of n cosines and that of their squares.
func (s Scale) moments(n int) (sum, squares float64) {
	variance := 0.0
	if s.Factor > 0 {
		variance = 1 / (s.Factor * s.Factor)
	}
	return float64(n) * s.Origin, float64(n) * (variance + s.Origin*s.Origin)
}

// nearest returns the hits of the vector leg, the last of which stands for all that the
// pool does not hold.
func (k *knownRanking) nearest() []pika.Scored {
	hits := make([]pika.Scored, 0, len(k.cosines)+1)
	for id, c := range k.cosines {
		hits = append(hits, pika.Scored{ID: id, Score: c})
	}
	slices.SortFunc(hits, better)
	return append(hits, pika.Scored{Score: k.low})
}
