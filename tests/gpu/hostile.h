/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of things that a guest should not send share. */
#ifndef BH_TESTS_GPU_HOSTILE_H
#define BH_TESTS_GPU_HOSTILE_H

#include "fixture.h"

#include <errno.h>

static int set_up(void **state)
{
	return set_up_with(state, 64 << 20);
}

/* The stream is refused and the context is lost; another one still draws. */
static void refused(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), -EIO);
	assert_true(bh_gpu_context_lost(gpu, CONTEXT));
	clear(s, 4, 1, 1, 1, 1, 0, 0);
	assert_int_equal(submit(gpu, s), -EIO);
	assert_int_equal(bh_gpu_context_create(gpu, 2, "", 0), 0);
	assert_int_equal(bh_gpu_submit(gpu, 2, (const uint32_t[]){0}, 1), 0);
}

#endif
