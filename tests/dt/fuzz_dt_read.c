/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: either refused with an error, or a tree that survives being written and read again. */
#include "dt/cells.h"
#include "dt/irq.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_here)
{
	if (!true_here)
		abort();
}

static void ask_addresses(const struct bh_dt *tree, struct bh_diags *diags)
{
	bh_dt_check_addresses(tree, diags);
	bh_dt_for_each(node, tree->root)
	{
		struct bh_range range;
		struct bh_dt_irq irq;

		for (uint32_t i = 0; i < bh_dt_reg_count(node) && i < 16; i++)
			bh_dt_reg_cpu(node, i, &range);
		bh_dt_dma_limit(node);
		bh_dt_dma_to_cpu(node, (struct bh_range){0x1000, 0x1000}, &range);
		for (uint32_t i = 0; i < bh_dt_irq_count(tree, node) && i < 16; i++)
			bh_dt_irq(tree, node, i, &irq);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_dt tree, again;
	struct bh_diags diags;
	size_t written, rewritten;

	bh_diags_init(&diags);
	if (!bh_dt_read(&tree, data, size, "fuzz", &diags)) {
		expect(diags.errors > 0);
		bh_diags_finish(&diags);
		return 0;
	}
	expect(diags.errors == 0);
	ask_addresses(&tree, &diags);
	void *blob = bh_dt_write(&tree, &written, &diags);
	expect(blob && bh_dt_read(&again, blob, written, "again", &diags));
	expect(again.count == tree.count && again.reserve_count == tree.reserve_count);
	void *second = bh_dt_write(&again, &rewritten, &diags);
	expect(second && rewritten == written && !memcmp(blob, second, written));
	bh_dt_finish(&again);
	bh_dt_finish(&tree);
	free(second);
	free(blob);
	bh_diags_finish(&diags);
	return 0;
}
