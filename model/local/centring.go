package local

import (
	_ "embed"
	"encoding/binary"
	"math"

	"github.com/pikamem/pika"
)

// meansVersion changes with means.bin: vectors centred by other means are another
// model's.
const meansVersion = "1"

// clusters is how many groups of texts have a mean vector of their own: Vietnamese,
// Vietnamese typed without diacritics, English, and the mean of all languages of
// the corpora for every other text.
const clusters = 4

// means.bin holds the mean vector of each role (query, passage) and cluster as
// little-endian 32-bit floats. It is written by the generator in directory means.
//
//go:embed means.bin
var meansFile []byte

// means are the mean vectors of one role.
type means [clusters][]float32

// meansOf returns the shipped means of a role.
func meansOf(role pika.EmbedRole) *means {
	at := 0
	if role == pika.EmbedPassage {
		at = clusters
	}
	var m means
	for c := range m {
		m[c] = make([]float32, dimensions)
		for i := range m[c] {
			m[c][i] = math.Float32frombits(binary.LittleEndian.Uint32(meansFile[((at+c)*dimensions+i)*4:]))
		}
	}
	return &m
}

// centre subtracts from v, a unit vector, the mean nearest to it and brings the
// rest to unit length.
//
// The nearest mean tells a text's language as the model sees it: an English
// sentence full of Vietnamese names lies with the English ones. A language detector
// found no more facts in the retrieval test, and every change to it would have
// changed vectors that the model's ID says are the same.
func (m *means) centre(v []float32) {
	mean := m.nearest(v)
	for i := range v {
		v[i] -= mean[i]
	}
	toUnitLength(v)
}

// nearest returns the mean at the smallest Euclidean distance from v.
func (m *means) nearest(v []float32) []float32 {
	best, smallest := m[0], math.Inf(1)
	for _, mean := range m {
		var distance float64
		for i, x := range mean {
			d := float64(v[i] - x)
			distance += d * d
		}
		if distance < smallest {
			best, smallest = mean, distance
		}
	}
	return best
}

// toUnitLength scales v; a vector of length 0 becomes the first axis.
func toUnitLength(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		v[0] = 1
		return
	}
	inverse := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= inverse
	}
}
