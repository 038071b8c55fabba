/* SPDX-License-Identifier: Apache-2.0 */
/* DTS text of any tree, in all manners: no byte of it may be one that a terminal obeys. */
#include "dt/print.h"
#include "dt/refs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_diags diags;
	struct bh_buf text;

	bh_diags_init(&diags);
	bh_buf_init(&text);
	if (bh_dt_read(&tree, data, size, "fuzz", &diags)) {
		bh_refs_extract(&refs, &tree, NULL, 0, NULL);
		for (unsigned flags = 0; flags < 16; flags++)
			bh_dt_print(&text, &tree, tree.root, flags % 2 ? &refs : NULL, flags);
		for (size_t i = 0; i < text.length; i++) {
			unsigned char c = (unsigned char)text.data[i];

			if (c > 0x7e || (c < 0x20 && c != '\n' && c != '\t'))
				abort();
		}
		bh_refs_finish(&refs);
		bh_dt_finish(&tree);
	}
	bh_buf_finish(&text);
	bh_diags_finish(&diags);
	return 0;
}
