/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/tree.h"

#include "base/alloc.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/proc.h"
#include "lab/qemu.h"
#include "lab/window.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_LIMIT (8u << 20)
#define TREE_ROOM  (64u << 10) /* for what is added here */

uint64_t bh_lab_window_address(const struct bh_lab_options *options)
{
	const struct bh_lab_board *board = options->board;

	return board->line == BH_LAB_UART ? board->ram_base + options->memory - BH_WINDOW_SIZE : 0;
}

static bool unusable(struct bh_diags *diags, const char *file, const char *why)
{
	struct bh_diag *diag = bh_error(diags, "E0710", "%s cannot be used as a device tree", file);

	bh_diag_cause(diag, "%s", why);
	bh_diag_hint(diag, "`dtc -I dtb -O dts %s` shows what is in it", file);
	return false;
}

/* Reads and checks a blob; the caller frees it. */
static bool read_blob(const char *file, char **blob, size_t *size, struct bh_diags *diags)
{
	int error = bh_file_read(file, TREE_LIMIT, blob, size);

	if (error)
		return unusable(diags, file, strerror(-error));
	if (!bh_blob_is_sound(*blob, *size)) {
		free(*blob);
		return unusable(diags, file, "it is not a sound flattened device tree");
	}
	return true;
}

/* Gives the blob `more` bytes of room. */
static int make_room(char **blob, size_t *size, size_t more)
{
	char *larger = bh_alloc(*size + more);
	int error = fdt_open_into(*blob, larger, (int)(*size + more));

	free(*blob);
	*blob = larger;
	*size += more;
	return error;
}

static bool apply_overlay(char **blob, size_t *size, const char *file, struct bh_diags *diags)
{
	char *overlay;
	size_t overlay_size;

	if (!read_blob(file, &overlay, &overlay_size, diags))
		return false;
	int error = make_room(blob, size, overlay_size + TREE_ROOM);
	if (!error)
		error = fdt_overlay_apply(*blob, overlay);
	free(overlay);
	return error ? unusable(diags, file, fdt_strerror(error)) : true;
}

static int child_node(void *blob, int parent, const char *name)
{
	int node = fdt_subnode_offset(blob, parent, name);

	return node >= 0 ? node : fdt_add_subnode(blob, parent, name);
}

static int add_window(void *blob, uint64_t address)
{
	int root = fdt_path_offset(blob, "/");
	int address_cells = fdt_address_cells(blob, root), size_cells = fdt_size_cells(blob, root);
	int reserved = child_node(blob, root, "reserved-memory");
	char *name = bh_strf("lab-window@%llx", (unsigned long long)address);

	if (reserved >= 0 && !fdt_getprop(blob, reserved, "ranges", NULL)) {
		fdt_setprop_u32(blob, reserved, "#address-cells", (uint32_t)address_cells);
		fdt_setprop_u32(blob, reserved, "#size-cells", (uint32_t)size_cells);
		fdt_setprop_empty(blob, reserved, "ranges");
	}
	int node = reserved < 0 ? reserved : child_node(blob, reserved, name);
	free(name);
	if (node < 0)
		return node;
	int error = fdt_setprop_string(blob, node, "compatible", BH_WINDOW_COMPATIBLE);
	if (!error)
		error = fdt_setprop_empty(blob, node, "no-map");
	if (!error)
		error = fdt_appendprop_u64(blob, node, "reg", address);
	/* The agent reads two cells of address; so do all 64-bit boards. */
	if (!error && (address_cells != 2 || (size_cells != 1 && size_cells != 2)))
		return -FDT_ERR_BADNCELLS;
	if (!error)
		error = size_cells == 2 ? fdt_appendprop_u64(blob, node, "reg", BH_WINDOW_SIZE)
					: fdt_appendprop_u32(blob, node, "reg", BH_WINDOW_SIZE);
	return error;
}

/* The model leaves the line open that tells whether a card is in the slot: say that it always is.
 */
static int fill_card_slot(void *blob, const char *slot)
{
	int node = fdt_path_offset(blob, slot);

	if (node < 0)
		return 0; /* another tree of the user's */
	int error = fdt_delprop(blob, node, "cd-gpios");
	if (error && error != -FDT_ERR_NOTFOUND)
		return error;
	return fdt_setprop_empty(blob, node, "non-removable");
}

/* Asks QEMU for the tree of a board that has none of its own. */
static bool dump_tree(const struct bh_lab_options *options, const struct bh_lab_pieces *pieces,
		      const char *file, struct bh_diags *diags)
{
	struct bh_argv argv;
	struct bh_buf said;
	int status = 1;

	bh_buf_init(&said);
	bh_lab_qemu_argv(&argv, options, pieces, NULL, NULL, file);
	int error = bh_run((const char *const *)argv.items, 4096, NULL, &said, &status);
	if (error || status || !bh_path_exists(file)) {
		struct bh_diag *diag = bh_error(diags, "E0706", "QEMU did not make a device tree");
		bh_diag_cause(diag, "%s", error ? strerror(-error) : bh_buf_str(&said));
		bh_diag_hint(diag, "check --cpu, --memory and --qemu-arg");
		error = -1;
	}
	bh_argv_finish(&argv);
	bh_buf_finish(&said);
	return !error;
}

static bool write_tree(const struct bh_lab_options *options, const char *base, const char *file,
		       struct bh_diags *diags)
{
	uint64_t window = bh_lab_window_address(options);
	char *blob;
	size_t size;
	bool ok = read_blob(base, &blob, &size, diags);

	if (!ok)
		return false;
	int error = make_room(&blob, &size, TREE_ROOM);
	for (const char *const *o = options->overlays; ok && !error && *o; o++)
		ok = apply_overlay(&blob, &size, *o, diags);
	if (ok && !error && window)
		error = add_window(blob, window);
	if (ok && !error && options->board->card_slot && options->disks[0])
		error = fill_card_slot(blob, options->board->card_slot);
	if (ok && !error)
		error = fdt_pack(blob);
	if (error)
		ok = unusable(diags, base, fdt_strerror(error));
	if (ok) {
		int failed = bh_file_write(file, blob, fdt_totalsize(blob), 0644);
		if (failed)
			ok = unusable(diags, file, strerror(-failed));
	}
	free(blob);
	return ok;
}

bool bh_lab_tree_write(const struct bh_lab_options *options, const struct bh_lab_pieces *pieces,
		       const char *file, bool always, bool *needed, struct bh_diags *diags)
{
	char *base = NULL;
	bool ok = true;

	*needed = always || options->tree || options->board->tree || options->overlays[0];
	if (!*needed)
		return true;
	if (options->tree) {
		base = bh_strdup(options->tree);
	} else if (options->board->tree) {
		base = bh_strf("%s/dtbs/%s", pieces->kernel, options->board->tree);
	} else {
		base = bh_strdup(file);
		ok = dump_tree(options, pieces, file, diags);
	}
	ok = ok && write_tree(options, base, file, diags);
	free(base);
	return ok;
}
