/* SPDX-License-Identifier: Apache-2.0 */
/* A GPU and a stream for each test; TEST(name) is a test's body with both. */
#ifndef BH_TESTS_GPU_FIXTURE_H
#define BH_TESTS_GPU_FIXTURE_H

#include "stream.h"
#include "test.h"

#include "base/alloc.h"

#include <stdlib.h>

struct fixture {
	struct bh_gpu *gpu;
	struct stream stream;
};

static inline int set_up_with(void **state, uint64_t quota)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	f->gpu = make_gpu_with(BH_GPU_AUTO, 2, quota);
	begin(f->gpu, &f->stream);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bh_gpu_destroy(f->gpu);
	free(f);
	return 0;
}

#define TEST(name)                                                     \
	static void name##_body(struct bh_gpu *gpu, struct stream *s); \
	static void name(void **state)                                 \
	{                                                              \
		struct fixture *f = *state;                            \
		name##_body(f->gpu, &f->stream);                       \
	}                                                              \
	static void name##_body(struct bh_gpu *gpu, struct stream *s)

#endif
