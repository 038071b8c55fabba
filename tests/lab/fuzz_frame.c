/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes in whatever pieces: frames within the limits, or an error. */
#include "lab/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_frame_reader reader;
	struct bh_frame frame;
	int got = 0;

	if (!size)
		return 0;
	/* The first byte says how: hunting or not, and in which pieces. */
	bh_frame_reader_init(&reader, data[0] & 1);
	size_t piece = (size_t)(data[0] >> 1) + 1;
	for (size_t at = 1; at < size && got >= 0; at += piece) {
		bh_frame_reader_add(&reader, data + at, size - at < piece ? size - at : piece);
		while ((got = bh_frame_next(&reader, &frame)) > 0) {
			volatile uint8_t last = 0;
			if (frame.length > BH_FRAME_MAX || frame.stream >= BH_STREAMS ||
			    frame.type >= BH_FRAME_TYPES || frame.windowed == !!frame.data)
				abort();
			if (frame.data && frame.length)
				last = frame.data[frame.length - 1];
			(void)last;
		}
	}
	bh_frame_reader_finish(&reader);
	return 0;
}
