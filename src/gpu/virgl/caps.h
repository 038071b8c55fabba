/* SPDX-License-Identifier: Apache-2.0 */
/* What is advertised: only what works. */
#ifndef BH_GPU_VIRGL_CAPS_H
#define BH_GPU_VIRGL_CAPS_H

#include "gpu/gpu.h"

#include <stdint.h>

#include "gpu/virgl/protocol.h"

void bh_caps_fill(enum bh_gpu_level level, const char *back_end, uint64_t quota,
		  struct bh_caps2 *caps);

#endif
