/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fused code for draws: found by key, and made when it is not found. What has none goes one step
 * at a time; the pixels are the same either way.
 */
#ifndef BH_GPU_RASTER_VARIANT_H
#define BH_GPU_RASTER_VARIANT_H

#include "gpu/raster/compiler.h"
#include "gpu/raster/scene.h"

struct bh_variants;

/* The code for one key; `entry` is NULL until it is made. */
struct bh_variant {
	_Atomic(bh_fused_entry *) entry;
	struct bh_fused_key key;
	struct bh_fused *code, *better; /* `better` takes the place of what was made quickly */
	/* The same with quads (see struct bh_fused_quad), made when a worker wants it. */
	struct bh_variant *quads;
	atomic_bool wants_quads;
	uint64_t hash, used;     /* `used`: the last scene */
	struct bh_variant *next; /* of those with the same place in the table */
	/* The compiler's. DETACHED: it is being made, and the program was read. */
	enum { BH_VARIANT_WAITING, BH_VARIANT_MAKING, BH_VARIANT_DETACHED, BH_VARIANT_DONE } state;
	bool orphan; /* nobody else knows it any more */
	struct bh_compiler *compiler;
	struct bh_variant *waiting;
};

void bh_variant_free(struct bh_variant *variant);

/* `now`: code is made before it is first used, not beside. `limit`: of variants; 0: 1024. */
struct bh_variants *bh_variants_create(bool now, unsigned limit);
unsigned bh_variants_count(const struct bh_variants *variants);
void bh_variants_destroy(struct bh_variants *variants);

/* The draw's code, or NULL when there can be none. `scene` is the number of the draw's scene. */
struct bh_variant *bh_variants_find(struct bh_variants *variants, const struct bh_draw *draw,
				    const struct bh_framebuffer *framebuffer, uint64_t scene);
/* Frees all code of a program, which no scene uses any more. */
void bh_variants_forget(struct bh_variants *variants, const struct bh_program *program);
/* Whether there is all code that draws wait for. */
bool bh_variants_are_settled(struct bh_variants *variants);
/* Makes it. */
void bh_variants_settle(struct bh_variants *variants);
/* Waits until all code is made, at most so long. */
void bh_variants_finish(struct bh_variants *variants, unsigned milliseconds);
/* A program that runs alone will be wanted: its code is begun. */
void bh_variants_hint(struct bh_variants *variants, struct bh_program *program);
/* Has better code of it made. */
void bh_variants_improve(struct bh_variants *variants, struct bh_program *program);

#endif
