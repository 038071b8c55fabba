/* SPDX-License-Identifier: Apache-2.0 */
/* What it takes to compile a shader: a hostile one must not keep a compiler busy for ever. */
#ifndef BH_GPU_SHADER_EFFORT_H
#define BH_GPU_SHADER_EFFORT_H

#include "gpu/shader/ir.h"

/*
 * In instructions of the compiler's form. Quickly it takes about 10 us for each, whatever the
 * program; otherwise more than twice as long for twice as many. Beyond the first limit a shader is
 * interpreted, beyond the second its code is never better than quickly made.
 */
#define BH_EFFORT_QUICK_MAX 200000
#define BH_EFFORT_GOOD_MAX  8000

/* About so many are made of a shader, seldom more: samplers are not counted. */
uint64_t bh_shader_effort(const struct bh_shader *shader, unsigned lanes);

#endif
