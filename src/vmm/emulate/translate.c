/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/emulate/translate.h"

#include <string.h>

enum { MMU_ON = 1, VALID = 1, TABLE = 2 };

#define OUTPUT     UINT64_C(0x0000fffffffff000)
#define TCR_DS     (UINT64_C(1) << 59) /* 52-bit addresses with pages of 4 and 16 KiB */
#define BITS_LEAST 16
#define BITS_MOST  52

/* How the guest's tables are written. */
struct form {
	unsigned page; /* bits of an offset in a page */
	bool wide;     /* TCR_DS */
};

/* Bits of an offset in a page, by the values of TCR_EL1.TG0 and TG1; 0: reserved. */
static const unsigned char granules[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};

static bool read_entry(const struct bh_ram *ram, uint64_t address, uint64_t *entry)
{
	const void *at = address % 8 ? NULL : bh_ram_at(ram, address, 8);

	if (at)
		memcpy(entry, at, sizeof(*entry));
	return at;
}

/* The address in an entry. Those of 52 bits have their top in bits that mean other things else. */
static uint64_t output_of(const struct form *form, uint64_t entry)
{
	uint64_t output = entry & OUTPUT & ~((UINT64_C(1) << form->page) - 1);

	if (form->wide)
		output |= (entry & UINT64_C(3) << 48) | (entry >> 8 & 3) << 50;
	else if (form->page == 16)
		output |= (entry >> 12 & 0xf) << 48;
	return output;
}

static uint64_t first_table(const struct form *form, uint64_t base)
{
	if (form->wide || form->page == 16)
		return (base & UINT64_C(0xffffffffffc0)) | (base >> 2 & 0xf) << 48;
	return base & UINT64_C(0xfffffffffffe);
}

bool bh_translate(const struct bh_ram *ram, const struct bh_translation *how, uint64_t address,
		  uint64_t *guest)
{
	bool high = address >> 55 & 1;
	unsigned bits = 64 - (unsigned)(how->tcr >> (high ? 16 : 0) & 63);
	unsigned page = granules[high][how->tcr >> (high ? 30 : 14) & 3];
	const struct form form = {page, how->tcr & TCR_DS && page != 16};

	if (!(how->sctlr & MMU_ON)) {
		*guest = address;
		return true;
	}
	if (!page || bits < BITS_LEAST || bits > BITS_MOST || bits <= page)
		return false;
	uint64_t table = first_table(&form, high ? how->ttbr1 : how->ttbr0);
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
			*guest = (output_of(&form, entry) & ~block) | (inside & block);
			return true;
		}
		table = output_of(&form, entry);
	}
	return false;
}
