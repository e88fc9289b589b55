package local

// block is how many weights or activations share one scale.
const block = 32

// tileRows is how many rows of a weight matrix one kernel call computes.
const tileRows = 16

// tileBytes is the size of one block of a tile: a float32 scale per row, then 32
// columns of 16 rows in 4 bits each (see matrix.go).
const tileBytes = tileRows*4 + tileRows*block/2

// tokenGroup divides the number of tokens of every kernel call; callers pad.
const tokenGroup = 4

// scale turns the integers of one activation block into numbers. Weights are
// stored as nibble = weight + 8, so a product with activations q is
//
//	dw·d·Σ(nibble−8)·q = dw·(d·Σ nibble·q + c),  c = −8·d·Σq
type scale struct{ d, c float32 }

// quantized is a matrix of activations in 8 bits: tokens rows of width columns,
// every block of 32 columns with its own scale. Values lie in −127–127.
type quantized struct {
	tokens, width int
	values        []int8
	scales        []scale
}

// kernels are the inner loops of the forward pass, in one variant of them per
// instruction set. All variants agree within rounding.
type kernels struct {
	name string

	// multiplyTile adds the product of one tile (16 weight rows) with every token
	// of q to out, whose element (t, r) stands at t·stride + r. q.tokens is a
	// multiple of tokenGroup.
	multiplyTile func(tile []byte, q *quantized, out []float32, stride int)

	// quantize rounds x, a row of whole blocks, to 8 bits.
	quantize func(x []float32, values []int8, scales []scale)

	// multiplyFloat writes a 4×16 tile of a·b: a has 4 rows and k columns, b has k
	// rows and 16 columns; strides are in elements.
	multiplyFloat func(a []float32, aStride int, b []float32, bStride, k int, c []float32, cStride int)

	// softmax works in place; len(row) is a multiple of 8, −Inf is allowed.
	softmax func(row []float32)

	// addNorm sets x to layerNorm(x+y)·w + b; the length is a multiple of 8.
	addNorm func(x, y, w, b []float32, eps float32)

	// gelu applies x·Φ(x) in place; the length is a multiple of 8.
	gelu func(x []float32)
}

// geluConstants is Φ(x) − ½ = x·P(x²) for |x| ≤ limit, P being a polynomial in
// t = 2x²/limit² − 1, highest power first: a Chebyshev fit of degree 12 to the
// exact error function; x·Φ(x) is within 2e-6 of the truth. Beyond the limit Φ is
// 0 or 1 to seven digits.
type geluConstants struct {
	limit, negLimit, factor, minusOne, half float32
	p                                       [13]float32
}

var geluFit = geluConstants{
	limit: 5, negLimit: -5, factor: 2.0 / 25, minusOne: -1, half: 0.5,
	p: [13]float32{
		0.0005320050986483693, -0.0015593006974086165, 0.001920838374644518, -0.002816193737089634,
		0.006222429685294628, -0.011051034554839134, 0.01648256927728653, -0.023310896009206772,
		0.031427107751369476, -0.04043632000684738, 0.05152151361107826, -0.07029653340578079,
		0.14136378467082977,
	},
}
