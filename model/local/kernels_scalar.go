package local

import (
	"encoding/binary"
	"math"
)

// scalarKernels are the kernels in plain Go: what every processor runs for which
// there is no better variant, and what the others are tested against.
var scalarKernels = kernels{
	name:          "scalar",
	multiplyTile:  multiplyTileScalar,
	quantize:      quantizeScalar,
	multiplyFloat: multiplyFloatScalar,
	softmax:       softmaxScalar,
	addNorm:       addNormScalar,
	gelu:          geluScalar,
}

// multiplyTileScalar multiplies four rows at once inside a 64-bit word: four
// weights in lanes of 16 bits times one activation. A lane's sum over a block is
// at most 32·8·127 = 32,512 and fits.
func multiplyTileScalar(tile []byte, q *quantized, out []float32, stride int) {
	var lanes [tileRows / 4][block]uint64
	blocks := q.width / block
	for b := range blocks {
		data := tile[b*tileBytes:][:tileBytes]
		unpackLanes(data[tileRows*4:], &lanes)
		for t := range q.tokens {
			values := (*[block]int8)(q.values[t*q.width+b*block:])
			d := q.scales[t*blocks+b].d
			row := out[t*stride:][:tileRows]
			for g := range lanes {
				addLanes(sumLanes(&lanes[g], values), d, data[g*16:][:16], row[g*4:][:4])
			}
		}
	}
}

// eights is 8 in every lane, as one sum: what taking 8 off each weight subtracts.
const (
	lowNibbles = 0x000f_000f_000f_000f
	eights     = 0x0008_0008_0008_0008
)

// unpackLanes spreads the nibbles of a block over lanes, 8 taken off.
func unpackLanes(data []byte, lanes *[tileRows / 4][block]uint64) {
	for chunk := range 4 {
		for g := range lanes {
			rows := (*[16]byte)(data[chunk*64+g*16:])
			to := (*[8]uint64)(lanes[g][chunk*8:])
			for i := range 4 {
				v := uint64(rows[i]) | uint64(rows[4+i])<<16 | uint64(rows[8+i])<<32 | uint64(rows[12+i])<<48
				to[i] = v&lowNibbles - eights
				to[4+i] = v>>4&lowNibbles - eights
			}
		}
	}
}

func sumLanes(lane *[block]uint64, values *[block]int8) uint64 {
	var s0, s1, s2, s3 uint64
	for k := 0; k < block; k += 4 {
		s0 += lane[k] * uint64(int64(values[k]))
		s1 += lane[k+1] * uint64(int64(values[k+1]))
		s2 += lane[k+2] * uint64(int64(values[k+2]))
		s3 += lane[k+3] * uint64(int64(values[k+3]))
	}
	return s0 + s1 + s2 + s3
}

// addLanes takes the four signed sums out of a word, lowest first, each with the
// borrow that a negative one below took from it.
func addLanes(sum uint64, d float32, scales []byte, out []float32) {
	for r := range out {
		lane := int16(sum)
		sum = (sum - uint64(int64(lane))) >> 16
		w := math.Float32frombits(binary.LittleEndian.Uint32(scales[r*4:]))
		out[r] += w * d * float32(lane)
	}
}

func quantizeScalar(x []float32, values []int8, scales []scale) {
	for b := range scales {
		from, to := x[b*block:][:block], values[b*block:][:block]
		var largest float32
		for _, v := range from {
			largest = max(largest, v, -v)
		}
		if largest == 0 {
			clear(to)
			scales[b] = scale{}
			continue
		}
		inverse, sum := 127/largest, 0
		for i, v := range from {
			n := int(math.RoundToEven(float64(v * inverse)))
			to[i] = int8(n)
			sum += n
		}
		d := largest / 127
		scales[b] = scale{d: d, c: -8 * d * float32(sum)}
	}
}

func multiplyFloatScalar(a []float32, aStride int, b []float32, bStride, k int, c []float32, cStride int) {
	for i := range 4 {
		var sum [16]float32
		for j, v := range a[i*aStride:][:k] {
			row := (*[16]float32)(b[j*bStride:])
			for n := range sum {
				sum[n] += v * row[n]
			}
		}
		copy(c[i*cStride:], sum[:])
	}
}

func softmaxScalar(row []float32) {
	largest := row[0]
	for _, v := range row {
		largest = max(largest, v)
	}
	var sum float32
	for i, v := range row {
		row[i] = float32(math.Exp(float64(v - largest)))
		sum += row[i]
	}
	inverse := 1 / sum
	for i := range row {
		row[i] *= inverse
	}
}

func addNormScalar(x, y, w, b []float32, eps float32) {
	var sum, squares float32
	for i, v := range y {
		x[i] += v
		sum += x[i]
	}
	mean := sum / float32(len(x))
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	inverse := 1 / float32(math.Sqrt(float64(squares/float32(len(x))+eps)))
	for i, v := range x {
		x[i] = (v-mean)*inverse*w[i] + b[i]
	}
}

func geluScalar(x []float32) {
	for i, v := range x {
		c := min(max(v, geluFit.negLimit), geluFit.limit)
		t := c*c*geluFit.factor - 1
		p := geluFit.p[0]
		for _, k := range geluFit.p[1:] {
			p = p*t + k
		}
		x[i] = v * (0.5 + c*p)
	}
}
