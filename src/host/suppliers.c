/* SPDX-License-Identifier: Apache-2.0 */
#include "host/suppliers.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "dt/refs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TREE_PATH "/sys/firmware/fdt"
#define NODE_TOP  "/firmware/devicetree/base"

/* A chain of suppliers is as long as a board's clock tree is deep. */
#define DEPTH_MAX 16

struct search {
	struct bh_sys *sys;
	const struct bh_refs *refs;
	struct bh_map devices; /* node path -> the device's folder under /sys */
	struct bh_map seen;    /* node path */
	struct bh_arena arena; /* keys and values */
	struct bh_suppliers *found;
	bool loaded;
};

/* The nodes of all devices that the kernel has made of the tree. */
static void index_devices(struct search *search)
{
	struct bh_names buses, devices;

	if (bh_sys_list(search->sys, &buses, "/sys/bus"))
		return;
	for (size_t b = 0; b < buses.count; b++) {
		if (bh_sys_list(search->sys, &devices, "/sys/bus/%s/devices", buses.items[b]))
			continue;
		for (size_t d = 0; d < devices.count; d++) {
			char *folder = bh_arena_strf(&search->arena, "/sys/bus/%s/devices/%s",
						     buses.items[b], devices.items[d]);
			char *node = bh_sys_target(search->sys, "%s/of_node", folder);
			const char *path = node ? strstr(node, NODE_TOP) : NULL;

			/* Several devices may share a node; the bus's own comes first. */
			if (path && !bh_map_get(&search->devices, path + strlen(NODE_TOP)))
				bh_map_set(&search->devices,
					   bh_arena_strdup(&search->arena, path + strlen(NODE_TOP)),
					   folder);
			free(node);
		}
		bh_names_finish(&devices);
	}
	bh_names_finish(&buses);
}

/* Loads what the device asks for by its alias; true when it has a driver now. */
static bool has_driver(struct search *search, const char *folder)
{
	struct bh_buf alias;

	if (bh_sys_has(search->sys, "%s/driver", folder))
		return true;
	bh_buf_init(&alias);
	if (!bh_sys_read(search->sys, &alias, "%s/modalias", folder) && alias.length &&
	    !search->sys->load(search->sys, bh_buf_str(&alias)))
		search->loaded = true;
	bh_buf_finish(&alias);
	return bh_sys_has(search->sys, "%s/driver", folder);
}

static void add_supplier(struct search *search, const char *path, const char *folder,
			 const struct bh_ref *ref)
{
	struct bh_suppliers *found = search->found;
	const char *slash = folder ? strrchr(folder, '/') : NULL;

	bh_grow((void **)&found->items, &found->capacity, found->count + 1, sizeof(*found->items));
	found->items[found->count++] = (struct bh_supplier){
		.path = bh_strdup(path),
		.device = slash ? bh_strdup(slash + 1) : NULL,
		.how = bh_strf("%s[%u]", ref->prop->name, ref->index),
	};
}

static void search_node(struct search *search, const struct bh_dt_node *top, unsigned depth);

/* What the kernel waits for before it probes a device. */
static bool is_waited_for(const struct bh_ref *ref)
{
	switch (ref->kind) {
	case BH_REF_CLOCK:
	case BH_REF_RESET:
	case BH_REF_POWER_DOMAIN:
	case BH_REF_REGULATOR:
	case BH_REF_PINCTRL:
	case BH_REF_GPIO:
	case BH_REF_IOMMU:
	case BH_REF_DMA:
	case BH_REF_MAILBOX:
	case BH_REF_NVMEM:
	case BH_REF_PHY:
	case BH_REF_PWM:
	case BH_REF_INTERCONNECT:
	case BH_REF_FIRMWARE:
	case BH_REF_DEVICE:
		return true;
	default:
		return false;
	}
}

/* Fixed clocks and fixed regulators of the tree itself have devices too, and need no driver. */
static bool is_fixed(const struct bh_dt_node *node)
{
	const char *compatible = bh_dt_string(node, "compatible");

	return !compatible || bh_str_starts(compatible, "fixed-");
}

static void follow(struct search *search, const struct bh_ref *ref, unsigned depth)
{
	struct bh_dt_node *owner = bh_dt_owner(ref->target);
	char *path = bh_dt_path(owner);

	if (!bh_map_get(&search->seen, path) && bh_dt_enabled(owner) && !is_fixed(owner)) {
		const char *folder = bh_map_get(&search->devices, path);
		bh_map_set(&search->seen, bh_arena_strdup(&search->arena, path), search);
		/*
		 * A node without a device is a simple clock or the like, which the kernel sets up
		 * early, or a client of a bus whose own driver is missing.
		 */
		if (folder && !has_driver(search, folder)) {
			search_node(search, owner, depth + 1);
			if (!has_driver(search, folder))
				add_supplier(search, path, folder, ref);
		}
	}
	free(path);
}

static void search_node(struct search *search, const struct bh_dt_node *top, unsigned depth)
{
	if (depth > DEPTH_MAX)
		return;
	for (const struct bh_dt_node *node = top; node; node = bh_dt_next(top, node)) {
		size_t count;
		const struct bh_ref *refs = bh_refs_from(search->refs, node, &count);

		for (size_t i = 0; i < count; i++) {
			if (refs[i].state == BH_REF_OK && is_waited_for(&refs[i]) &&
			    !bh_dt_is_below(refs[i].target, top))
				follow(search, &refs[i], depth);
		}
	}
}

static struct bh_dt_node *find_node(struct bh_dt *tree, const char *path)
{
	struct bh_dt_node *node = tree->root;
	char *copy = bh_strdup(path), *rest = copy, *part;

	while (node && (part = strsep(&rest, "/"))) {
		if (*part)
			node = bh_dt_child(node, part);
	}
	free(copy);
	return node;
}

int bh_suppliers_find(struct bh_sys *sys, const char *node, struct bh_suppliers *suppliers,
		      bool *loaded)
{
	struct search search = {.sys = sys, .found = suppliers};
	char *file = bh_strf("%s" TREE_PATH, sys->root);
	struct bh_diags diags;
	struct bh_refs refs;
	struct bh_dt tree = {.root = NULL};
	int error = -EIO;

	*suppliers = (struct bh_suppliers){NULL, 0, 0};
	*loaded = false;
	bh_diags_init(&diags);
	if (bh_dt_load(&tree, file, &diags)) {
		const struct bh_dt_node *top = find_node(&tree, node);
		bh_refs_extract(&refs, &tree, NULL, 0, &diags);
		bh_arena_init(&search.arena);
		bh_map_init(&search.devices);
		bh_map_init(&search.seen);
		search.refs = &refs;
		index_devices(&search);
		if (top)
			search_node(&search, top, 0);
		error = top ? 0 : -ENOENT;
		*loaded = search.loaded;
		bh_map_finish(&search.seen);
		bh_map_finish(&search.devices);
		bh_arena_finish(&search.arena);
		bh_refs_finish(&refs);
	}
	bh_dt_finish(&tree);
	bh_diags_finish(&diags);
	free(file);
	return error;
}

void bh_suppliers_finish(struct bh_suppliers *suppliers)
{
	for (size_t i = 0; i < suppliers->count; i++) {
		free(suppliers->items[i].path);
		free(suppliers->items[i].device);
		free(suppliers->items[i].how);
	}
	free(suppliers->items);
	*suppliers = (struct bh_suppliers){NULL, 0, 0};
}
