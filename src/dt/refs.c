/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/refs.h"

#include "dt/cells.h"
#include "dt/irq.h"
#include "dt/refs_cut.h"
#include "dt/tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct bh_refs_index {
	/* By node index: where the node's references begin, and how many there are. */
	struct {
		size_t first;
		uint32_t count;
	} * from;
	/* Filled when first asked for: those that point at node i are to[starts[i]..starts[i + 1]).
	 */
	size_t *starts;
	const struct bh_ref **to;
	uint32_t slots;
};

static bool is_empty(uint32_t phandle)
{
	return !phandle || phandle == UINT32_MAX;
}

/* Numbers that make sense as text are text. */
static bool is_text(const struct bh_dt_prop *prop)
{
	if (!bh_dt_string_count(prop))
		return false;
	for (uint32_t i = 0; i < prop->length; i++) {
		unsigned char c = prop->value[i];

		if (c ? (c < 0x20 || c > 0x7e) : (!i || !prop->value[i - 1]))
			return false;
	}
	return true;
}

/* What no rule knows: does it look like a reference all the same? */
static void detect(struct bh_refs_cut *cut)
{
	struct bh_refs *refs = cut->refs;
	const struct bh_dt_prop *prop = cut->prop;
	struct bh_dt_node *target;

	if (!prop->length || prop->length % 4 || is_text(prop))
		return;
	uint32_t first = bh_dt_cell(prop, 0);
	target = is_empty(first) ? NULL : bh_dt_by_phandle(cut->tree, first);
	if (!target)
		return;
	bh_grow((void **)&refs->unknown, &cut->unknown_room, refs->unknown_count + 1,
		sizeof(*refs->unknown));
	refs->unknown[refs->unknown_count++] =
		(struct bh_ref_unknown){.from = cut->node, .prop = prop, .target = target};
}

static bool none_is_live(const struct bh_refs *refs, size_t from)
{
	for (size_t i = from; i < refs->count; i++) {
		if (refs->items[i].state == BH_REF_OK)
			return false;
	}
	return true;
}

static void take_prop(struct bh_refs_cut *cut)
{
	struct bh_refs *refs = cut->refs;
	const struct bh_dt_rule *rule = cut->rule;
	size_t before = refs->count;

	if (!rule) {
		detect(cut);
		return;
	}
	if (rule->shape == BH_SHAPE_SCALAR || !cut->prop->length)
		return;
	if ((rule->flags & BH_RULE_NOT_HOG) && bh_dt_has(cut->node, "gpio-hog"))
		return;
	/* `interrupts-extended` replaces `interrupts`. */
	if (rule->shape == BH_SHAPE_INTERRUPTS && bh_dt_has(cut->node, "interrupts-extended"))
		return;
	cut->damaged = false;
	cut->quiet = rule->flags & BH_RULE_AMBIGUOUS;
	bh_refs_cut_prop(cut);
	if (cut->quiet && (cut->damaged || none_is_live(refs, before)))
		refs->count = before;
	refs->resolved_properties += refs->count > before;
}

/* Nodes whose properties are names of other things. */
static bool is_name_list(const struct bh_dt_node *node)
{
	return node->depth == 1 &&
	       (!strcmp(node->name, "aliases") || !strncmp(node->name, "__", 2));
}

void bh_refs_extract(struct bh_refs *refs, const struct bh_dt *tree, const struct bh_dt_rule *extra,
		     size_t extra_count, struct bh_diags *diags)
{
	/* By property name: its rule, or `unasked`. */
	static const struct bh_dt_rule unasked;
	uint32_t names = tree->tables->name_count;
	const struct bh_dt_rule **rule_of = bh_alloc(names * sizeof(struct bh_dt_rule *));
	struct bh_rule_set set;
	struct bh_refs_cut cut = {.refs = refs, .tree = tree, .diags = diags};

	*refs = (struct bh_refs){.tree = tree, .index = bh_alloc(sizeof(*refs->index))};
	refs->index->slots = tree->slots;
	refs->index->from = bh_alloc(tree->slots * sizeof(*refs->index->from));
	bh_rule_set_init(&set, extra, extra_count);
	for (uint32_t i = 0; i < names; i++)
		rule_of[i] = &unasked;

	for (struct bh_dt_node *node = tree->root, *next; node; node = next) {
		size_t first = refs->count;

		next = is_name_list(node) ? bh_dt_skip(tree->root, node)
					  : bh_dt_next(tree->root, node);
		cut.node = node;
		for (struct bh_dt_prop *prop = is_name_list(node) ? NULL : node->props; prop;
		     prop = prop->next) {
			uint32_t id = bh_dt_name_of(prop->name)->id;

			if (rule_of[id] == &unasked)
				rule_of[id] = bh_rule_set_find(&set, prop->name);
			cut.prop = prop;
			cut.rule = rule_of[id];
			take_prop(&cut);
		}
		refs->index->from[node->index].first = first;
		refs->index->from[node->index].count = (uint32_t)(refs->count - first);
	}
	bh_rule_set_finish(&set);
	free(rule_of);
}

void bh_refs_finish(struct bh_refs *refs)
{
	if (refs->index) {
		free(refs->index->from);
		free(refs->index->starts);
		free(refs->index->to);
	}
	free(refs->index);
	free(refs->items);
	free(refs->unknown);
	*refs = (struct bh_refs){0};
}

const struct bh_ref *bh_refs_from(const struct bh_refs *refs, const struct bh_dt_node *node,
				  size_t *count)
{
	*count = 0;
	if (node->index >= refs->index->slots)
		return NULL;
	*count = refs->index->from[node->index].count;
	return *count ? &refs->items[refs->index->from[node->index].first] : NULL;
}

const struct bh_ref *bh_refs_of(const struct bh_refs *refs, const struct bh_dt_node *node,
				const struct bh_dt_prop *prop, size_t *count)
{
	size_t all, first = 0;
	const struct bh_ref *items = bh_refs_from(refs, node, &all);

	while (first < all && items[first].prop != prop)
		first++;
	*count = 0;
	while (first + *count < all && items[first + *count].prop == prop)
		++*count;
	return *count ? items + first : NULL;
}

static void fill_reverse(const struct bh_refs *refs)
{
	struct bh_refs_index *index = refs->index;

	index->starts = bh_alloc((index->slots + 1u) * sizeof(*index->starts));
	index->to = bh_alloc(refs->count * sizeof(struct bh_ref *));
	for (size_t i = 0; i < refs->count; i++) {
		if (refs->items[i].target)
			index->starts[refs->items[i].target->index]++;
	}
	/* From counts to ends; filling backwards then turns the ends into starts. */
	for (uint32_t i = 1; i <= index->slots; i++)
		index->starts[i] += index->starts[i - 1];
	for (size_t i = refs->count; i-- > 0;) {
		if (refs->items[i].target)
			index->to[--index->starts[refs->items[i].target->index]] = &refs->items[i];
	}
}

const struct bh_ref *const *bh_refs_to(const struct bh_refs *refs, const struct bh_dt_node *node,
				       size_t *count)
{
	struct bh_refs_index *index = refs->index;

	*count = 0;
	if (node->index >= index->slots)
		return NULL;
	if (!index->starts)
		fill_reverse(refs);
	assert(index->starts);
	*count = index->starts[node->index + 1] - index->starts[node->index];
	return *count ? index->to + index->starts[node->index] : NULL;
}

uint32_t bh_ref_arg(const struct bh_ref *ref, uint32_t i)
{
	assert(i < ref->arg_count);
	return bh_dt_cell(ref->prop, ref->entry + ref->args_at + i);
}

const char *bh_ref_arg_name(const struct bh_ref *ref, uint32_t i, size_t *length)
{
	const char *word = ref->rule->args;

	for (uint32_t n = 0; word && *word; word += strspn(word, " ")) {
		*length = strcspn(word, " ");
		if (*word != '&' && n++ == i)
			return word;
		word += *length;
	}
	return NULL;
}

/* Buses hold nodes of others: what lies directly on one is not theirs. */
static bool is_bus(const struct bh_dt_node *node)
{
	return bh_dt_is_compatible(node, "simple-bus") ||
	       bh_dt_is_compatible(node, "simple-pm-bus");
}

struct bh_dt_node *bh_dt_owner(const struct bh_dt_node *node)
{
	const struct bh_dt_node *at = node;

	while (at->parent && !bh_dt_has(at, "compatible"))
		at = at->parent;
	if (!at->parent || (at != node && is_bus(at)))
		at = node;
	return (struct bh_dt_node *)(uintptr_t)at;
}

void bh_ref_add_text(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_ref *ref)
{
	bh_buf_addf(buf, "%s[%u]", ref->prop->name, ref->index);
	if (ref->name)
		bh_buf_addf(buf, " (%s)", ref->name);
	bh_buf_adds(buf, ": ");
	if (ref->target)
		bh_dt_add_short_name(buf, tree, ref->target);
	else if (ref->state == BH_REF_EMPTY)
		bh_buf_adds(buf, "nothing");
	else
		bh_buf_addf(buf, "0x%x, which no node has", ref->phandle);
	for (uint32_t i = 0; i < ref->arg_count; i++)
		bh_buf_addf(buf, " %u", bh_ref_arg(ref, i));
}
