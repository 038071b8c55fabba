/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way from bytes to a partition; what is accepted can be shown and read back. */
#include "config/partition.h"
#include "config/show.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_partition partition, again;
	struct bh_diags diags;
	struct bh_buf text = {0};

	bh_diags_init(&diags);
	int error = bh_partition_parse(&partition, "f/fuzz", (const char *)data, size, &diags);
	assert((error != 0) == (diags.errors != 0));
	for (size_t i = 0; i < diags.count; i++)
		assert(diags.items[i].span.file);
	if (!error) {
		bh_partition_show(&partition, false, &text);
		error = bh_partition_parse(&again, "shown", bh_buf_str(&text), text.length, &diags);
		assert(!error);
		bh_partition_finish(&again);
	}
	bh_buf_finish(&text);
	bh_diags_finish(&diags);
	bh_partition_finish(&partition);
	return 0;
}
