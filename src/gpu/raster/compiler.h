/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that make code. Two tiers: what a draw waits for is made quickly, by a thread of its own
 * and by whoever waits; then what could be better is made well, by a thread that takes only time
 * that nobody else wants.
 */
#ifndef BH_GPU_RASTER_COMPILER_H
#define BH_GPU_RASTER_COMPILER_H

#include <stdbool.h>

struct bh_compiler;
struct bh_variant;

/* `now`: code is made where it is asked for, the good kind at once, and there are no threads. */
struct bh_compiler *bh_compiler_create(bool now);
/* What is being made is finished; what waits is not. */
void bh_compiler_destroy(struct bh_compiler *compiler);

enum bh_compiler_queue {
	BH_COMPILER_URGENT, /* a draw waits for it: quickly, then well */
	BH_COMPILER_HINT,   /* a draw may want it soon: quickly */
	BH_COMPILER_LATER,  /* well */
	BH_COMPILER_QUEUES,
};

void bh_compiler_add(struct bh_compiler *compiler, struct bh_variant *variant,
		     enum bh_compiler_queue queue);
/* Whether nothing urgent is left to be made. */
bool bh_compiler_is_settled(struct bh_compiler *compiler);
/* Makes what is urgent, with the threads' help. Then all of it is there, or cannot be. */
void bh_compiler_settle(struct bh_compiler *compiler);
/*
 * Nobody wants the variant any more, and its program goes. False: the compiler is not done with it
 * and frees it when it is.
 */
bool bh_compiler_withdraw(struct bh_compiler *compiler, struct bh_variant *variant);
/* Waits until nothing is left to be made, at most so long. */
void bh_compiler_finish(struct bh_compiler *compiler, unsigned milliseconds);

#endif
