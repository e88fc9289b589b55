#include "textflag.h"

DATA nibbles512<>+0(SB)/4, $0x0f0f0f0f
GLOBL nibbles512<>(SB), RODATA|NOPTR, $4

// DOT8 multiplies four activations of each of eight tokens with the unsigned
// weights of sixteen rows and adds to the 32-bit sums Z0–Z7.
#define DOT8(w, off) \
	VPDPBUSD.BCST off(R8), w, Z0         \
	VPDPBUSD.BCST off(R8)(DX*1), w, Z1   \
	VPDPBUSD.BCST off(R8)(DX*2), w, Z2   \
	VPDPBUSD.BCST off(R8)(R10*1), w, Z3  \
	VPDPBUSD.BCST off(R9), w, Z4         \
	VPDPBUSD.BCST off(R9)(DX*1), w, Z5   \
	VPDPBUSD.BCST off(R9)(DX*2), w, Z6   \
	VPDPBUSD.BCST off(R9)(R10*1), w, Z7

#define DOT4(w, off) \
	VPDPBUSD.BCST off(R8), w, Z0         \
	VPDPBUSD.BCST off(R8)(DX*1), w, Z1   \
	VPDPBUSD.BCST off(R8)(DX*2), w, Z2   \
	VPDPBUSD.BCST off(R8)(R10*1), w, Z3

#define CHUNK512(n) \
	VMOVDQU64 (64+64*n)(SI), Z17 \
	VPANDD    Z16, Z17, Z18      \
	VPSRLW    $4, Z17, Z17       \
	VPANDD    Z16, Z17, Z19

// SCALE512 adds dw·(da·sum + c) of one token to its float sums.
#define SCALE512(s, c, sum, total) \
	VCVTDQ2PS        sum, sum       \
	VBROADCASTSS     s, Z21         \
	VFMADD213PS.BCST c, Z21, sum    \
	VFMADD231PS      Z20, sum, total

// func multiplyTile8VNNI(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)
TEXT ·multiplyTile8VNNI(SB), NOSPLIT, $0-64
	MOVQ         w+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         a+16(FP), R8
	MOVQ         aStride+24(FP), DX
	LEAQ         (R8)(DX*4), R9
	LEAQ         (DX)(DX*2), R10
	MOVQ         s+32(FP), R11
	MOVQ         sStride+40(FP), BX
	LEAQ         (R11)(BX*4), R12
	LEAQ         (BX)(BX*2), R13
	MOVQ         out+48(FP), DI
	MOVQ         outStride+56(FP), AX
	LEAQ         (AX)(AX*2), R15
	VPBROADCASTD nibbles512<>(SB), Z16
	VMOVUPS      (DI), Z8
	VMOVUPS      (DI)(AX*1), Z9
	VMOVUPS      (DI)(AX*2), Z10
	VMOVUPS      (DI)(R15*1), Z11
	LEAQ         (DI)(AX*4), DI
	VMOVUPS      (DI), Z12
	VMOVUPS      (DI)(AX*1), Z13
	VMOVUPS      (DI)(AX*2), Z14
	VMOVUPS      (DI)(R15*1), Z15

block8:
	VPXORD  Z0, Z0, Z0
	VPXORD  Z1, Z1, Z1
	VPXORD  Z2, Z2, Z2
	VPXORD  Z3, Z3, Z3
	VPXORD  Z4, Z4, Z4
	VPXORD  Z5, Z5, Z5
	VPXORD  Z6, Z6, Z6
	VPXORD  Z7, Z7, Z7
	CHUNK512(0)
	DOT8(Z18, 0)
	DOT8(Z19, 4)
	CHUNK512(1)
	DOT8(Z18, 8)
	DOT8(Z19, 12)
	CHUNK512(2)
	DOT8(Z18, 16)
	DOT8(Z19, 20)
	CHUNK512(3)
	DOT8(Z18, 24)
	DOT8(Z19, 28)
	VMOVUPS (SI), Z20
	SCALE512((R11), 4(R11), Z0, Z8)
	SCALE512((R11)(BX*1), 4(R11)(BX*1), Z1, Z9)
	SCALE512((R11)(BX*2), 4(R11)(BX*2), Z2, Z10)
	SCALE512((R11)(R13*1), 4(R11)(R13*1), Z3, Z11)
	SCALE512((R12), 4(R12), Z4, Z12)
	SCALE512((R12)(BX*1), 4(R12)(BX*1), Z5, Z13)
	SCALE512((R12)(BX*2), 4(R12)(BX*2), Z6, Z14)
	SCALE512((R12)(R13*1), 4(R12)(R13*1), Z7, Z15)
	ADDQ    $320, SI
	ADDQ    $32, R8
	ADDQ    $32, R9
	ADDQ    $8, R11
	ADDQ    $8, R12
	DECQ    CX
	JNZ     block8
	VMOVUPS Z12, (DI)
	VMOVUPS Z13, (DI)(AX*1)
	VMOVUPS Z14, (DI)(AX*2)
	VMOVUPS Z15, (DI)(R15*1)
	MOVQ    out+48(FP), DI
	VMOVUPS Z8, (DI)
	VMOVUPS Z9, (DI)(AX*1)
	VMOVUPS Z10, (DI)(AX*2)
	VMOVUPS Z11, (DI)(R15*1)
	VZEROUPPER
	RET

// func multiplyTile4VNNI(w *byte, blocks int, a *int8, aStride int, s *scale, sStride int, out *float32, outStride int)
TEXT ·multiplyTile4VNNI(SB), NOSPLIT, $0-64
	MOVQ         w+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         a+16(FP), R8
	MOVQ         aStride+24(FP), DX
	LEAQ         (DX)(DX*2), R10
	MOVQ         s+32(FP), R11
	MOVQ         sStride+40(FP), BX
	LEAQ         (BX)(BX*2), R13
	MOVQ         out+48(FP), DI
	MOVQ         outStride+56(FP), AX
	LEAQ         (AX)(AX*2), R15
	VPBROADCASTD nibbles512<>(SB), Z16
	VMOVUPS      (DI), Z8
	VMOVUPS      (DI)(AX*1), Z9
	VMOVUPS      (DI)(AX*2), Z10
	VMOVUPS      (DI)(R15*1), Z11

block4:
	VPXORD  Z0, Z0, Z0
	VPXORD  Z1, Z1, Z1
	VPXORD  Z2, Z2, Z2
	VPXORD  Z3, Z3, Z3
	CHUNK512(0)
	DOT4(Z18, 0)
	DOT4(Z19, 4)
	CHUNK512(1)
	DOT4(Z18, 8)
	DOT4(Z19, 12)
	CHUNK512(2)
	DOT4(Z18, 16)
	DOT4(Z19, 20)
	CHUNK512(3)
	DOT4(Z18, 24)
	DOT4(Z19, 28)
	VMOVUPS (SI), Z20
	SCALE512((R11), 4(R11), Z0, Z8)
	SCALE512((R11)(BX*1), 4(R11)(BX*1), Z1, Z9)
	SCALE512((R11)(BX*2), 4(R11)(BX*2), Z2, Z10)
	SCALE512((R11)(R13*1), 4(R11)(R13*1), Z3, Z11)
	ADDQ    $320, SI
	ADDQ    $32, R8
	ADDQ    $8, R11
	DECQ    CX
	JNZ     block4
	VMOVUPS Z8, (DI)
	VMOVUPS Z9, (DI)(AX*1)
	VMOVUPS Z10, (DI)(AX*2)
	VMOVUPS Z11, (DI)(R15*1)
	VZEROUPPER
	RET
