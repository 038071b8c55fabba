/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The references of any tree: each lies inside its property, and the way back finds it. And the
 * short name of any node leads back to it.
 */
#include "dt/refs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_here)
{
	if (!true_here)
		abort();
}

static void check(const struct bh_refs *refs, const struct bh_ref *ref)
{
	uint32_t total = bh_dt_cell_count(ref->prop);
	size_t count;

	expect(ref->entry_cells && ref->entry_cells <= total &&
	       ref->entry <= total - ref->entry_cells);
	expect(ref->args_at + ref->arg_count <= ref->entry_cells);
	expect(ref->cell == BH_REF_NO_CELL ||
	       (ref->cell >= ref->entry && ref->cell < ref->entry + ref->entry_cells));
	expect((ref->state == BH_REF_OK) == (ref->target != NULL));
	for (uint32_t i = 0; i < ref->arg_count; i++)
		bh_ref_arg(ref, i);
	if (!ref->target)
		return;
	bh_dt_owner(ref->target);
	const struct bh_ref *const *to = bh_refs_to(refs, ref->target, &count);
	bool found = false;
	for (size_t i = 0; i < count && i < 1000; i++)
		found |= to[i] == ref;
	expect(found || count > 1000);
}

static void check_names(const struct bh_dt *tree)
{
	for (uint32_t i = 0; i < tree->slots && i < 50; i++) {
		struct bh_buf name;

		bh_buf_init(&name);
		bh_dt_add_short_name(&name, tree, tree->nodes[i]);
		expect(bh_dt_resolve(tree, bh_buf_str(&name), NULL, NULL) == tree->nodes[i]);
		/* One letter less may mean anything, or nothing with a suggestion. */
		name.data[name.length - 1] = 0;
		bh_dt_resolve(tree, name.data, NULL, NULL);
		bh_buf_finish(&name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_diags diags;
	struct bh_buf text;

	bh_diags_init(&diags);
	if (bh_dt_read(&tree, data, size, "fuzz", &diags)) {
		bh_refs_extract(&refs, &tree, NULL, 0, &diags);
		bh_buf_init(&text);
		for (size_t i = 0; i < refs.count && i < 1000; i++) {
			check(&refs, &refs.items[i]);
			bh_ref_add_text(&text, &tree, &refs.items[i]);
		}
		bh_buf_finish(&text);
		check_names(&tree);
		bh_refs_finish(&refs);
		bh_dt_finish(&tree);
	}
	bh_diags_finish(&diags);
	return 0;
}
