/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a manifest: read or refused; what is read can be printed and read again. */
#include "base/alloc.h"
#include "machine/manifest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bh_manifest first, second;
	struct bh_diags diags = {0};
	/* libfdt wants the alignment of malloc. */
	void *blob = bh_alloc(size + 1);

	memcpy(blob, data, size);
	if (bh_manifest_read(&first, blob, size, &diags)) {
		struct bh_buf printed = {0}, a = {0}, b = {0};

		if (!bh_manifest_write(&first, &printed, &diags) ||
		    !bh_manifest_read(&second, printed.data, printed.length, &diags))
			abort();
		bh_manifest_dump(&first, &a);
		bh_manifest_dump(&second, &b);
		if (strcmp(bh_buf_str(&a), bh_buf_str(&b)) != 0)
			abort();
		bh_buf_finish(&printed);
		bh_buf_finish(&a);
		bh_buf_finish(&b);
	} else if (!diags.errors) {
		abort();
	}
	bh_diags_finish(&diags);
	free(blob);
	return 0;
}
