/* SPDX-License-Identifier: Apache-2.0 */
/* The sanity of every address property in a tree. */
#include "dt/cells.h"

#include <stdlib.h>
#include <string.h>

static struct bh_diag *warn(struct bh_diags *diags, const char *code, const struct bh_dt_node *node,
			    const char *property, const char *text)
{
	char *path = bh_dt_path(node);
	struct bh_diag *diag = bh_warning(diags, code, "`%s`: %s", property, text);

	bh_diag_node(diag, path, property);
	free(path);
	return diag;
}

static void check_cells(const struct bh_dt_node *node, const char *name, struct bh_diags *diags)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, name);

	if (prop && (prop->length != 4 || bh_dt_cell(prop, 0) > 4))
		warn(diags, "E0330", node, name,
		     prop->length == 4 ? "more than four cells" : "not one cell");
}

static void report(const struct bh_dt_node *node, const char *property, const char *code,
		   enum bh_dt_address_result result, struct bh_diags *diags)
{
	struct bh_diag *diag = warn(diags, result == BH_DT_OVERFLOW ? "E0333" : code, node,
				    property, bh_dt_address_result_text(result));
	struct bh_dt_cells above = bh_dt_reg_cells(node);

	if (result == BH_DT_MALFORMED)
		bh_diag_cause(
			diag,
			"it has %u bytes; the parent says #address-cells %u and #size-cells %u",
			bh_dt_get(node, property)->length, above.address, above.size);
}

static void check_windows(const struct bh_dt_node *node, const char *property,
			  struct bh_diags *diags)
{
	struct bh_dt_window window;
	enum bh_dt_address_result result = BH_DT_OK;

	for (uint32_t i = 0; result == BH_DT_OK; i++)
		result = bh_dt_window(node, property, i, &window);
	if (result != BH_DT_ABSENT)
		report(node, property, "E0332", result, diags);
}

static bool is_mapped(const struct bh_dt_node *node)
{
	return node->parent && bh_dt_is_mapped_bus(node->parent);
}

void bh_dt_check_addresses(const struct bh_dt *tree, struct bh_diags *diags)
{
	bh_dt_for_each(node, tree->root)
	{
		struct bh_dt_reg reg;
		enum bh_dt_address_result result = BH_DT_OK;

		check_cells(node, "#address-cells", diags);
		check_cells(node, "#size-cells", diags);
		for (uint32_t i = 0; result == BH_DT_OK; i++)
			result = bh_dt_reg(node, i, &reg);
		/* Outside of memory-mapped buses `reg` is whatever the binding says. */
		if (result == BH_DT_MALFORMED || (result == BH_DT_OVERFLOW && is_mapped(node)))
			report(node, "reg", "E0331", result, diags);
		check_windows(node, "ranges", diags);
		check_windows(node, "dma-ranges", diags);
	}
}
