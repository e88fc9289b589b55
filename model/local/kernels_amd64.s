#include "textflag.h"

// Kernels for AVX2 and FMA. The Go functions in kernels_scalar.go say what each
// one computes; the comments here say how.

// ones holds sixteen 1s of 16 bits.
DATA ones<>+0(SB)/8, $0x0001000100010001
DATA ones<>+8(SB)/8, $0x0001000100010001
DATA ones<>+16(SB)/8, $0x0001000100010001
DATA ones<>+24(SB)/8, $0x0001000100010001
GLOBL ones<>(SB), RODATA|NOPTR, $32

// unpack gives the order of eight groups of four bytes after two packs in lanes.
DATA unpack<>+0(SB)/4, $0
DATA unpack<>+4(SB)/4, $4
DATA unpack<>+8(SB)/4, $1
DATA unpack<>+12(SB)/4, $5
DATA unpack<>+16(SB)/4, $2
DATA unpack<>+20(SB)/4, $6
DATA unpack<>+24(SB)/4, $3
DATA unpack<>+28(SB)/4, $7
GLOBL unpack<>(SB), RODATA|NOPTR, $32

DATA nibble<>+0(SB)/4, $0x0f0f0f0f
GLOBL nibble<>(SB), RODATA|NOPTR, $4

DATA positive<>+0(SB)/4, $0x7fffffff
GLOBL positive<>(SB), RODATA|NOPTR, $4

// MULADD multiplies four activations of each of four tokens with the unsigned
// weights of sixteen rows (Y12, Y13) into the 16-bit sums Y0–Y7.
#define MULADD(off) \
	VPBROADCASTD off(R8), Y10  \
	VPMADDUBSW   Y10, Y12, Y11 \
	VPADDW       Y11, Y0, Y0   \
	VPMADDUBSW   Y10, Y13, Y15 \
	VPADDW       Y15, Y1, Y1   \
	VPBROADCASTD off(R9), Y10  \
	VPMADDUBSW   Y10, Y12, Y11 \
	VPADDW       Y11, Y2, Y2   \
	VPMADDUBSW   Y10, Y13, Y15 \
	VPADDW       Y15, Y3, Y3   \
	VPBROADCASTD off(R10), Y10 \
	VPMADDUBSW   Y10, Y12, Y11 \
	VPADDW       Y11, Y4, Y4   \
	VPMADDUBSW   Y10, Y13, Y15 \
	VPADDW       Y15, Y5, Y5   \
	VPBROADCASTD off(R11), Y10 \
	VPMADDUBSW   Y10, Y12, Y11 \
	VPADDW       Y11, Y6, Y6   \
	VPMADDUBSW   Y10, Y13, Y15 \
	VPADDW       Y15, Y7, Y7

// CHUNK takes 64 bytes: the low nibbles are one group of four columns, the high
// nibbles the next.
#define CHUNK(n) \
	VMOVDQU (64+64*n)(SI), Y8 \
	VMOVDQU (96+64*n)(SI), Y9 \
	VPAND   Y14, Y8, Y12      \
	VPAND   Y14, Y9, Y13      \
	MULADD(8*n)               \
	VPSRLW  $4, Y8, Y8        \
	VPSRLW  $4, Y9, Y9        \
	VPAND   Y14, Y8, Y12      \
	VPAND   Y14, Y9, Y13      \
	MULADD(8*n+4)

// SCALE adds dw·(da·sum + c) of one token to its sixteen outputs.
#define SCALE(s, lo, hi, outlo, outhi) \
	VBROADCASTSS (s), Y10       \
	VBROADCASTSS 4(s), Y11      \
	VPMADDWD     ones<>(SB), lo, lo \
	VPMADDWD     ones<>(SB), hi, hi \
	VCVTDQ2PS    lo, lo         \
	VCVTDQ2PS    hi, hi         \
	VFMADD213PS  Y11, Y10, lo   \
	VFMADD213PS  Y11, Y10, hi   \
	VFMADD213PS  outlo, Y8, lo  \
	VFMADD213PS  outhi, Y9, hi  \
	VMOVUPS      lo, outlo      \
	VMOVUPS      hi, outhi

// func multiplyTileAVX2(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)
TEXT ·multiplyTileAVX2(SB), NOSPLIT, $0-64
	MOVQ         w+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         a+16(FP), R8
	MOVQ         aStride+24(FP), AX
	LEAQ         (R8)(AX*1), R9
	LEAQ         (R9)(AX*1), R10
	LEAQ         (R10)(AX*1), R11
	MOVQ         s+32(FP), R12
	MOVQ         sStride+40(FP), AX
	LEAQ         (R12)(AX*1), R13
	LEAQ         (R13)(AX*1), DX
	LEAQ         (DX)(AX*1), BX
	MOVQ         out+48(FP), DI
	MOVQ         outStride+56(FP), AX
	LEAQ         (DI)(AX*2), R15
	VPBROADCASTD nibble<>(SB), Y14

block:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7
	CHUNK(0)
	CHUNK(1)
	CHUNK(2)
	CHUNK(3)
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	SCALE(R12, Y0, Y1, (DI), 32(DI))
	SCALE(R13, Y2, Y3, (DI)(AX*1), 32(DI)(AX*1))
	SCALE(DX, Y4, Y5, (R15), 32(R15))
	SCALE(BX, Y6, Y7, (R15)(AX*1), 32(R15)(AX*1))
	ADDQ    $320, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $32, R10
	ADDQ    $32, R11
	ADDQ    $8, R12
	ADDQ    $8, R13
	ADDQ    $8, DX
	ADDQ    $8, BX
	DECQ    CX
	JNZ     block
	VZEROUPPER
	RET

// func quantizeAVX2(x *float32, blocks int, q *int8, s *scale)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         q+16(FP), DI
	MOVQ         s+24(FP), DX
	VPBROADCASTD positive<>(SB), Y15
	VMOVDQU      unpack<>(SB), Y14
	MOVL         $0x42fe0000, AX // 127
	VMOVD        AX, X13
	MOVL         $0xc1000000, AX // −8
	VMOVD        AX, X12

quantizeBlock:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3

	// the largest magnitude
	VANDPS       Y15, Y0, Y4
	VANDPS       Y15, Y1, Y5
	VANDPS       Y15, Y2, Y6
	VANDPS       Y15, Y3, Y7
	VMAXPS       Y5, Y4, Y4
	VMAXPS       Y7, Y6, Y6
	VMAXPS       Y6, Y4, Y4
	VEXTRACTF128 $1, Y4, X5
	VMAXPS       X5, X4, X4
	VPSHUFD      $0x4e, X4, X5
	VMAXPS       X5, X4, X4
	VPSHUFD      $0xb1, X4, X5
	VMAXSS       X5, X4, X4

	// scale = magnitude/127, its inverse 127/magnitude, or 0 of an empty block
	VDIVSS       X13, X4, X8
	VDIVSS       X4, X13, X9
	VXORPS       X6, X6, X6
	VUCOMISS     X6, X4
	JNE          nonzero
	VXORPS       X9, X9, X9

nonzero:
	VBROADCASTSS X9, Y9
	VMULPS       Y9, Y0, Y0
	VMULPS       Y9, Y1, Y1
	VMULPS       Y9, Y2, Y2
	VMULPS       Y9, Y3, Y3
	VCVTPS2DQ    Y0, Y0
	VCVTPS2DQ    Y1, Y1
	VCVTPS2DQ    Y2, Y2
	VCVTPS2DQ    Y3, Y3

	// the sum of the 32 integers
	VPADDD       Y1, Y0, Y4
	VPADDD       Y3, Y2, Y5
	VPADDD       Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPADDD       X5, X4, X4
	VPSHUFD      $0x4e, X4, X5
	VPADDD       X5, X4, X4
	VPSHUFD      $0xb1, X4, X5
	VPADDD       X5, X4, X4
	VCVTDQ2PS    X4, X4
	VMULSS       X12, X4, X4
	VMULSS       X8, X4, X4
	VMOVSS       X8, (DX)
	VMOVSS       X4, 4(DX)

	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKSSWB Y2, Y0, Y0
	VPERMD    Y0, Y14, Y0
	VMOVDQU   Y0, (DI)

	ADDQ $128, SI
	ADDQ $32, DI
	ADDQ $8, DX
	DECQ CX
	JNZ  quantizeBlock
	VZEROUPPER
	RET

#define ROW4x16(a, lo, hi) \
	VBROADCASTSS (a), Y10    \
	VFMADD231PS  Y8, Y10, lo \
	VFMADD231PS  Y9, Y10, hi \
	ADDQ         $4, a

// func multiplyFloatAVX2(a *float32, aStride int, b *float32, bStride int, k int, c *float32, cStride int)
TEXT ·multiplyFloatAVX2(SB), NOSPLIT, $0-56
	MOVQ  a+0(FP), R8
	MOVQ  aStride+8(FP), AX
	LEAQ  (R8)(AX*1), R9
	LEAQ  (R9)(AX*1), R10
	LEAQ  (R10)(AX*1), R11
	MOVQ  b+16(FP), SI
	MOVQ  bStride+24(FP), BX
	MOVQ  k+32(FP), CX
	MOVQ  c+40(FP), DI
	MOVQ  cStride+48(FP), DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

column:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	ROW4x16(R8, Y0, Y1)
	ROW4x16(R9, Y2, Y3)
	ROW4x16(R10, Y4, Y5)
	ROW4x16(R11, Y6, Y7)
	ADDQ    BX, SI
	DECQ    CX
	JNZ     column
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ    DX, DI
	VMOVUPS Y2, (DI)
	VMOVUPS Y3, 32(DI)
	ADDQ    DX, DI
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	ADDQ    DX, DI
	VMOVUPS Y6, (DI)
	VMOVUPS Y7, 32(DI)
	VZEROUPPER
	RET

// expConstants: lowest argument, log2(e), ln 2 in two parts, then 1/6!, … , 1/0!.
DATA expConstants<>+0(SB)/4, $-87.0
DATA expConstants<>+4(SB)/4, $1.44269504
DATA expConstants<>+8(SB)/4, $0.693359375
DATA expConstants<>+12(SB)/4, $-2.12194440e-4
DATA expConstants<>+16(SB)/4, $1.38888889e-3
DATA expConstants<>+20(SB)/4, $8.33333333e-3
DATA expConstants<>+24(SB)/4, $4.16666667e-2
DATA expConstants<>+28(SB)/4, $1.66666667e-1
DATA expConstants<>+32(SB)/4, $0.5
DATA expConstants<>+36(SB)/4, $1.0
GLOBL expConstants<>(SB), RODATA|NOPTR, $40

// func softmaxAVX2(row *float32, n int)
//
// e^x = 2^i · e^r with i = round(x·log2 e) and |r| ≤ ½ ln 2; e^r is its Taylor
// polynomial of degree 6 (error below 2e-7), 2^i goes into the exponent bits.
TEXT ·softmaxAVX2(SB), NOSPLIT, $0-16
	MOVQ         row+0(FP), SI
	MOVQ         n+8(FP), CX
	MOVQ         SI, DI
	MOVQ         CX, DX
	VMOVUPS      (SI), Y0
max:
	VMAXPS       (SI), Y0, Y0
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          max
	VEXTRACTF128 $1, Y0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VMAXPS       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VMAXPS       X1, X0, X0
	VBROADCASTSS X0, Y0

	VBROADCASTSS expConstants<>+0(SB), Y2
	VBROADCASTSS expConstants<>+4(SB), Y3
	VBROADCASTSS expConstants<>+8(SB), Y4
	VBROADCASTSS expConstants<>+12(SB), Y5
	VBROADCASTSS expConstants<>+16(SB), Y6
	VBROADCASTSS expConstants<>+20(SB), Y7
	VBROADCASTSS expConstants<>+24(SB), Y8
	VBROADCASTSS expConstants<>+28(SB), Y9
	VBROADCASTSS expConstants<>+32(SB), Y10
	VBROADCASTSS expConstants<>+36(SB), Y11
	VXORPS       Y1, Y1, Y1
	MOVQ         DI, SI
	MOVQ         DX, CX
exponent:
	VMOVUPS      (SI), Y12
	VSUBPS       Y0, Y12, Y12
	VMAXPS       Y2, Y12, Y12
	VMULPS       Y3, Y12, Y13
	VROUNDPS     $0, Y13, Y13
	VFNMADD231PS Y4, Y13, Y12
	VFNMADD231PS Y5, Y13, Y12
	VMOVAPS      Y6, Y14
	VFMADD213PS  Y7, Y12, Y14
	VFMADD213PS  Y8, Y12, Y14
	VFMADD213PS  Y9, Y12, Y14
	VFMADD213PS  Y10, Y12, Y14
	VFMADD213PS  Y11, Y12, Y14
	VFMADD213PS  Y11, Y12, Y14
	VCVTPS2DQ    Y13, Y13
	VPSLLD       $23, Y13, Y13
	VPADDD       Y13, Y14, Y14
	VADDPS       Y14, Y1, Y1
	VMOVUPS      Y14, (SI)
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          exponent

	VEXTRACTF128 $1, Y1, X2
	VADDPS       X2, X1, X1
	VPSHUFD      $0x4e, X1, X2
	VADDPS       X2, X1, X1
	VPSHUFD      $0xb1, X1, X2
	VADDPS       X2, X1, X1
	VDIVSS       X1, X11, X1
	VBROADCASTSS X1, Y1
normalise:
	VMULPS       (DI), Y1, Y2
	VMOVUPS      Y2, (DI)
	ADDQ         $32, DI
	SUBQ         $8, DX
	JNZ          normalise
	VZEROUPPER
	RET

// func addNormAVX2(x, y, w, b *float32, n int, eps float32)
TEXT ·addNormAVX2(SB), NOSPLIT, $0-44
	MOVQ         x+0(FP), SI
	MOVQ         y+8(FP), DI
	MOVQ         w+16(FP), R8
	MOVQ         b+24(FP), R9
	MOVQ         n+32(FP), CX
	VCVTSI2SSQ   CX, X15, X15
	MOVQ         SI, R10
	MOVQ         CX, R11
	VXORPS       Y0, Y0, Y0
add:
	VMOVUPS      (R10), Y1
	VADDPS       (DI), Y1, Y1
	VMOVUPS      Y1, (R10)
	VADDPS       Y1, Y0, Y0
	ADDQ         $32, R10
	ADDQ         $32, DI
	SUBQ         $8, R11
	JNZ          add
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VADDPS       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VADDPS       X1, X0, X0
	VDIVSS       X15, X0, X0
	VBROADCASTSS X0, Y0

	MOVQ         SI, R10
	MOVQ         CX, R11
	VXORPS       Y2, Y2, Y2
variance:
	VMOVUPS      (R10), Y1
	VSUBPS       Y0, Y1, Y1
	VFMADD231PS  Y1, Y1, Y2
	ADDQ         $32, R10
	SUBQ         $8, R11
	JNZ          variance
	VEXTRACTF128 $1, Y2, X1
	VADDPS       X1, X2, X2
	VPSHUFD      $0x4e, X2, X1
	VADDPS       X1, X2, X2
	VPSHUFD      $0xb1, X2, X1
	VADDPS       X1, X2, X2
	VDIVSS       X15, X2, X2
	VADDSS       eps+40(FP), X2, X2
	VSQRTSS      X2, X2, X2
	MOVL         $0x3f800000, AX
	VMOVD        AX, X3
	VDIVSS       X2, X3, X3
	VBROADCASTSS X3, Y3
normaliseRow:
	VMOVUPS      (SI), Y1
	VSUBPS       Y0, Y1, Y1
	VMULPS       Y3, Y1, Y1
	VMOVUPS      (R8), Y4
	VFMADD213PS  (R9), Y4, Y1
	VMOVUPS      Y1, (SI)
	ADDQ         $32, SI
	ADDQ         $32, R8
	ADDQ         $32, R9
	SUBQ         $8, CX
	JNZ          normaliseRow
	VZEROUPPER
	RET

// func geluAVX2(x *float32, n int, c *geluConstants)
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	MOVQ         c+16(FP), DX
	VBROADCASTSS (DX), Y15   // limit
	VBROADCASTSS 4(DX), Y14  // −limit
	VBROADCASTSS 8(DX), Y13  // 2/limit²
	VBROADCASTSS 12(DX), Y12 // −1
	VBROADCASTSS 16(DX), Y11 // ½
element:
	VMOVUPS      (SI), Y0
	VMINPS       Y15, Y0, Y1
	VMAXPS       Y14, Y1, Y1
	VMULPS       Y1, Y1, Y2
	VFMADD213PS  Y12, Y13, Y2
	VBROADCASTSS 20(DX), Y3
	LEAQ         24(DX), R8
	MOVQ         $12, R9
horner:
	VBROADCASTSS (R8), Y4
	VFMADD213PS  Y4, Y2, Y3
	ADDQ         $4, R8
	DECQ         R9
	JNZ          horner
	VFMADD213PS  Y11, Y1, Y3
	VMULPS       Y0, Y3, Y3
	VMOVUPS      Y3, (SI)
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          element
	VZEROUPPER
	RET
