/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/emulate/decode.h"

#include <string.h>

static uint32_t bits(uint32_t word, unsigned low, unsigned count)
{
	return (word >> low) & ((1u << count) - 1);
}

static int64_t sign_extend(uint32_t value, unsigned width)
{
	uint64_t top = UINT64_C(1) << (width - 1);

	return (int64_t)(((uint64_t)value ^ top) - top);
}

/* "opc" of one general register: what else than a plain load. */
static bool decode_general(uint32_t word, struct bh_access *access)
{
	unsigned size = bits(word, 30, 2), opc = bits(word, 22, 2);

	access->size = 1u << size;
	access->write = opc == 0;
	access->sign = opc >= 2;
	access->wide = opc == 2 || size == 3;
	/* Signed loads of what is as wide already are prefetches or nothing. */
	return !access->sign || size < 2 || (size == 2 && opc == 2);
}

static bool decode_vector(uint32_t word, struct bh_access *access)
{
	unsigned size = bits(word, 30, 2), opc = bits(word, 22, 2);

	access->vector = true;
	access->write = !(opc & 1);
	access->size = opc & 2 ? 16 : 1u << size;
	return !(opc & 2) || size == 0;
}

/* Register and extension in place of an offset. */
static bool decode_offset_register(uint32_t word, struct bh_access *access)
{
	unsigned option = bits(word, 13, 3);

	access->offset_in_reg = true;
	access->offset_reg = bits(word, 16, 5);
	access->extend = option == 2 ? BH_EXTEND_U32 : option == 6 ? BH_EXTEND_S32 : BH_EXTEND_NONE;
	if (bits(word, 12, 1))
		access->shift = (unsigned)__builtin_ctz(access->size);
	return option & 2;
}

static bool decode_one(uint32_t word, struct bh_access *access)
{
	bool known = bits(word, 26, 1) ? decode_vector(word, access) : decode_general(word, access);

	access->count = 1;
	access->regs[0] = bits(word, 0, 5);
	access->base = bits(word, 5, 5);
	if (!known)
		return false;
	if (bits(word, 24, 1)) {
		access->offset = (int64_t)bits(word, 10, 12) * access->size;
		return true;
	}
	if (bits(word, 21, 1))
		return bits(word, 10, 2) == 2 && decode_offset_register(word, access);
	access->offset = sign_extend(bits(word, 12, 9), 9);
	access->post = bits(word, 10, 2) == 1;
	access->write_back = bits(word, 10, 1);
	/* Accesses with a user's rights (2) are for general registers. */
	return bits(word, 10, 2) != 2 || !access->vector;
}

static bool decode_pair(uint32_t word, struct bh_access *access)
{
	unsigned opc = bits(word, 30, 2), mode = bits(word, 23, 2);

	access->count = 2;
	access->write = !bits(word, 22, 1);
	access->vector = bits(word, 26, 1);
	access->regs[0] = bits(word, 0, 5);
	access->regs[1] = bits(word, 10, 5);
	access->base = bits(word, 5, 5);
	if (access->vector) {
		access->size = 4u << opc;
	} else {
		access->size = opc == 2 ? 8 : 4;
		access->sign = access->wide = opc == 1;
		/* A signed pair without a hint that it is not used again; only loads. */
		if (opc == 1 && (access->write || !mode))
			return false;
	}
	access->offset = sign_extend(bits(word, 15, 7), 7) * access->size;
	access->post = mode == 1;
	access->write_back = mode & 1;
	return opc != 3;
}

bool bh_decode(uint32_t word, struct bh_access *access)
{
	memset(access, 0, sizeof(*access));
	if (bits(word, 27, 3) == 7 && !bits(word, 25, 1))
		return decode_one(word, access);
	if (bits(word, 27, 3) == 5 && !bits(word, 25, 1))
		return decode_pair(word, access);
	return false;
}
