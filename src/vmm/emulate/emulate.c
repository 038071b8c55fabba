/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/emulate/emulate.h"

enum { ZERO = 31, PAGE_MASK = 0xfff };

static bool offset_of(const struct bh_emulation *e, const struct bh_access *access,
		      uint64_t *offset)
{
	uint64_t value = 0;

	if (!access->offset_in_reg) {
		*offset = (uint64_t)access->offset;
		return true;
	}
	if (access->offset_reg != ZERO && e->get(e->owner, access->offset_reg, &value))
		return false;
	if (access->extend == BH_EXTEND_U32)
		value = (uint32_t)value;
	else if (access->extend == BH_EXTEND_S32)
		value = (uint64_t)(int64_t)(int32_t)value;
	*offset = value << access->shift;
	return true;
}

static uint64_t extended(const struct bh_access *access, uint64_t value)
{
	uint64_t top = UINT64_C(1) << (8 * access->size - 1);

	if (!access->sign)
		return value;
	value = (value ^ top) - top;
	return access->wide ? value : (uint32_t)value;
}

static bool store(const struct bh_emulation *e, const struct bh_access *access, unsigned reg,
		  uint64_t guest)
{
	uint64_t value[2] = {0, 0};

	if (access->vector ? e->get_vector(e->owner, reg, value)
			   : reg != ZERO && e->get(e->owner, reg, value))
		return false;
	e->write(e->owner, guest, access->size > 8 ? 8 : access->size, value[0]);
	if (access->size > 8)
		e->write(e->owner, guest + 8, 8, value[1]);
	return true;
}

static bool load(const struct bh_emulation *e, const struct bh_access *access, unsigned reg,
		 uint64_t guest)
{
	uint64_t value[2] = {e->read(e->owner, guest, access->size > 8 ? 8 : access->size), 0};

	if (access->size > 8)
		value[1] = e->read(e->owner, guest + 8, 8);
	if (access->vector)
		return !e->set_vector(e->owner, reg, value);
	return reg == ZERO || !e->set(e->owner, reg, extended(access, value[0]));
}

bool bh_emulate(const struct bh_emulation *emulation, const struct bh_access *access,
		uint64_t guest)
{
	uint64_t base, offset, address;

	if (emulation->get(emulation->owner, access->base, &base) ||
	    !offset_of(emulation, access, &offset))
		return false;
	address = access->post ? base : base + offset;
	/* All of it in one page of one device: nobody lays registers out otherwise. */
	if ((address & PAGE_MASK) != (guest & PAGE_MASK) ||
	    (guest & PAGE_MASK) + access->count * access->size > PAGE_MASK + 1)
		return false;
	for (unsigned i = 0; i < access->count; i++) {
		uint64_t at = guest + (uint64_t)i * access->size;
		bool done = access->write ? store(emulation, access, access->regs[i], at)
					  : load(emulation, access, access->regs[i], at);
		if (!done)
			return false;
	}
	return !access->write_back ||
	       !emulation->set(emulation->owner, access->base, base + offset);
}
