package local

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// variants lists the kernels this processor can run, fastest first.
func variants() []kernels {
	avx2 := kernels{
		name:          "avx2",
		multiplyTile:  multiplyTile4s,
		quantize:      quantizeVector,
		multiplyFloat: multiplyFloatVector,
		softmax:       softmaxVector,
		addNorm:       addNormVector,
		gelu:          geluVector,
	}
	vnni := avx2
	vnni.name, vnni.multiplyTile = "avx512vnni", multiplyTile8s
	var able []kernels
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI {
			able = append(able, vnni)
		}
		able = append(able, avx2)
	}
	return append(able, scalarKernels)
}

const scaleSize = int(unsafe.Sizeof(scale{}))

func multiplyTile4s(tile []byte, q *quantized, out []float32, stride int) {
	blocks := q.width / block
	for t := 0; t < q.tokens; t += 4 {
		multiplyTileAVX2(&tile[0], blocks, &q.values[t*q.width], q.width, &q.scales[t*blocks], blocks*scaleSize, &out[t*stride], stride*4)
	}
}

func multiplyTile8s(tile []byte, q *quantized, out []float32, stride int) {
	blocks, t := q.width/block, 0
	for ; t+8 <= q.tokens; t += 8 {
		multiplyTile8VNNI(&tile[0], blocks, &q.values[t*q.width], q.width, &q.scales[t*blocks], blocks*scaleSize, &out[t*stride], stride*4)
	}
	if t < q.tokens {
		multiplyTile4VNNI(&tile[0], blocks, &q.values[t*q.width], q.width, &q.scales[t*blocks], blocks*scaleSize, &out[t*stride], stride*4)
	}
}

func quantizeVector(x []float32, values []int8, scales []scale) {
	quantizeAVX2(&x[0], len(scales), &values[0], &scales[0])
}

func multiplyFloatVector(a []float32, aStride int, b []float32, bStride, k int, c []float32, cStride int) {
	multiplyFloatAVX2(&a[0], aStride*4, &b[0], bStride*4, k, &c[0], cStride*4)
}

func softmaxVector(row []float32) { softmaxAVX2(&row[0], len(row)) }

func addNormVector(x, y, w, b []float32, eps float32) {
	addNormAVX2(&x[0], &y[0], &w[0], &b[0], len(x), eps)
}

func geluVector(x []float32) { geluAVX2(&x[0], len(x), &geluFit) }

// The kernels in assembly. Strides are in bytes; a tile has four (or eight) tokens.

//go:noescape
func multiplyTileAVX2(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)

//go:noescape
func multiplyTile4VNNI(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)

//go:noescape
func multiplyTile8VNNI(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)

//go:noescape
func quantizeAVX2(x *float32, blocks int, q *int8, s *scale)

//go:noescape
func multiplyFloatAVX2(a *float32, aStride int, b *float32, bStride int, k int, c *float32, cStride int)

//go:noescape
func softmaxAVX2(row *float32, n int)

//go:noescape
func addNormAVX2(x, y, w, b *float32, n int, eps float32)

//go:noescape
func geluAVX2(x *float32, n int, c *geluConstants)
