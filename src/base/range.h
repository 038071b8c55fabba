/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and ranges. All address arithmetic of the project is done here, checked for overflow.
 *
 * The three kinds of address are distinct types, so that a guest-physical one cannot be passed
 * where a host-physical one is meant. Where they are equal by design (direct map), the conversion
 * is written out.
 */
#ifndef BH_BASE_RANGE_H
#define BH_BASE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct bh_hpa {
	uint64_t value;
}; /* host-physical */
struct bh_gpa {
	uint64_t value;
}; /* guest-physical */
struct bh_iova {
	uint64_t value;
}; /* what a device behind an IOMMU puts on the bus */

/*
 * [base, base + size). A valid range has base + size <= 2^64; one that ends at 2^64 is legal, which
 * is why there is no "end" field. Made only by bh_range_make(), or as a literal known to be valid.
 */
struct bh_range {
	uint64_t base, size;
};

/* False, with *range untouched, when base + size is beyond 2^64. */
bool bh_range_make(uint64_t base, uint64_t size, struct bh_range *range);

/* The last byte's address. The range must not be empty. */
uint64_t bh_range_last(struct bh_range range);

/* An empty range overlaps nothing and contains nothing; every range contains the empty ranges
 * inside it. */
bool bh_range_overlaps(struct bh_range a, struct bh_range b);
bool bh_range_contains(struct bh_range outer, struct bh_range inner);
bool bh_range_has(struct bh_range range, uint64_t address);
struct bh_range bh_range_intersect(struct bh_range a,
				   struct bh_range b); /* size 0: nothing in common */

/*
 * Grows the range to multiples of `granule` (a power of two) on both sides. False when that passes
 * 2^64.
 */
bool bh_range_align_out(struct bh_range range, uint64_t granule, struct bh_range *aligned);

/* Moves `address`, which lies in `from`, to the same offset in `to`. False when it lies in neither.
 */
bool bh_range_translate(struct bh_range from, uint64_t to_base, uint64_t address, uint64_t *out);

/* Rounds up to a multiple of `granule` (a power of two); false when that wraps. */
bool bh_align_up(uint64_t value, uint64_t granule, uint64_t *out);
uint64_t bh_align_down(uint64_t value, uint64_t granule);
bool bh_is_power_of_two(uint64_t value);

/* a + b and a * b; false when they wrap. */
bool bh_add(uint64_t a, uint64_t b, uint64_t *out);
bool bh_mul(uint64_t a, uint64_t b, uint64_t *out);

#endif
