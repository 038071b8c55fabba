/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an arm64 Image (see Documentation/arch/arm64/booting.rst of Linux), and the way into bare.c. */
	.section .head, "ax"
	.globl	_start
_start:
	b	first
	.long	0
	.quad	0		/* text_offset */
	.quad	0x100000	/* image_size: code, stacks, rings */
	.quad	0xa		/* little-endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0
first:
	adr	x1, _start
	add	sp, x1, #0x80000
	b	bare_main

	.globl	second
second:
	adr	x1, _start
	add	sp, x1, #0x90000
	b	bare_second
