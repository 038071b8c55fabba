/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of recordings that nobody made: the first frame, and the last. */
#include "gpu/inspect/inspect.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_gpu_config config = {BH_GPU_INTERPRETER, BH_GPU_LEVEL_A, 1,
				       16 << 20,           NULL,           1 << 14};

	for (unsigned frame = 0; frame < 2; frame++) {
		struct bh_page_about about = {.title = "fuzz", .frame = frame};
		struct bh_buf html;

		bh_buf_init(&html);
		bh_inspect(&config, data, size, &about, &html, NULL);
		bh_buf_finish(&html);
	}
	return 0;
}
