/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/dt_diff.h"

#include "dt/print.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct diff {
	struct bh_buf *text;
	json_t *rows;
	const struct bh_plan *plan;
	const struct bh_refs *host_refs, *guest_refs;
	const struct bh_dt *guest;
};

/* The guest's node of the same name and address, wherever it hangs. */
static const struct bh_dt_node *counterpart(const struct diff *d, const struct bh_dt_node *host)
{
	const char *unit = bh_dt_unit_address(host);
	size_t length = bh_dt_base_name_length(host);

	bh_dt_for_each(node, d->guest->root)
	{
		const char *other = bh_dt_unit_address(node);

		if (bh_dt_base_name_length(node) != length ||
		    memcmp(node->name, host->name, length) != 0 || !unit != !other)
			continue;
		if (!unit || !strcmp(unit, other))
			return node;
	}
	return NULL;
}

static void line(struct diff *d, const char *node, char sign, const struct bh_dt *tree,
		 const struct bh_dt_node *from, const struct bh_dt_prop *prop,
		 const struct bh_refs *refs)
{
	struct bh_buf value = {0};

	bh_dt_print_prop(&value, tree, from, prop, refs);
	if (d->rows)
		json_array_append_new(d->rows, json_pack("{ssssss}", "node", node, "change",
							 sign == '-' ? "removed" : "added",
							 "property", bh_buf_str(&value)));
	else
		bh_buf_addf(d->text, "%c   %s\n", sign, bh_buf_str(&value));
	bh_buf_finish(&value);
}

static bool same_text(const struct diff *d, const struct bh_dt_node *host,
		      const struct bh_dt_prop *a, const struct bh_dt_node *guest,
		      const struct bh_dt_prop *b)
{
	struct bh_buf x = {0}, y = {0};
	bool same;

	bh_dt_print_prop(&x, d->plan->survey->tree, host, a, d->host_refs);
	bh_dt_print_prop(&y, d->guest, guest, b, d->guest_refs);
	same = bh_str_eq(bh_buf_str(&x), bh_buf_str(&y));
	bh_buf_finish(&x);
	bh_buf_finish(&y);
	return same;
}

static void diff_node(struct diff *d, const struct bh_dt_node *host)
{
	const struct bh_dt_node *guest = counterpart(d, host);
	char *path = bh_dt_path(host);

	if (!d->rows)
		bh_buf_addf(d->text, "%s %s\n", guest ? " " : "-", path);
	for (const struct bh_dt_prop *a = host->props; guest && a; a = a->next) {
		const struct bh_dt_prop *b = bh_dt_get(guest, a->name);

		if (bh_str_eq(a->name, "phandle") || (b && same_text(d, host, a, guest, b)))
			continue;
		line(d, path, '-', d->plan->survey->tree, host, a, d->host_refs);
		if (b)
			line(d, path, '+', d->guest, guest, b, d->guest_refs);
	}
	for (const struct bh_dt_prop *b = guest ? guest->props : NULL; b; b = b->next)
		if (!bh_dt_has(host, b->name) && !bh_str_eq(b->name, "phandle"))
			line(d, path, '+', d->guest, guest, b, d->guest_refs);
	free(path);
}

void bh_dt_diff(struct bh_buf *text, json_t *rows, const struct bh_plan *plan, size_t vm,
		const void *blob, size_t size)
{
	struct bh_dt guest;
	struct bh_refs refs;
	struct diff d = {.text = text,
			 .rows = rows,
			 .plan = plan,
			 .host_refs = plan->survey->refs,
			 .guest_refs = &refs,
			 .guest = &guest};

	if (!bh_dt_read(&guest, blob, size, "guest", NULL))
		return;
	bh_refs_extract(&refs, &guest, NULL, 0, NULL);
	for (size_t u = 0; u < plan->vms[vm].unit_count; u++) {
		bh_dt_for_each(node, (struct bh_dt_node *)plan->vms[vm].units[u].node)
		{
			if (bh_survey_of(plan->survey, node)->enabled)
				diff_node(&d, node);
		}
	}
	bh_refs_finish(&refs);
	bh_dt_finish(&guest);
}
