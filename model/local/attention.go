package local

import "math"

// Each token's projection holds its query, key and value, 384 numbers each, of
// which head h owns 32 in every part.
const projection = 3 * dimensions

// attend computes softmax(Q·Kᵀ)·V of one segment for every head into s.context.
//
// It works on four tokens at a time. The last group of a segment may reach over its
// end: it then reads the projections that follow and writes up to three rows of the
// next segment's context, which that segment, coming later, overwrites.
func attend(k *kernels, s *scratch, seg segment) {
	tokens := seg.to - seg.from
	width := roundUp(tokens, 16)
	rows := s.projected[seg.from*projection:]
	context := s.context[seg.from*dimensions:]
	for h := range headCount {
		query, key, value := h*headSize, dimensions+h*headSize, 2*dimensions+h*headSize
		transpose(rows[key:], tokens, width, s.keys)
		for t := 0; t < tokens; t += 4 {
			scoreRows(k, rows[t*projection+query:], s, tokens, width)
			for column := 0; column < headSize; column += 16 {
				k.multiplyFloat(s.scores, width, rows[value+column:], projection, tokens, context[t*dimensions+h*headSize+column:], dimensions)
			}
		}
	}
}

// transpose writes the 32 columns of one head's keys as rows of width, zero-padded.
func transpose(rows []float32, tokens, width int, out []float32) {
	for d := range headSize {
		clear(out[d*width+tokens : (d+1)*width])
	}
	for t := range tokens {
		for d, v := range rows[t*projection:][:headSize] {
			out[d*width+t] = v
		}
	}
}

// scoreRows fills four rows of attention weights.
func scoreRows(k *kernels, queries []float32, s *scratch, tokens, width int) {
	for column := 0; column < width; column += 16 {
		k.multiplyFloat(queries, projection, s.keys[column:], width, headSize, s.scores[column:], width)
	}
	for i := range 4 {
		row := s.scores[i*width:][:width]
		for j := tokens; j < width; j++ {
			row[j] = float32(math.Inf(-1))
		}
		k.softmax(row)
	}
}
