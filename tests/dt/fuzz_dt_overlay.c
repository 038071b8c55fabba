/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two blobs in one input, the first's length being its own header's: the second is laid over the
 * first. The result, applied or not, is a tree that can be written and read.
 */
#include "dt/overlay.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_here)
{
	if (!true_here)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_dt base, over, again;
	struct bh_diags diags;
	size_t written;

	bh_diags_init(&diags);
	if (size < 8 || fdt_totalsize(data) > size) {
		bh_diags_finish(&diags);
		return 0;
	}
	size_t first = fdt_totalsize(data);
	bool both = bh_dt_read(&base, data, first, "base", &diags);
	if (both && !bh_dt_read(&over, data + first, size - first, "overlay", &diags)) {
		bh_dt_finish(&base);
		both = false;
	}
	if (both) {
		size_t errors = diags.errors;
		bool ok = bh_dt_overlay_apply(&base, &over, "overlay", &diags);
		expect(ok == (diags.errors == errors));
		bh_dt_finish(&over);
		void *blob = bh_dt_write(&base, &written, &diags);
		expect(blob && bh_dt_read(&again, blob, written, "again", &diags));
		expect(again.count == base.count);
		bh_dt_finish(&again);
		bh_dt_finish(&base);
		free(blob);
	}
	bh_diags_finish(&diags);
	return 0;
}
