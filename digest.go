package pika

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math"
	"strconv"
)

// VectorDigest returns a digest of a vector's values, never 0. It tells a row that
// lags behind the truth from one that matches, without reading the vector: FNV-1a,
// 64 bits, over the values as little-endian float32.
func VectorDigest(values []float32) int64 {
	h := fnv.New64a()
	var b [4]byte
	for _, x := range values {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		h.Write(b[:])
	}
	return nonZero(h.Sum64())
}

// LinkDigest returns a digest of what the graph knows of a fact, never 0. Of equal
// entities the first counts, as in Graph.LinkFacts.
func LinkDigest(l Link) int64 {
	h := fnv.New64a()
	part := func(s string) { io.WriteString(h, strconv.Itoa(len(s))+":"+s) }
	part(l.Predicate)
	seen := make(map[string]bool, len(l.Entities))
	for _, e := range l.Entities {
		if !seen[e] {
			seen[e] = true
			part(e)
		}
	}
	return nonZero(h.Sum64())
}

func nonZero(sum uint64) int64 { return int64(max(sum, 1)) }

// LinkOf returns a fact as the graph knows it. A fact without entities has a link
// without entities, which no graph takes.
func LinkOf(f *Fact) Link {
	l := Link{FactID: f.ID, Predicate: f.Predicate}
	for _, e := range f.Entities {
		l.Entities = append(l.Entities, e.ID)
	}
	return l
}
