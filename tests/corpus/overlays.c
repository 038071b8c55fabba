/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's overlays on the trees they are for, by us and by libfdt: overlays FOLDER.
 *
 * For each overlay, every tree of the same vendor that has all labels the overlay uses is taken, at
 * most a few. Where both apply it, the results are equal; where one refuses, so does the other. A
 * node that both know has its phandle of the tree here, and that of the overlay with older libfdt:
 * numbers may differ as long as they lead to the same node. And libfdt lays "port" over "port@0"
 * where there is no "port", which Linux does not, nor do we: such pairs are counted apart.
 */
#include "dt/overlay.h"

#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASES_MAX 4

struct names {
	char **items;
	size_t count, room;
};

struct counts {
	size_t overlays, pairs, refused, confused, wrong;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_files(struct names *names, const char *folder, const char *suffix)
{
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (!bh_str_ends(entry->d_name, suffix))
			continue;
		bh_grow((void **)&names->items, &names->room, names->count + 1,
			sizeof(*names->items));
		names->items[names->count++] = bh_strf("%s/%s", folder, entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), by_text);
}

static void names_finish(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

/* Leaves out the trees that cannot take an overlay, so that they are read once and not for each. */
static void keep_labelled(struct names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct bh_dt tree;
		bool labelled = bh_dt_load(&tree, names->items[i], NULL);

		if (labelled) {
			labelled = bh_dt_child(tree.root, "__symbols__");
			bh_dt_finish(&tree);
		}
		if (labelled)
			names->items[kept++] = names->items[i];
		else
			free(names->items[i]);
	}
	names->count = kept;
}

static bool has_labels(const struct bh_dt *tree, const struct bh_dt *overlay)
{
	const struct bh_dt_node *fixups = bh_dt_child(overlay->root, "__fixups__");

	for (struct bh_dt_prop *label = fixups ? fixups->props : NULL; label; label = label->next) {
		if (!bh_dt_by_label(tree, label->name))
			return false;
	}
	return fixups;
}

struct pair {
	struct bh_dt ours, theirs;
};

static bool same_path(const struct bh_dt_node *a, const struct bh_dt_node *b)
{
	while (a && b && a->parent && b->parent && !strcmp(a->name, b->name)) {
		a = a->parent;
		b = b->parent;
	}
	return a && b && !a->parent && !b->parent;
}

static bool same_value(const struct pair *pair, const struct bh_dt_prop *a,
		       const struct bh_dt_prop *b)
{
	if (a->length != b->length)
		return false;
	if (!memcmp(a->value, b->value, a->length))
		return true;
	for (uint32_t i = 0; i < bh_dt_cell_count(a); i++) {
		uint32_t one = bh_dt_cell(a, i), other = bh_dt_cell(b, i);

		if (one != other && !same_path(bh_dt_by_phandle(&pair->ours, one),
					       bh_dt_by_phandle(&pair->theirs, other)))
			return false;
	}
	return a->length % 4 == 0;
}

static bool same_node(const struct pair *pair, const struct bh_dt_node *a,
		      const struct bh_dt_node *b)
{
	size_t props_a = 0, props_b = 0, children_a = 0, children_b = 0;

	for (const struct bh_dt_prop *prop = b->props; prop; prop = prop->next)
		props_b++;
	for (const struct bh_dt_prop *prop = a->props; prop; prop = prop->next, props_a++) {
		const struct bh_dt_prop *other = bh_dt_get(b, prop->name);

		if (!other || !same_value(pair, prop, other))
			return false;
	}
	for (const struct bh_dt_node *child = b->child; child; child = child->next)
		children_b++;
	for (const struct bh_dt_node *child = a->child; child; child = child->next, children_a++) {
		const struct bh_dt_node *other = b->child;

		while (other && strcmp(other->name, child->name) != 0)
			other = other->next;
		if (!other || !same_node(pair, child, other))
			return false;
	}
	return props_a == props_b && children_a == children_b;
}

/* The tree with the overlay as libfdt makes it; NULL when it does not. */
static void *by_libfdt(const char *base, const char *over, size_t *size)
{
	char *blob, *overlay;
	size_t blob_size, overlay_size;

	if (bh_file_read(base, BH_DT_SIZE_MAX, &blob, &blob_size))
		return NULL;
	if (bh_file_read(over, BH_DT_SIZE_MAX, &overlay, &overlay_size)) {
		free(blob);
		return NULL;
	}
	*size = 2 * (blob_size + overlay_size);
	void *merged = bh_alloc(*size);
	if (fdt_open_into(blob, merged, (int)*size) || fdt_overlay_apply(merged, overlay)) {
		free(merged);
		merged = NULL;
	}
	free(overlay);
	free(blob);
	return merged;
}

/* A node of the overlay that libfdt takes for its sibling with a unit address. */
static bool is_confused(const struct bh_dt *ours)
{
	bh_dt_for_each(node, ours->root)
	{
		if (!node->origin || !node->parent || strchr(node->name, '@'))
			continue;
		const struct bh_dt_node *sibling = node->parent->child;
		size_t length = strlen(node->name);

		for (; sibling; sibling = sibling->next) {
			if (!strncmp(sibling->name, node->name, length) &&
			    sibling->name[length] == '@')
				return true;
		}
	}
	return false;
}

static void compare(struct counts *counts, const char *base, const char *over)
{
	struct pair pair;
	size_t size;

	if (!bh_dt_load(&pair.ours, base, NULL))
		return;
	bool ok = bh_dt_overlay_load(&pair.ours, over, NULL);
	void *merged = by_libfdt(base, over, &size);
	bool same = ok == (merged != NULL);
	if (ok && merged) {
		same = bh_dt_read(&pair.theirs, merged, size, "libfdt", NULL) &&
		       same_node(&pair, pair.ours.root, pair.theirs.root);
		bh_dt_finish(&pair.theirs);
	}
	counts->pairs++;
	counts->refused += !ok;
	if (!same && ok && merged && is_confused(&pair.ours)) {
		counts->confused++;
		same = true;
	}
	counts->wrong += !same;
	if (!same)
		fprintf(stderr, "%s on %s: %s\n", over, base,
			!ok      ? "refused, but libfdt applies it"
			: merged ? "the results differ"
				 : "applied, but libfdt refuses it");
	free(merged);
	bh_dt_finish(&pair.ours);
}

static void take(struct counts *counts, const char *over, const struct names *bases)
{
	struct bh_dt overlay;
	size_t found = 0;

	if (!bh_dt_load(&overlay, over, NULL))
		return;
	counts->overlays++;
	for (size_t i = 0; i < bases->count && found < BASES_MAX; i++) {
		struct bh_dt tree;

		if (!bh_dt_load(&tree, bases->items[i], NULL))
			continue;
		bool fits = has_labels(&tree, &overlay);
		bh_dt_finish(&tree);
		if (!fits)
			continue;
		found++;
		compare(counts, bases->items[i], over);
	}
	bh_dt_finish(&overlay);
}

int main(int argc, char **argv)
{
	struct counts counts = {0};
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

	if (!dir) {
		fprintf(stderr, "usage: overlays FOLDER\n");
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct names overlays = {0}, bases = {0};
		char *vendor = bh_strf("%s/%s", argv[1], entry->d_name);

		if (entry->d_name[0] != '.') {
			find_files(&overlays, vendor, ".dtbo");
			if (overlays.count)
				find_files(&bases, vendor, ".dtb");
			keep_labelled(&bases);
		}
		for (size_t i = 0; i < overlays.count; i++)
			take(&counts, overlays.items[i], &bases);
		names_finish(&overlays);
		names_finish(&bases);
		free(vendor);
	}
	closedir(dir);
	printf("%zu overlays, %zu pairs of tree and overlay: %zu refused by both, %zu where libfdt "
	       "mistakes a node for another, %zu differ\n",
	       counts.overlays, counts.pairs, counts.refused, counts.confused, counts.wrong);
	return counts.wrong || !counts.pairs;
}
