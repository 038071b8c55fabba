/* SPDX-License-Identifier: Apache-2.0 */
/* Command streams behind a default state, so that objects and resources are there to be misused. */
#include "stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream s;
	struct bh_gpu *gpu = make_gpu_with(BH_GPU_INTERPRETER, 1, 16 << 20);
	size_t words = size / 4 < STREAM_ROOM ? size / 4 : STREAM_ROOM;

	begin(gpu, &s);
	submit(gpu, &s);
	memcpy(s.dwords, data, words * 4);
	s.count = words;
	submit(gpu, &s);
	bh_gpu_destroy(gpu);
	return 0;
}
