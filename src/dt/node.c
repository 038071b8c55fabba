/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the tree and reading properties. */
#include "base/str.h"
#include "dt/tables.h"

#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <string.h>

struct bh_dt_node *bh_dt_skip(const struct bh_dt_node *top, const struct bh_dt_node *node)
{
	while (node != top) {
		if (node->next)
			return node->next;
		node = node->parent;
	}
	return NULL;
}

struct bh_dt_node *bh_dt_next(const struct bh_dt_node *top, const struct bh_dt_node *node)
{
	return node->child ? node->child : bh_dt_skip(top, node);
}

bool bh_dt_is_below(const struct bh_dt_node *node, const struct bh_dt_node *top)
{
	while (node && node->depth > top->depth)
		node = node->parent;
	return node == top;
}

size_t bh_dt_base_name_length(const struct bh_dt_node *node)
{
	return strcspn(node->name, "@");
}

const char *bh_dt_unit_address(const struct bh_dt_node *node)
{
	const char *at = strchr(node->name, '@');

	return at ? at + 1 : NULL;
}

struct bh_dt_node *bh_dt_child(const struct bh_dt_node *node, const char *name)
{
	size_t length = strlen(name);
	bool whole = strchr(name, '@');

	for (struct bh_dt_node *child = node->child; child; child = child->next) {
		if (!strncmp(child->name, name, length) &&
		    (!child->name[length] || (!whole && child->name[length] == '@')))
			return child;
	}
	return NULL;
}

void bh_dt_add_path(struct bh_buf *buf, const struct bh_dt_node *node)
{
	const struct bh_dt_node *parts[BH_DT_DEPTH_MAX];
	size_t count = 0;

	if (!node->parent)
		bh_buf_addc(buf, '/');
	for (; node->parent; node = node->parent)
		parts[count++] = node;
	while (count) {
		bh_buf_addc(buf, '/');
		bh_buf_adds(buf, parts[--count]->name);
	}
}

char *bh_dt_path(const struct bh_dt_node *node)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	bh_dt_add_path(&buf, node);
	return bh_buf_take(&buf);
}

struct bh_dt_prop *bh_dt_get(const struct bh_dt_node *node, const char *name)
{
	for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
		if (prop->name == name || !strcmp(prop->name, name))
			return prop;
	}
	return NULL;
}

bool bh_dt_has(const struct bh_dt_node *node, const char *name)
{
	return bh_dt_get(node, name);
}

uint32_t bh_dt_cell_count(const struct bh_dt_prop *prop)
{
	return prop ? prop->length / 4 : 0;
}

uint32_t bh_dt_cell(const struct bh_dt_prop *prop, uint32_t index)
{
	uint32_t cell;

	assert(index < bh_dt_cell_count(prop));
	memcpy(&cell, prop->value + 4 * (size_t)index, 4);
	return be32toh(cell);
}

bool bh_dt_u32(const struct bh_dt_node *node, const char *name, uint32_t *value)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, name);

	if (!prop || prop->length != 4)
		return false;
	*value = bh_dt_cell(prop, 0);
	return true;
}

bool bh_dt_u64(const struct bh_dt_node *node, const char *name, uint64_t *value)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, name);

	if (!prop || (prop->length != 4 && prop->length != 8))
		return false;
	*value = bh_dt_cell(prop, 0);
	if (prop->length == 8)
		*value = *value << 32 | bh_dt_cell(prop, 1);
	return true;
}

uint32_t bh_dt_string_count(const struct bh_dt_prop *prop)
{
	uint32_t count = 0;

	if (!prop || !prop->length || prop->value[prop->length - 1])
		return 0;
	for (uint32_t i = 0; i < prop->length; i++)
		count += !prop->value[i];
	return count;
}

const char *bh_dt_string_at(const struct bh_dt_prop *prop, uint32_t index)
{
	if (!prop || !prop->length || prop->value[prop->length - 1])
		return NULL;
	const char *text = (const char *)prop->value, *end = text + prop->length;

	for (; text < end; text += strlen(text) + 1) {
		if (!index--)
			return text;
	}
	return NULL;
}

const char *bh_dt_string(const struct bh_dt_node *node, const char *name)
{
	return bh_dt_string_at(bh_dt_get(node, name), 0);
}

int bh_dt_string_index(const struct bh_dt_prop *prop, const char *text)
{
	if (!prop || !prop->length || prop->value[prop->length - 1])
		return -1;
	const char *at = (const char *)prop->value, *end = at + prop->length;

	for (int i = 0; at < end; at += strlen(at) + 1, i++) {
		if (!strcmp(at, text))
			return i;
	}
	return -1;
}

bool bh_dt_is_compatible(const struct bh_dt_node *node, const char *compatible)
{
	return bh_dt_string_index(bh_dt_get(node, "compatible"), compatible) >= 0;
}

bool bh_dt_says_okay(const struct bh_dt_node *node)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "status");

	if (!prop)
		return true;
	const char *status = bh_dt_string_at(prop, 0);
	return status && (!strcmp(status, "okay") || !strcmp(status, "ok"));
}

bool bh_dt_enabled(const struct bh_dt_node *node)
{
	for (; node; node = node->parent) {
		if (!bh_dt_says_okay(node))
			return false;
	}
	return true;
}

const char *bh_dt_origin_name(const struct bh_dt *tree, uint16_t origin)
{
	assert(origin < tree->tables->origin_count);
	return tree->tables->origins[origin];
}

static bool all_of(const char *text, size_t length, const char *others)
{
	for (size_t i = 0; i < length; i++) {
		if (!text[i] || (!isalnum((unsigned char)text[i]) && !strchr(others, text[i])))
			return false;
	}
	return true;
}

bool bh_dt_node_name_ok(const char *name, size_t length)
{
	const char *at = memchr(name, '@', length);

	if (!length || length > BH_DT_NAME_MAX || at == name)
		return false;
	if (at && memchr(at + 1, '@', length - (size_t)(at + 1 - name)))
		return false;
	return all_of(name, length, ",._+-@");
}

bool bh_dt_prop_name_ok(const char *name, size_t length)
{
	return length && length <= BH_DT_NAME_MAX && all_of(name, length, ",._+*#?-");
}
