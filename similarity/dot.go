// Package similarity compares vectors. The embedded index, the working sets and the search all
// compare a question with facts by it, so that equal vectors get equal scores wherever they are
// compared: of two facts with the same text neither may win by rounding. What may come in: how
// near two vectors are. What may not: whose they are.
package similarity

import (
	"github.com/viterin/vek"
	"github.com/viterin/vek/vek32"
)

// Cosine returns the cosine similarity of two unit vectors of one length above 0: their dot
// product, with what rounding added beyond ±1 taken off.
func Cosine(a, b []float32) float32 { return max(-1, min(1, dot(a, b))) }

// dot returns the dot product of two vectors of equal, non-zero length. Which of its
// two forms runs is decided once, by the processor: on one machine, equal vectors
// always get equal products.
var dot = fastestDot()

func fastestDot() func(a, b []float32) float32 {
	if vek.Info().Acceleration { // AVX2 and FMA
		return vek32.Dot
	}
	return plainDot
}

// plainDot keeps eight sums apart, so that the additions need not wait for each other.
func plainDot(a, b []float32) float32 {
	var s [8]float32
	for len(a) >= 8 && len(b) >= 8 {
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		s[2] += a[2] * b[2]
		s[3] += a[3] * b[3]
		s[4] += a[4] * b[4]
		s[5] += a[5] * b[5]
		s[6] += a[6] * b[6]
		s[7] += a[7] * b[7]
		a, b = a[8:], b[8:]
	}
	for i := range min(len(a), len(b)) {
		s[i] += a[i] * b[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3]) + (s[4] + s[5]) + (s[6] + s[7])
}
