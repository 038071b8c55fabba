/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/emulate/translate.h"

#include <string.h>

enum { MMU_ON = 1, VALID = 1, TABLE = 2 };

#define OUTPUT     UINT64_C(0x0000fffffffff000)
#define TCR_DS     (UINT64_C(1) << 59) /* 52-bit addresses: descriptors of another form */
#define BITS_LEAST 16
#define BITS_MOST  48

/* Bits of an offset in a page, by the values of TCR_EL1.TG0 and TG1; 0: reserved. */
static const unsigned char granules[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};

static bool read_entry(const struct bh_ram *ram, uint64_t address, uint64_t *entry)
{
	const void *at = address % 8 ? NULL : bh_ram_at(ram, address, 8);

	if (at)
		memcpy(entry, at, sizeof(*entry));
	return at;
}

bool bh_translate(const struct bh_ram *ram, const struct bh_translation *how, uint64_t address,
		  uint64_t *guest)
{
	bool high = address >> 55 & 1;
	unsigned bits = 64 - (unsigned)(how->tcr >> (high ? 16 : 0) & 63);
	unsigned page = granules[high][how->tcr >> (high ? 30 : 14) & 3];
	uint64_t table = (high ? how->ttbr1 : how->ttbr0) & OUTPUT;

	if (!(how->sctlr & MMU_ON)) {
		*guest = address;
		return true;
	}
	if (!page || bits < BITS_LEAST || bits > BITS_MOST || bits <= page || how->tcr & TCR_DS)
		return false;
	unsigned step = page - 3, levels = (bits - page + step - 1) / step;
	uint64_t inside = address & ((UINT64_C(1) << bits) - 1);
	uint64_t entry;

	/* The first table may have fewer entries: its index has what bits are left. */
	for (unsigned left = levels; left-- > 0;) {
		unsigned shift = page + step * left;
		uint64_t index = inside >> shift;

		if (left + 1 < levels)
			index &= (UINT64_C(1) << step) - 1;
		if (!read_entry(ram, table + 8 * index, &entry) || !(entry & VALID))
			return false;
		bool leaf = left == 0 || !(entry & TABLE);
		if (leaf) {
			uint64_t block = (UINT64_C(1) << shift) - 1;

			if (left == 0 && !(entry & TABLE))
				return false;
			*guest = (entry & OUTPUT & ~block) | (inside & block);
			return true;
		}
		table = entry & OUTPUT & ~((UINT64_C(1) << page) - 1);
	}
	return false;
}
