/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/print.h"

#include "dt/cells.h"
#include "dt/refs.h"
#include "dt/tables.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where a line is broken: between entries, and inside of one only when it is very long. */
#define ENTRY_COLUMNS 80
#define CELL_COLUMNS  100

struct label {
	const char *name;
	struct label *next;
};

struct printer {
	struct bh_buf *buf;
	const struct bh_dt *tree;
	const struct bh_refs *refs;
	unsigned flags;
	/* By node index, in the order of __symbols__; NULL: not wanted or none. */
	struct {
		struct label *first, *last;
	} * labels;
	struct bh_arena arena;
	int indent;        /* -1: all on one line */
	size_t line_start; /* offset in buf of the line begun last */
};

static bool is_label(const char *text)
{
	if (isdigit((unsigned char)*text))
		return false;
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	}
	return true;
}

static struct bh_dt_node *symbols_of(const struct bh_dt *tree)
{
	return bh_dt_exact_child(tree, tree->root, "__symbols__", 11);
}

static void fill_labels(struct printer *p)
{
	struct bh_dt_node *symbols = symbols_of(p->tree);

	if (!symbols)
		return;
	p->labels = bh_alloc(p->tree->slots * sizeof(*p->labels));
	for (struct bh_dt_prop *prop = symbols->props; prop; prop = prop->next) {
		struct bh_dt_node *node = bh_dt_by_label(p->tree, prop->name);

		if (!node || !is_label(prop->name))
			continue;
		struct label *label = bh_arena_alloc(&p->arena, sizeof(*label));
		label->name = prop->name;
		if (p->labels[node->index].last)
			p->labels[node->index].last->next = label;
		else
			p->labels[node->index].first = label;
		p->labels[node->index].last = label;
	}
}

static void new_line(struct printer *p)
{
	bh_buf_addc(p->buf, '\n');
	p->line_start = p->buf->length;
	for (int i = 0; i < p->indent; i++)
		bh_buf_addc(p->buf, '\t');
}

/* Between two parts of a value: goes to the next line when this one is longer than `room`. */
static void separate(struct printer *p, const char *with, size_t room)
{
	bh_buf_adds(p->buf, with);
	if (p->indent < 0)
		return;
	size_t columns = p->buf->length - p->line_start + 7 * (size_t)p->indent;
	if (columns < room)
		return;
	while (p->buf->length && p->buf->data[p->buf->length - 1] == ' ')
		p->buf->data[--p->buf->length] = 0;
	p->indent++;
	new_line(p);
	p->indent--;
}

/* The same guess as dtc's: strings that can be seen, each of at least one letter. */
static bool is_text(const struct bh_dt_prop *prop)
{
	if (!prop->length || prop->value[prop->length - 1])
		return false;
	for (uint32_t i = 0; i < prop->length; i++) {
		unsigned char c = prop->value[i];

		if (c ? (c < 0x20 || c > 0x7e) : (!i || !prop->value[i - 1]))
			return false;
	}
	return true;
}

static void add_strings(struct printer *p, const struct bh_dt_prop *prop)
{
	const char *at = (const char *)prop->value, *end = at + prop->length;

	while (at < end) {
		bh_buf_addc(p->buf, '"');
		for (; *at; at++) {
			if (*at == '"' || *at == '\\')
				bh_buf_addc(p->buf, '\\');
			bh_buf_addc(p->buf, *at);
		}
		bh_buf_addc(p->buf, '"');
		if (++at < end)
			separate(p, ", ", ENTRY_COLUMNS);
	}
}

static void add_bytes(struct printer *p, const struct bh_dt_prop *prop)
{
	bh_buf_addc(p->buf, '[');
	for (uint32_t i = 0; i < prop->length; i++) {
		if (i)
			separate(p, " ", CELL_COLUMNS);
		bh_buf_addf(p->buf, "%02x", prop->value[i]);
	}
	bh_buf_addc(p->buf, ']');
}

static void add_cells(struct printer *p, const struct bh_dt_prop *prop, uint32_t from, uint32_t to)
{
	bh_buf_addc(p->buf, '<');
	for (uint32_t i = from; i < to; i++) {
		if (i > from)
			separate(p, " ", CELL_COLUMNS);
		bh_buf_addf(p->buf, "0x%x", bh_dt_cell(prop, i));
	}
	bh_buf_addc(p->buf, '>');
}

static void add_target(struct printer *p, const struct bh_dt_node *target)
{
	const char *label = bh_dt_label(p->tree, target);

	bh_buf_addc(p->buf, '&');
	if (label && is_label(label)) {
		bh_buf_adds(p->buf, label);
	} else {
		bh_buf_addc(p->buf, '{');
		bh_dt_add_path(p->buf, target);
		bh_buf_addc(p->buf, '}');
	}
}

/* Where to break so that so many cells fit on the line, most of the time. */
static size_t room_for(uint32_t cells)
{
	return cells < 7 ? CELL_COLUMNS - 8 * (size_t)cells : ENTRY_COLUMNS / 2;
}

/* One <...> an entry, and one each for what lies between. */
static void add_entries(struct printer *p, const struct bh_dt_prop *prop, const struct bh_ref *refs,
			size_t count)
{
	uint32_t total = bh_dt_cell_count(prop), at = 0;

	for (size_t i = 0; i < count; i++) {
		const struct bh_ref *ref = &refs[i];

		if (at < ref->entry)
			add_cells(p, prop, at, ref->entry);
		if (ref->entry)
			separate(p, ", ", room_for(ref->entry_cells));
		bh_buf_addc(p->buf, '<');
		for (uint32_t c = 0; c < ref->entry_cells; c++) {
			if (c)
				separate(p, " ", CELL_COLUMNS);
			if (ref->entry + c == ref->cell && ref->target)
				add_target(p, ref->target);
			else
				bh_buf_addf(p->buf, "0x%x", bh_dt_cell(prop, ref->entry + c));
		}
		bh_buf_addc(p->buf, '>');
		at = ref->entry + ref->entry_cells;
	}
	if (at < total) {
		separate(p, ", ", ENTRY_COLUMNS);
		add_cells(p, prop, at, total);
	}
}

/* The cells of one entry of an address property; 0: it is none, or cannot be cut. */
static uint32_t address_stride(const struct bh_dt_node *node, const struct bh_dt_prop *prop)
{
	uint32_t count = 0;

	if (!strcmp(prop->name, "reg"))
		count = bh_dt_reg_count(node);
	else if (!strcmp(prop->name, "ranges") || !strcmp(prop->name, "dma-ranges"))
		count = bh_dt_window_count(node, prop->name);
	return count ? prop->length / 4 / count : 0;
}

static void add_addresses(struct printer *p, const struct bh_dt_prop *prop, uint32_t stride)
{
	for (uint32_t at = 0; at < prop->length / 4; at += stride) {
		if (at)
			separate(p, ", ", room_for(stride));
		add_cells(p, prop, at, at + stride);
	}
}

/* `refs` are the property's own. */
static void add_prop(struct printer *p, const struct bh_dt_node *node,
		     const struct bh_dt_prop *prop, const struct bh_ref *refs, size_t count)
{
	uint32_t stride = address_stride(node, prop);

	bh_buf_adds(p->buf, prop->name);
	if (prop->length)
		bh_buf_adds(p->buf, " = ");
	if (count)
		add_entries(p, prop, refs, count);
	else if (stride)
		add_addresses(p, prop, stride);
	else if (is_text(prop))
		add_strings(p, prop);
	else if (prop->length && prop->length % 4 == 0)
		add_cells(p, prop, 0, prop->length / 4);
	else if (prop->length)
		add_bytes(p, prop);
	bh_buf_addc(p->buf, ';');
}

static bool is_hidden(const struct printer *p, const struct bh_dt_prop *prop)
{
	return (p->flags & BH_DTS_HIDE_PHANDLES) &&
	       (!strcmp(prop->name, "phandle") || !strcmp(prop->name, "linux,phandle"));
}

static void add_origin(struct printer *p, const struct bh_dt_prop *prop)
{
	if ((p->flags & BH_DTS_ORIGINS) && prop->origin)
		bh_buf_addf(p->buf, " /* %s */", bh_dt_origin_name(p->tree, prop->origin));
}

static void open_node(struct printer *p, const struct bh_dt_node *node)
{
	const struct label *label = p->labels ? p->labels[node->index].first : NULL;
	size_t left = 0, count;
	const struct bh_ref *refs = p->refs ? bh_refs_from(p->refs, node, &left) : NULL;

	for (; label; label = label->next)
		bh_buf_addf(p->buf, "%s: ", label->name);
	bh_buf_addf(p->buf, "%s {", node->parent ? node->name : "/");
	p->indent++;
	for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
		for (count = 0; count < left && refs[count].prop == prop;)
			count++;
		if (!is_hidden(p, prop)) {
			new_line(p);
			add_prop(p, node, prop, refs, count);
			add_origin(p, prop);
		}
		left -= count;
		refs = left ? refs + count : NULL;
	}
}

static void close_node(struct printer *p)
{
	p->indent--;
	new_line(p);
	bh_buf_adds(p->buf, "};");
}

/* Nodes come after all properties, with an empty line before each that follows something. */
static void print_nodes(struct printer *p, const struct bh_dt_node *top)
{
	const struct bh_dt_node *symbols = symbols_of(p->tree), *node = top;

	while (node) {
		bool skip = node == symbols && (p->flags & BH_DTS_HIDE_SYMBOLS);
		const struct bh_dt_node *next =
			skip ? bh_dt_skip(top, node) : bh_dt_next(top, node);
		int ends = next ? node->depth - next->depth + 1 : node->depth - top->depth + 1;

		if (!skip) {
			if (node != top) {
				if (node->parent->props || node->parent->child != node)
					bh_buf_addc(p->buf, '\n');
				new_line(p);
			}
			open_node(p, node);
		} else {
			ends--;
		}
		for (; ends > 0; ends--)
			close_node(p);
		node = next;
	}
	bh_buf_addc(p->buf, '\n');
}

void bh_dt_print(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_dt_node *top,
		 const struct bh_refs *refs, unsigned flags)
{
	struct printer p = {.buf = buf, .tree = tree, .refs = refs, .flags = flags};

	bh_arena_init(&p.arena);
	fill_labels(&p);
	if (!top->parent && !(flags & BH_DTS_NO_HEADER)) {
		bh_buf_adds(buf, "/dts-v1/;\n\n");
		for (size_t i = 0; i < tree->reserve_count; i++)
			bh_buf_addf(buf, "/memreserve/ 0x%" PRIx64 " 0x%" PRIx64 ";\n",
				    tree->reserves[i].address, tree->reserves[i].size);
		if (tree->reserve_count)
			bh_buf_addc(buf, '\n');
	}
	p.line_start = buf->length;
	print_nodes(&p, top);
	free(p.labels);
	bh_arena_finish(&p.arena);
}

void bh_dt_print_prop(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_dt_node *node,
		      const struct bh_dt_prop *prop, const struct bh_refs *refs)
{
	struct printer p = {.buf = buf, .tree = tree, .indent = -1};
	size_t count = 0;
	const struct bh_ref *own = refs ? bh_refs_of(refs, node, prop, &count) : NULL;

	add_prop(&p, node, prop, own, count);
}
