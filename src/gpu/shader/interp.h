/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter: four lanes at a time, nothing generated. What it computes is what is right. */
#ifndef BH_GPU_SHADER_INTERP_H
#define BH_GPU_SHADER_INTERP_H

#include "gpu/shader/ir.h"

#define BH_INTERP_LANES 4

/* `scratch` is of bh_interp_scratch() bytes, aligned to 16; its content does not matter. */
size_t bh_interp_scratch(const struct bh_shader *shader);
void bh_interp_run(const struct bh_shader *shader, struct bh_invocation *invocation, void *scratch);

#endif
