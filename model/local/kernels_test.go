package local

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every variant of the kernels must agree with the exact computation in float64.

func eachVariant(t *testing.T, test func(t *testing.T, k kernels)) {
	for _, k := range variants() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

func randomFloats(r *rand.Rand, n int, size float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * size)
	}
	return x
}

func randomPart(r *rand.Rand, rows, cols int) part {
	p := part{weights: make([]byte, rows*cols/block*fileBlockBytes), bias: randomFloats(r, rows, 1), factor: 0.5}
	for i := range p.weights {
		p.weights[i] = byte(r.Uint32())
	}
	for b := 0; b < len(p.weights); b += fileBlockBytes {
		p.weights[b+1] = 0x20 | p.weights[b+1]&0x83 // a finite scale of either sign
	}
	return p
}

func TestMultiply(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, tokens := range []int{4, 8, 12, 20} {
			const rows, cols = 48, 96
			p := randomPart(r, rows, cols)
			m := newMatrix(cols, p)
			q := quantized{tokens: tokens, width: cols, values: make([]int8, tokens*cols), scales: make([]scale, tokens*cols/block)}
			x := randomFloats(r, tokens*cols, 3)
			for i := range x[:block] {
				x[i] = 127 * float32(1-2*(i%2)) // the largest values there are, of both signs
			}
			k.quantize(x, q.values, q.scales)
			out := make([]float32, tokens*rows)
			m.multiply(&k, &q, out)
			checkProduct(t, p, &q, out)
		}
	})
}

func checkProduct(t *testing.T, p part, q *quantized, out []float32) {
	t.Helper()
	row := make([]float32, q.width)
	rows := len(p.bias)
	for r := range rows {
		dequantizeRow(p.weights, r, row)
		for token := range q.tokens {
			want := float64(p.bias[r])
			for i, w := range row {
				want += float64(w) * float64(q.values[token*q.width+i]) * float64(q.scales[(token*q.width+i)/block].d)
			}
			want *= float64(p.factor)
			if got := float64(out[token*rows+r]); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
				t.Fatalf("token %d of %d, row %d = %g, want %g", token, q.tokens, r, got, want)
			}
		}
	}
}

func TestQuantize(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(3, 4))
		x := randomFloats(r, 12*block, 2)
		clear(x[block : 2*block])
		values, scales := make([]int8, len(x)), make([]scale, len(x)/block)
		k.quantize(x, values, scales)
		for b, s := range scales {
			sum := 0
			for i := b * block; i < (b+1)*block; i++ {
				sum += int(values[i])
				if got := float64(values[i]) * float64(s.d); math.Abs(got-float64(x[i])) > float64(s.d)*0.501 {
					t.Errorf("value %d = %g, want %g", i, got, x[i])
				}
				if values[i] == -128 {
					t.Errorf("value %d is −128: a 16-bit sum could overflow", i)
				}
			}
			if want := -8 * float64(s.d) * float64(sum); math.Abs(float64(s.c)-want) > 1e-3 {
				t.Errorf("block %d: c = %g, want %g", b, s.c, want)
			}
		}
		if scales[1] != (scale{}) {
			t.Errorf("scale of an empty block = %v, want 0", scales[1])
		}
	})
}

func TestMultiplyFloat(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(5, 6))
		const n, aStride, bStride, cStride = 19, 23, 40, 18
		a, b, c := randomFloats(r, 4*aStride, 1), randomFloats(r, n*bStride, 1), make([]float32, 4*cStride)
		k.multiplyFloat(a, aStride, b, bStride, n, c, cStride)
		for i := range 4 {
			for j := range 16 {
				var want float64
				for l := range n {
					want += float64(a[i*aStride+l]) * float64(b[l*bStride+j])
				}
				if got := float64(c[i*cStride+j]); math.Abs(got-want) > 1e-5 {
					t.Fatalf("(%d, %d) = %g, want %g", i, j, got, want)
				}
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		row := randomFloats(rand.New(rand.NewPCG(7, 8)), 32, 12)
		row[30], row[31] = float32(math.Inf(-1)), float32(math.Inf(-1))
		want, sum := make([]float64, len(row)), 0.0
		for i, v := range row {
			want[i] = math.Exp(float64(v))
			sum += want[i]
		}
		k.softmax(row)
		for i, v := range row {
			if math.Abs(float64(v)-want[i]/sum) > 1e-6 {
				t.Errorf("element %d = %g, want %g", i, v, want[i]/sum)
			}
		}
	})
}

func TestAddNorm(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		r := rand.New(rand.NewPCG(9, 10))
		const n, eps = 384, 1e-3
		x, y, w, b := randomFloats(r, n, 2), randomFloats(r, n, 2), randomFloats(r, n, 1), randomFloats(r, n, 1)
		var mean, variance float64
		sum := make([]float64, n)
		for i := range sum {
			sum[i] = float64(x[i] + y[i])
			mean += sum[i] / n
		}
		for _, v := range sum {
			variance += (v - mean) * (v - mean) / n
		}
		k.addNorm(x, y, w, b, eps)
		for i, got := range x {
			want := (sum[i]-mean)/math.Sqrt(variance+eps)*float64(w[i]) + float64(b[i])
			if math.Abs(float64(got)-want) > 1e-5 {
				t.Fatalf("element %d = %g, want %g", i, got, want)
			}
		}
	})
}

func TestGELU(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, k kernels) {
		x := make([]float32, 4096)
		for i := range x {
			x[i] = float32(i-2048) / 200
		}
		got := append([]float32(nil), x...)
		k.gelu(got)
		for i, v := range x {
			want := float64(v) * (1 + math.Erf(float64(v)/math.Sqrt2)) / 2
			if math.Abs(float64(got[i])-want) > 5e-6 {
				t.Fatalf("gelu(%g) = %g, want %g", v, got[i], want)
			}
		}
	})
}

func TestHalfToFloat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		half uint16
		want float32
	}{
		{0x0000, 0},
		{0x3c00, 1},
		{0xc000, -2},
		{0x7bff, 65504},
		{0x0001, 1.0 / (1 << 24)},
		{0x83ff, -1023.0 / (1 << 24)},
		{0x0400, 1.0 / (1 << 14)},
		{0x7c00, float32(math.Inf(1))},
	} {
		if got := halfToFloat(c.half); got != c.want {
			t.Errorf("halfToFloat(%#04x) = %g, want %g", c.half, got, c.want)
		}
	}
}
