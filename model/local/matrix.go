package local

import (
	"encoding/binary"
	"math"
)

// Q4_0 block as the file has it: a half-precision scale, then 16 bytes whose low
// nibbles are weights 0–15 and whose high nibbles are weights 16–31, plus 8.
const fileBlockBytes = 2 + block/2

// matrix is a weight matrix [rows, cols] in 4 bits with its bias, laid out for the
// kernels: per tile of 16 rows, per block of 32 columns, 16 float32 scales, then
// four chunks of 64 bytes. Byte 4r+i of chunk c holds columns 8c+i (low nibble)
// and 8c+4+i (high nibble) of row r: a register then holds four neighbouring
// columns of every row, which is what the integer dot instructions take.
type matrix struct {
	rows, cols int
	tiles      []byte
	bias       []float32
}

// newMatrix lays the rows of several file tensors of equal width out under one
// another.
func newMatrix(cols int, parts ...part) matrix {
	m := matrix{cols: cols}
	for _, p := range parts {
		m.rows += len(p.bias)
	}
	m.tiles = make([]byte, m.rows/tileRows*cols/block*tileBytes)
	row := 0
	for _, p := range parts {
		for r := range p.bias {
			m.setRow(row, p.weights[r*cols/block*fileBlockBytes:], p.factor)
			m.bias = append(m.bias, p.bias[r]*p.factor)
			row++
		}
	}
	return m
}

// part is a linear layer of the file; its output is multiplied by factor.
type part struct {
	weights []byte
	bias    []float32
	factor  float32
}

func (m *matrix) setRow(row int, from []byte, factor float32) {
	blocks := m.cols / block
	r := row % tileRows
	for b := range blocks {
		src := from[b*fileBlockBytes:][:fileBlockBytes]
		dst := m.tiles[(row/tileRows*blocks+b)*tileBytes:][:tileBytes]
		d := halfToFloat(binary.LittleEndian.Uint16(src)) * factor
		binary.LittleEndian.PutUint32(dst[r*4:], math.Float32bits(d))
		packRow(src[2:], dst[tileRows*4+r*4:])
	}
}

// packRow moves the 32 nibbles of one row into the four chunks of a tile block.
func packRow(src, dst []byte) {
	for c := range 4 {
		for i := range 4 {
			k := 8*(c%2) + i // column within the half of 16 that chunk c lies in
			low, high := src[k], src[k+4]
			if c < 2 {
				dst[c*64+i] = low&15 | high<<4
			} else {
				dst[c*64+i] = low>>4 | high&0xf0
			}
		}
	}
}

// multiply writes q·mᵀ + bias to out, q.tokens rows of m.rows.
func (m *matrix) multiply(k *kernels, q *quantized, out []float32) {
	for t := range q.tokens {
		copy(out[t*m.rows:], m.bias)
	}
	size := m.cols / block * tileBytes
	for tile := range m.rows / tileRows {
		k.multiplyTile(m.tiles[tile*size:][:size], q, out[tile*tileRows:], m.rows)
	}
}

// dequantizeRow writes row r of a file tensor of the given width to out.
func dequantizeRow(tensor []byte, r int, out []float32) {
	size := len(out) / block * fileBlockBytes
	data := tensor[r*size:][:size]
	for b := range len(out) / block {
		src, dst := data[b*fileBlockBytes:][:fileBlockBytes], out[b*block:][:block]
		d := halfToFloat(binary.LittleEndian.Uint16(src))
		for i, v := range src[2:] {
			dst[i] = float32(int(v&15)-8) * d
			dst[i+block/2] = float32(int(v>>4)-8) * d
		}
	}
}

// halfToFloat converts IEEE 754 half precision; subnormals are exact too.
func halfToFloat(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 0:
		v := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
