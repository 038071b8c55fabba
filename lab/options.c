/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/options.h"

#include "base/file.h"
#include "base/str.h"

#include <string.h>

static const char *const nothing[] = {NULL};

bool bh_lab_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > 40 || name[0] == '-' || name[0] == '.')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
	       length;
}

static bool wrong(struct bh_diags *diags, const char *hint, const char *what, const char *board)
{
	bh_diag_hint(bh_error(diags, "E0711", "%s cannot be had on the board %s", what, board),
		     "%s", hint);
	return false;
}

static bool files_exist(const char *const *files, struct bh_diags *diags)
{
	for (; *files; files++) {
		if (!bh_path_exists(*files)) {
			bh_diag_hint(bh_error(diags, "E0709", "%s: there is no such file", *files),
				     "check the path");
			return false;
		}
	}
	return true;
}

bool bh_lab_options_complete(struct bh_lab_options *options, struct bh_diags *diags)
{
	const struct bh_lab_board *board = options->board;
	const char *const tree[] = {options->tree, NULL};

	options->name = options->name ? options->name : board->name;
	options->cpus = options->cpus ? options->cpus : board->cpus;
	options->memory = options->memory ? options->memory : board->memory;
	options->overlays = options->overlays ? options->overlays : nothing;
	options->disks = options->disks ? options->disks : nothing;
	options->qemu_args = options->qemu_args ? options->qemu_args : nothing;
	if (!bh_lab_name_valid(options->name))
		return wrong(diags, "use letters, digits, '-', '_' and '.', at most 40",
			     "this name", board->name);
	if (options->cpus > board->max_cpus)
		return wrong(diags, "ask for fewer CPUs", "this number of CPUs", board->name);
	if (options->memory < 512ull << 20 || options->memory > board->max_memory ||
	    options->memory % (2u << 20))
		return wrong(diags, "ask for 512M or more, in steps of 2M", "this amount of memory",
			     board->name);
	if (options->cpu && !board->cpu)
		return wrong(diags, "leave --cpu out: its CPU is fixed", "another CPU",
			     board->name);
	if (options->gic && !board->gic)
		return wrong(diags, "leave --gic out: its GIC is fixed", "another GIC",
			     board->name);
	if (options->gic && !bh_str_eq(options->gic, "2") && !bh_str_eq(options->gic, "3"))
		return wrong(diags, "--gic is 2 or 3", "this GIC", board->name);
	if (options->disks[0] && options->disks[1] && !board->user_disk)
		return wrong(diags, "give one --disk: it has one card slot", "a second disk",
			     board->name);
	options->cpu = options->cpu ? options->cpu : board->cpu;
	options->gic = options->gic ? options->gic : board->gic;
	return files_exist(tree, diags) && files_exist(options->overlays, diags) &&
	       files_exist(options->disks, diags);
}
