/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole way from bytes to printed trees: two bytes say how long the configuration is, then
 * configuration, then blob. Whatever comes in, a plan is made or refused with reasons, and a plan
 * that is made can be printed.
 */
#include "emit/emit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct bh_plan *plan, const struct bh_partition *partition, bool ok)
{
	struct bh_buf text = {0};

	bh_emit_svg(&text, plan);
	for (size_t v = 0; ok && v < plan->vm_count; v++) {
		struct bh_guest guest;
		struct bh_diags diags = {0};

		if (bh_guest_make(&guest, plan, v, partition, &diags)) {
			bh_tree_check(guest.tree, guest.tree_size, "guest", &diags);
			bh_manifest_write(&guest.manifest, &text, &diags);
		} else if (!diags.errors) {
			abort(); /* a failure without a reason */
		}
		bh_guest_finish(&guest);
		bh_diags_finish(&diags);
	}
	if (ok)
		bh_emit_host_overlay(&text, plan);
	bh_buf_finish(&text);
}

/* The host has some PCI functions, whatever its tree says. */
static const char host[] =
	"snapshot = 1\n"
	"[pci.\"0000:00:00.0\"]\nclass = 0x060000\n"
	"[pci.\"0000:00:01.0\"]\nclass = 0x020000\nbridge = \"10200000.pcie\"\niommu-group = 1\n"
	"bars = [{ index = 0, size = 0x20000 }, { index = 2, size = 0x10000000000, wide = true, "
	"prefetch = true }]\n"
	"[pci.\"0000:00:02.0\"]\nclass = 0x0c0300\ndriver = \"u\"\niommu-group = 2\n"
	"[pci.\"0000:00:02.1\"]\nclass = 0x0c0300\ndriver = \"u\"\niommu-group = 2\n"
	"[pci.\"0000:00:03.0\"]\nclass = 0x030000\niommu-group = 3\n"
	"bars = [{ index = 0, size = 0x1000, wide = true, prefetch = true }]\n"
	"[pci.\"0000:00:03.1\"]\nclass = 0x040000\niommu-group = 3\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_diags diags = {0};
	struct bh_snapshot snapshot;
	struct bh_pci pci;
	struct bh_partition partition;
	struct bh_board board;
	struct bh_survey survey;
	struct bh_refs refs;
	struct bh_plan plan;
	struct bh_dt tree;
	size_t config;
	bool ok;

	if (size < 2)
		return 0;
	config = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (config > size)
		return 0;
	if (bh_partition_parse(&partition, "config", (const char *)data, config, &diags))
		goto partition;
	/* A copy of its own size, so that reading past its end is seen. */
	void *blob = malloc(size - config + 1);
	for (size_t i = 0; i < size - config; i++)
		((uint8_t *)blob)[i] = data[config + i];
	if (bh_dt_read(&tree, blob, size - config, "blob", &diags)) {
		bh_refs_extract(&refs, &tree, NULL, 0, NULL);
		if (bh_board_read(&board, &tree, NULL, &diags)) {
			bh_survey_init(&survey, &tree, &refs, &board, NULL);
			if (!bh_snapshot_parse(&snapshot, "host", host, sizeof(host) - 1, NULL) ||
			    !bh_pci_read(&pci, &snapshot, NULL))
				abort();
			bh_survey_set_pci(&survey, &pci);
			bh_diags_finish(&diags);
			bh_diags_init(&diags);
			ok = bh_plan_make(&plan, &survey, &partition, &diags);
			if (!ok && !diags.errors)
				abort(); /* refused without a reason */
			print(&plan, &partition, ok);
			bh_plan_finish(&plan);
			bh_survey_finish(&survey);
			bh_pci_finish(&pci);
			bh_snapshot_finish(&snapshot);
		}
		bh_board_finish(&board);
		bh_refs_finish(&refs);
		bh_dt_finish(&tree);
	}
	free(blob);
partition:
	bh_diags_finish(&diags);
	bh_partition_finish(&partition);
	return 0;
}
