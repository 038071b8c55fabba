/* SPDX-License-Identifier: Apache-2.0 */
#include "base/range.h"

#include <assert.h>

bool bh_add(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

bool bh_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

bool bh_is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

bool bh_align_up(uint64_t value, uint64_t granule, uint64_t *out)
{
	uint64_t sum;

	assert(bh_is_power_of_two(granule));
	if (!bh_add(value, granule - 1, &sum))
		return false;
	*out = sum & ~(granule - 1);
	return true;
}

uint64_t bh_align_down(uint64_t value, uint64_t granule)
{
	assert(bh_is_power_of_two(granule));
	return value & ~(granule - 1);
}

bool bh_range_make(uint64_t base, uint64_t size, struct bh_range *range)
{
	if (size && size - 1 > UINT64_MAX - base)
		return false;
	*range = (struct bh_range){base, size};
	return true;
}

uint64_t bh_range_last(struct bh_range range)
{
	assert(range.size);
	return range.base + (range.size - 1);
}

bool bh_range_has(struct bh_range range, uint64_t address)
{
	return address >= range.base && address - range.base < range.size;
}

bool bh_range_overlaps(struct bh_range a, struct bh_range b)
{
	if (!a.size || !b.size)
		return false;
	return a.base <= bh_range_last(b) && b.base <= bh_range_last(a);
}

bool bh_range_contains(struct bh_range outer, struct bh_range inner)
{
	if (inner.base < outer.base)
		return false;
	uint64_t offset = inner.base - outer.base;
	return offset <= outer.size && inner.size <= outer.size - offset;
}

struct bh_range bh_range_intersect(struct bh_range a, struct bh_range b)
{
	if (!bh_range_overlaps(a, b))
		return (struct bh_range){a.base, 0};
	uint64_t base = a.base > b.base ? a.base : b.base;
	uint64_t last_a = bh_range_last(a), last_b = bh_range_last(b);
	uint64_t last = last_a < last_b ? last_a : last_b;
	/* The whole address space has no size in 64 bits, and bh_range_make() cannot make it. */
	return (struct bh_range){base, last - base + 1};
}

bool bh_range_align_out(struct bh_range range, uint64_t granule, struct bh_range *aligned)
{
	uint64_t base = bh_align_down(range.base, granule);

	if (!range.size) {
		*aligned = (struct bh_range){base, 0};
		return true;
	}
	uint64_t last = bh_range_last(range) | (granule - 1);
	if (last - base == UINT64_MAX)
		return false;
	*aligned = (struct bh_range){base, last - base + 1};
	return true;
}

bool bh_range_translate(struct bh_range from, uint64_t to_base, uint64_t address, uint64_t *out)
{
	if (!bh_range_has(from, address))
		return false;
	return bh_add(to_base, address - from.base, out);
}
