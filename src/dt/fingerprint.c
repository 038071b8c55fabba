/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/fingerprint.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a: bh_hash() is seeded, and this one is compared over years and machines. */
#define FNV_START 14695981039346656037ull
#define FNV_PRIME 1099511628211ull

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

/* Spreads all bits over all others, so that sums of hashes do not cancel out. */
static uint64_t finish(uint64_t hash)
{
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebull;
	return hash ^ hash >> 31;
}

/* The node and all below it are written anew by every boot. */
static bool is_passing(const struct bh_dt_node *node)
{
	static const char *const labels[] = {"__symbols__", "__fixups__", "__local_fixups__"};

	if (node->depth == 1) {
		for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
			if (bh_str_eq(node->name, labels[i]))
				return true;
		if (bh_str_eq(bh_dt_string(node, "device_type"), "memory"))
			return true;
		/* A container of nothing but what we have had set aside. */
		if (bh_str_eq(node->name, "reserved-memory")) {
			for (const struct bh_dt_node *child = node->child; child;
			     child = child->next)
				if (!is_passing(child))
					return false;
			return true;
		}
	}
	return node->depth == 2 && bh_str_eq(node->parent->name, "reserved-memory") &&
	       bh_dt_is_compatible(node, "bulkhead,memory");
}

static bool is_passing_prop(const struct bh_dt_node *node, const struct bh_dt_prop *prop)
{
	static const char *const names[] = {"local-mac-address", "mac-address", "serial-number"};

	if (node->depth == 1 && bh_str_eq(node->name, "chosen"))
		return !bh_str_eq(prop->name, "stdout-path");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bh_str_eq(prop->name, names[i]))
			return true;
	return false;
}

/* Boot loaders make an empty /chosen where there is none. */
static bool counts_by_itself(const struct bh_dt_node *node)
{
	return !(node->depth == 1 && bh_str_eq(node->name, "chosen")) ||
	       bh_dt_has(node, "stdout-path");
}

static struct bh_dt_node *step(const struct bh_dt_node *root, const struct bh_dt_node *node)
{
	return is_passing(node) ? bh_dt_skip(root, node) : bh_dt_next(root, node);
}

uint64_t bh_dt_fingerprint(const struct bh_dt *tree)
{
	uint64_t paths[BH_DT_DEPTH_MAX + 1], sum = 0;

	for (struct bh_dt_node *node = tree->root; node; node = step(tree->root, node)) {
		uint64_t path = node->depth ? paths[node->depth - 1] : FNV_START;

		if (is_passing(node))
			continue;
		path = paths[node->depth] = mix(mix(path, "/", 1), node->name, strlen(node->name));
		if (counts_by_itself(node))
			sum += finish(path);
		for (const struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
			uint64_t hash;

			if (is_passing_prop(node, prop))
				continue;
			hash = mix(path, prop->name, strlen(prop->name) + 1);
			sum += finish(mix(hash, prop->value, prop->length));
		}
	}
	return sum ? sum : 1;
}

/* The property in which `a` differs from its counterpart; "" when only `b` has one more. */
static const char *differs(const struct bh_dt_node *a, const struct bh_dt_node *b)
{
	size_t more = 0;

	for (const struct bh_dt_prop *prop = a->props; prop; prop = prop->next) {
		const struct bh_dt_prop *other;

		if (is_passing_prop(a, prop))
			continue;
		other = bh_dt_get(b, prop->name);
		if (!other || other->length != prop->length ||
		    memcmp(other->value, prop->value, prop->length) != 0)
			return prop->name;
		more++;
	}
	for (const struct bh_dt_prop *prop = b->props; prop; prop = prop->next) {
		if (is_passing_prop(b, prop))
			continue;
		if (!more--)
			return prop->name;
	}
	return NULL;
}

/* The node of the same full name; `near` is where it lies when both trees have the same order. */
static struct bh_dt_node *twin(const struct bh_dt_node *parent, const char *name,
			       struct bh_dt_node *near)
{
	if (near && near->parent == parent && bh_str_eq(near->name, name))
		return near;
	for (struct bh_dt_node *child = parent->child; child; child = child->next)
		if (bh_str_eq(child->name, name))
			return child;
	return NULL;
}

/* Nodes of `a` without a counterpart in `b`, and, when wanted, those that differ from it. */
static void compare(const struct bh_dt *a, const struct bh_dt *b, struct bh_dt_difference *d,
		    bool forward)
{
	/* By node of `a`: its counterpart. */
	struct bh_dt_node **twins = bh_alloc(a->slots * sizeof(struct bh_dt_node *));
	struct bh_dt_node *near = NULL;

	for (struct bh_dt_node *node = a->root, *next; node; node = next) {
		struct bh_dt_node *other = b->root;
		const char *property;

		next = step(a->root, node);
		if (is_passing(node))
			continue;
		if (node->parent)
			other = twin(twins[node->parent->index], node->name, near);
		if (!other) {
			next = bh_dt_skip(a->root, node);
			if (!counts_by_itself(node))
				continue;
			if (forward && !d->removed++)
				d->first_removed = node;
			else if (!forward && !d->added++)
				d->first_added = node;
			continue;
		}
		twins[node->index] = other;
		near = bh_dt_next(b->root, other);
		property = forward ? differs(node, other) : NULL;
		if (property && !d->changed++) {
			d->first_changed = node;
			d->property = property;
		}
	}
	free(twins);
}

void bh_dt_compare(const struct bh_dt *a, const struct bh_dt *b,
		   struct bh_dt_difference *difference)
{
	*difference = (struct bh_dt_difference){0};
	compare(a, b, difference, true);
	compare(b, a, difference, false);
}
