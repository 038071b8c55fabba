/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tree of a kernel, read, taken apart and written: trees FOLDER [GOLDEN].
 *
 * Fails when a tree is refused or does not come back the same from being written, or when rules
 * resolve less than 95 % of the properties that hold phandles. What holds a phandle is decided
 * twice: by the detector, which lists what no rule knows, and by the fixups of the kernel's
 * overlays, where the compiler itself wrote down each place of a phandle.
 */
#include "dt/cells.h"
#include "dt/irq.h"
#include "dt/refs.h"

#include "base/file.h"
#include "base/map.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct tally {
	char *name;
	size_t count;
};

struct tallies {
	struct tally *items;
	size_t count, room;
	struct bh_map by_name; /* name -> index + 1 */
};

struct trees {
	char **paths;
	size_t count, room;
};

struct sums {
	size_t trees, overlays, failed;
	size_t nodes, properties, references, empty, dangling;
	size_t resolved, implicit, unknown;
	size_t labels_known, labels; /* properties in the overlays' lists of labels used */
	size_t places_hit, places;   /* places in their lists of phandles of their own */
	size_t addresses[BH_DT_OUTSIDE + 1];
	size_t lines[BH_IRQ_EPPI + 1], lost_irqs;
	struct tallies rules, unknown_names, diags;
};

static void add_to(struct tallies *tallies, const char *name, size_t count)
{
	uintptr_t index = (uintptr_t)bh_map_get(&tallies->by_name, name);

	if (!index) {
		bh_grow((void **)&tallies->items, &tallies->room, tallies->count + 1,
			sizeof(*tallies->items));
		tallies->items[tallies->count] = (struct tally){.name = bh_strdup(name)};
		index = ++tallies->count;
		bh_map_set(&tallies->by_name, tallies->items[index - 1].name, (void *)index);
	}
	tallies->items[index - 1].count += count;
}

static int most_first(const void *a, const void *b)
{
	const struct tally *one = a, *other = b;

	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return strcmp(one->name, other->name);
}

static void print_tallies(struct bh_buf *out, const char *title, struct tallies *tallies)
{
	bh_buf_addf(out, "\n%s: %zu\n", title, tallies->count);
	if (tallies->count)
		qsort(tallies->items, tallies->count, sizeof(*tallies->items), most_first);
	for (size_t i = 0; i < tallies->count; i++)
		bh_buf_addf(out, "%8zu %s\n", tallies->items[i].count, tallies->items[i].name);
}

static void tallies_finish(struct tallies *tallies)
{
	for (size_t i = 0; i < tallies->count; i++)
		free(tallies->items[i].name);
	free(tallies->items);
	bh_map_finish(&tallies->by_name);
}

static bool same_props(const struct bh_dt_node *a, const struct bh_dt_node *b)
{
	const struct bh_dt_prop *one = a->props, *other = b->props;

	for (; one && other; one = one->next, other = other->next) {
		if (strcmp(one->name, other->name) || one->length != other->length ||
		    memcmp(one->value, other->value, one->length))
			return false;
	}
	return !one && !other;
}

static bool same_trees(const struct bh_dt *a, const struct bh_dt *b)
{
	const struct bh_dt_node *one = a->root, *other = b->root;

	for (; one && other; one = bh_dt_next(a->root, one), other = bh_dt_next(b->root, other)) {
		if (strcmp(one->name, other->name) || one->depth != other->depth ||
		    one->phandle != other->phandle || !same_props(one, other))
			return false;
	}
	return !one && !other && a->reserve_count == b->reserve_count &&
	       a->boot_cpu == b->boot_cpu &&
	       (!a->reserve_count ||
		!memcmp(a->reserves, b->reserves, a->reserve_count * sizeof(*a->reserves)));
}

static bool comes_back(const struct bh_dt *tree)
{
	struct bh_dt again;
	size_t size;
	void *blob = bh_dt_write(tree, &size, NULL);
	bool same = blob && bh_dt_read(&again, blob, size, "again", NULL);

	if (same) {
		same = same_trees(tree, &again);
		bh_dt_finish(&again);
	}
	free(blob);
	return same;
}

static void count_addresses(struct sums *sums, const struct bh_dt *tree)
{
	bh_dt_for_each(node, tree->root)
	{
		uint32_t entries = bh_dt_reg_count(node), irqs = bh_dt_irq_count(tree, node);
		struct bh_range range;
		struct bh_dt_irq irq;

		sums->nodes++;
		for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next)
			sums->properties++;
		for (uint32_t i = 0; i < entries; i++)
			sums->addresses[bh_dt_reg_cpu(node, i, &range)]++;
		for (uint32_t i = 0; i < irqs; i++) {
			if (bh_dt_irq(tree, node, i, &irq))
				sums->lines[irq.line]++;
			else
				sums->lost_irqs++;
		}
	}
}

static void count_references(struct sums *sums, const struct bh_refs *refs)
{
	sums->references += refs->count;
	sums->unknown += refs->unknown_count;
	for (size_t i = 0; i < refs->count; i++) {
		const struct bh_ref *ref = &refs->items[i];

		sums->empty += ref->state == BH_REF_EMPTY;
		sums->dangling += ref->state == BH_REF_DANGLING;
		if (i && refs->items[i - 1].prop == ref->prop)
			continue;
		add_to(&sums->rules, bh_dt_rule_id(ref->rule), 1);
		/* Interrupts of an inherited parent hold no phandle. */
		if (ref->cell == BH_REF_NO_CELL)
			sums->implicit++;
		else
			sums->resolved++;
	}
	for (size_t i = 0; i < refs->unknown_count; i++)
		add_to(&sums->unknown_names, refs->unknown[i].prop->name, 1);
}

/* A label of another tree, not yet filled in: how many cells follow it is not known here. */
static bool has_label_before(const struct bh_dt_prop *prop, uint32_t cell)
{
	for (uint32_t i = 0; i < cell && i < bh_dt_cell_count(prop); i++) {
		if (bh_dt_cell(prop, i) == UINT32_MAX)
			return true;
	}
	return false;
}

static bool is_reference_at(const struct bh_refs *refs, const struct bh_dt_node *node,
			    const struct bh_dt_prop *prop, uint32_t cell)
{
	size_t count;
	const struct bh_ref *items = bh_refs_of(refs, node, prop, &count);

	for (size_t i = 0; i < count; i++) {
		if (items[i].cell == cell)
			return true;
	}
	return false;
}

/* `places` mirrors `node` and lists the bytes at which phandles are. */
static void check_own_phandles(struct sums *sums, const struct bh_refs *refs, const char *tree,
			       const struct bh_dt_node *places, const struct bh_dt_node *node)
{
	for (struct bh_dt_prop *place = places->props; place; place = place->next) {
		const struct bh_dt_prop *prop = bh_dt_get(node, place->name);

		for (uint32_t i = 0; prop && i < bh_dt_cell_count(place); i++) {
			uint32_t cell = bh_dt_cell(place, i) / 4;
			bool hit = is_reference_at(refs, node, prop, cell);

			if (!hit && has_label_before(prop, cell))
				continue;
			sums->places++;
			sums->places_hit += hit;
			if (!hit)
				fprintf(stderr, "%s: %s of %s: missed byte %u\n", tree, prop->name,
					node->name, bh_dt_cell(place, i));
		}
	}
	for (struct bh_dt_node *child = places->child; child; child = child->next) {
		const struct bh_dt_node *same = bh_dt_child(node, child->name);

		if (same)
			check_own_phandles(sums, refs, tree, child, same);
	}
}

/* "path:property:offset": no more than the name can be judged, the target is in another tree. */
static void check_label_use(struct sums *sums, const struct bh_rule_set *set, const char *tree,
			    const char *use)
{
	const char *name = strchr(use, ':'), *end = name ? strchr(name + 1, ':') : NULL;

	if (!end)
		return;
	char *property = bh_strndup(name + 1, (size_t)(end - name - 1));
	/* The fragment's own target is no property of the board. */
	if (strcmp(property, "target")) {
		const struct bh_dt_rule *rule = bh_rule_set_find(set, property);
		bool known = rule && rule->shape != BH_SHAPE_SCALAR;

		sums->labels++;
		sums->labels_known += known;
		if (!known)
			fprintf(stderr, "%s: no rule for %s\n", tree, use);
	}
	free(property);
}

static void check_overlay(struct sums *sums, const struct bh_dt *tree, const struct bh_refs *refs,
			  const char *path)
{
	const struct bh_dt_node *fixups = bh_dt_child(tree->root, "__fixups__"),
				*local = bh_dt_child(tree->root, "__local_fixups__");
	struct bh_rule_set set;

	bh_rule_set_init(&set, NULL, 0);
	for (struct bh_dt_prop *label = fixups ? fixups->props : NULL; label; label = label->next) {
		const char *use;

		for (uint32_t i = 0; (use = bh_dt_string_at(label, i)); i++)
			check_label_use(sums, &set, path, use);
	}
	bh_rule_set_finish(&set);
	if (local)
		check_own_phandles(sums, refs, path, local, tree->root);
}

static void take(struct sums *sums, const char *path)
{
	struct bh_diags diags;
	struct bh_dt tree;
	struct bh_refs refs;
	bool overlay = bh_str_ends(path, ".dtbo");

	bh_diags_init(&diags);
	if (!bh_dt_load(&tree, path, &diags)) {
		fprintf(stderr, "%s: %s %s\n", path, diags.items[0].code, diags.items[0].message);
		sums->failed++;
		bh_diags_finish(&diags);
		return;
	}
	if (!comes_back(&tree)) {
		fprintf(stderr, "%s: written and read again, it is another tree\n", path);
		sums->failed++;
	}
	bh_refs_extract(&refs, &tree, NULL, 0, overlay ? NULL : &diags);
	if (overlay) {
		sums->overlays++;
		check_overlay(sums, &tree, &refs, path);
	} else {
		sums->trees++;
		bh_dt_check_addresses(&tree, &diags);
		count_addresses(sums, &tree);
		count_references(sums, &refs);
	}
	for (size_t i = 0; i < diags.count; i++)
		add_to(&sums->diags, diags.items[i].code, 1);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	bh_diags_finish(&diags);
}

static void find_trees(struct trees *trees, const char *folder)
{
	DIR *dir = opendir(folder);

	if (!dir) {
		perror(folder);
		exit(1);
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *path = bh_strf("%s/%s", folder, entry->d_name);
		struct stat stat_of;

		if (entry->d_name[0] != '.' && !stat(path, &stat_of) && S_ISDIR(stat_of.st_mode))
			find_trees(trees, path);
		if (bh_str_ends(entry->d_name, ".dtb") || bh_str_ends(entry->d_name, ".dtbo")) {
			bh_grow((void **)&trees->paths, &trees->room, trees->count + 1,
				sizeof(*trees->paths));
			trees->paths[trees->count++] = path;
		} else {
			free(path);
		}
	}
	closedir(dir);
}

static double percent(size_t part, size_t rest)
{
	return part + rest ? 100.0 * (double)part / (double)(part + rest) : 100.0;
}

static void print_sums(struct bh_buf *out, struct sums *s)
{
	static const char *const lines[] = {"not to a GIC", "SPI", "PPI", "extended SPI",
					    "extended PPI"};

	bh_buf_addf(out, "trees %zu, overlays %zu, nodes %zu, properties %zu\n", s->trees,
		    s->overlays, s->nodes, s->properties);
	bh_buf_addf(out, "references %zu, empty entries %zu, dangling %zu\n", s->references,
		    s->empty, s->dangling);
	bh_buf_addf(out,
		    "properties with phandles: resolved by a rule %zu, unknown %zu (%.2f %%); "
		    "with interrupts of an inherited parent %zu\n",
		    s->resolved, s->unknown, percent(s->resolved, s->unknown), s->implicit);
	bh_buf_addf(out, "uses of labels in overlays: %zu of %zu in properties that a rule knows\n",
		    s->labels_known, s->labels);
	bh_buf_addf(out, "phandles of their own in overlays: %zu of %zu found at the very cell\n",
		    s->places_hit, s->places);
	bh_buf_addf(out, "\naddresses\n");
	for (size_t i = 0; i <= BH_DT_OUTSIDE; i++)
		bh_buf_addf(out, "%8zu %s\n", s->addresses[i],
			    bh_dt_address_result_text((enum bh_dt_address_result)i));
	bh_buf_addf(out, "\ninterrupts\n");
	for (size_t i = 0; i <= BH_IRQ_EPPI; i++)
		bh_buf_addf(out, "%8zu %s\n", s->lines[i], lines[i]);
	bh_buf_addf(out, "%8zu that no map entry or GIC number fits\n", s->lost_irqs);
	print_tallies(out, "warnings", &s->diags);
	print_tallies(out, "unknown names", &s->unknown_names);
	print_tallies(out, "rules, with the properties each resolved", &s->rules);
}

static int compare(const char *golden, const struct bh_buf *text)
{
	char *expected;
	size_t size;

	if (getenv("UPDATE"))
		return bh_file_write(golden, text->data, text->length, 0644) ? 1 : 0;
	if (bh_file_read(golden, 16u << 20, &expected, &size)) {
		fprintf(stderr, "cannot read %s\n", golden);
		return 1;
	}
	bool same = size == text->length && !memcmp(expected, text->data, size);
	if (!same)
		fprintf(stderr,
			"differs from %s: look at the difference and, when it is right, run "
			"again with UPDATE=1\n",
			golden);
	free(expected);
	return !same;
}

int main(int argc, char **argv)
{
	struct trees trees = {0};
	struct sums sums = {0};
	struct bh_buf text;

	if (argc < 2) {
		fprintf(stderr, "usage: trees FOLDER [GOLDEN]\n");
		return 2;
	}
	find_trees(&trees, argv[1]);
	for (size_t i = 0; i < trees.count; i++) {
		take(&sums, trees.paths[i]);
		free(trees.paths[i]);
	}
	free(trees.paths);
	bh_buf_init(&text);
	print_sums(&text, &sums);
	fputs(bh_buf_str(&text), stdout);

	int status = sums.failed || !sums.trees;
	if (percent(sums.resolved, sums.unknown) < 95 ||
	    percent(sums.labels_known, sums.labels - sums.labels_known) < 95 ||
	    percent(sums.places_hit, sums.places - sums.places_hit) < 95) {
		fprintf(stderr, "less than 95 %% of the phandles were found by rules\n");
		status = 1;
	}
	if (argc > 2)
		status |= compare(argv[2], &text);
	bh_buf_finish(&text);
	tallies_finish(&sums.rules);
	tallies_finish(&sums.unknown_names);
	tallies_finish(&sums.diags);
	return status;
}
