/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: resources, pages, transfers and submissions in any order. */
#include "gpu/server/trace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_gpu_config config = {BH_GPU_INTERPRETER, BH_GPU_LEVEL_A, 1,
				       16 << 20,           NULL,           1 << 14};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);
	struct bh_replay replay;
	uint32_t width, height;

	if (bh_replay_init(&replay, gpu, data, size, NULL)) {
		while (bh_replay_next(&replay))
			;
		free(bh_replay_picture(&replay, &width, &height));
		bh_replay_finish(&replay);
	}
	bh_gpu_destroy(gpu);
	return 0;
}
