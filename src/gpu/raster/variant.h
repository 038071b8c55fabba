/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fused code for draws: found by key, made by a thread of its own while draws go the way of one
 * step at a time. The pixels are the same either way.
 */
#ifndef BH_GPU_RASTER_VARIANT_H
#define BH_GPU_RASTER_VARIANT_H

#include "gpu/raster/scene.h"

struct bh_variants;

/* The code for one key; `entry` is NULL until it is made. */
struct bh_variant {
	_Atomic(bh_fused_entry *) entry;
	struct bh_fused_key key;
	struct bh_fused *code;
	/* The same with quads (see struct bh_fused_quad), made when a worker wants it. */
	struct bh_variant *quads;
	atomic_bool wants_quads;
	uint64_t hash, used; /* `used`: the last scene */
	enum { BH_VARIANT_WAITING, BH_VARIANT_COMPILING, BH_VARIANT_DONE } state;
	struct bh_variant *next; /* of those with the same place in the table */
	struct bh_variant *waiting;
};

/* `now`: code is made before it is first used, not beside. */
struct bh_variants *bh_variants_create(bool now);
void bh_variants_destroy(struct bh_variants *variants);

/* The draw's code, or NULL when there can be none. `scene` is the number of the draw's scene. */
struct bh_variant *bh_variants_find(struct bh_variants *variants, const struct bh_draw *draw,
				    const struct bh_framebuffer *framebuffer, uint64_t scene);
/* Frees all code of a program, which no scene uses any more. */
void bh_variants_forget(struct bh_variants *variants, const struct bh_program *program);
/* Has better code of a program made that runs alone. */
void bh_variants_improve(struct bh_variants *variants, struct bh_program *program);

#endif
