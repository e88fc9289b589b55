package search

import (
	"math"
	"slices"

	"github.com/pikamem/pika"
)

// drop takes a fact off the vector leg.
func (v *view) drop(id string) {
	c, known := v.cosines[id]
	if known {
		delete(v.cosines, id)
	} else if v.below, c, known = v.below.without(id); !known {
		return
	}
	v.scale, v.hits = v.scale.without(c, v.hits)
	if v.hits == vectorDepth-1 { // another one moves up, which is about as far
		v.below = v.below.with("", v.low)
		v.scale, v.hits = v.scale.with(v.low, v.hits)
	}
	if c <= v.low {
		v.low = v.lowest()
	}
}

func (v *view) lowest() float64 {
	lowest := math.Inf(1)
	for _, c := range v.cosines {
		lowest = min(lowest, c)
	}
	if lowest = v.below.least(lowest); math.IsInf(lowest, 1) {
		return 0
	}
	return lowest
}

// compare puts a vector among the hits of the leg, if it reaches them.
func (v *view) compare(row pika.Vector) {
	if len(row.Values) != len(v.vector) {
		return
	}
	c := cosine(v.vector, row.Values)
	if v.hits >= vectorDepth {
		if c <= v.low {
			return
		}
		v.evict()
	} else if v.hits == 0 || c < v.low {
		v.low = c
	}
	v.cosines[row.ID] = c
	v.scale, v.hits = v.scale.with(c, v.hits)
}

// evict takes the last hit off the vector leg.
func (v *view) evict() {
	v.scale, v.hits = v.scale.without(v.low, v.hits)
	rest, found := v.below.withoutLeast(v.low)
	if v.below = rest; !found {
		for id, c := range v.cosines {
			if c <= v.low {
				delete(v.cosines, id)
				break
			}
		}
	}
	v.low = v.lowest()
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
func (v *view) nearest() []pika.Scored {
	hits := make([]pika.Scored, 0, len(v.cosines)+1)
	for id, c := range v.cosines {
		hits = append(hits, pika.Scored{ID: id, Score: c})
	}
	slices.SortFunc(hits, better)
	return append(hits, pika.Scored{Score: v.low})
}
