/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load or store instruction does, from its word alone. The processor describes most accesses
 * to KVM by itself; those with several registers, vectors or a changed base register it does not.
 */
#ifndef BH_VMM_EMULATE_DECODE_H
#define BH_VMM_EMULATE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* How the offset register is brought to 64 bits. */
enum bh_extend { BH_EXTEND_NONE, BH_EXTEND_U32, BH_EXTEND_S32 };

struct bh_access {
	bool write;
	bool vector;      /* the registers are V0..V31, else X0..X30 and 31 for zero */
	unsigned count;   /* 1 or 2 registers, next to each other in memory */
	unsigned size;    /* bytes each: 1, 2, 4, 8; vectors also 16 */
	bool sign;        /* a load extends the sign... */
	bool wide;        /* ...to 64 bits, else to 32 */
	unsigned regs[2]; /* what is loaded or stored */

	unsigned base;      /* register of the address; 31: the stack pointer */
	int64_t offset;     /* added to it */
	bool offset_in_reg; /* instead of `offset`: register `offset_reg`, extended and shifted */
	unsigned offset_reg, shift;
	enum bh_extend extend;
	bool post;       /* the address is the base alone; the offset is added to it afterwards */
	bool write_back; /* the base register gets base and offset */
};

/* False for what is no load or store, or one that never makes sense on a device's registers. */
bool bh_decode(uint32_t word, struct bh_access *access);

#endif
