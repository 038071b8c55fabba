/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/session.h"

#include "cmd/drift.h"
#include "cmd/report.h"
#include "dt/overlay.h"
#include "host/usb.h"

#include "base/file.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_TREE "/sys/firmware/fdt"

const char *bh_session_live_tree(void)
{
	const char *set = getenv("BULKHEAD_FDT");

	return set && *set ? set : LIVE_TREE;
}

static bool load_tree(struct bh_session *s, const struct bh_args *args)
{
	const struct bh_config_board *board = &s->partition.board;
	const char *path = bh_arg(args, "tree", NULL);

	s->is_live = false;
	if (!path && s->has_partition && board->tree.value && !bh_str_eq(board->tree.value, "live"))
		path = board->tree.value;
	if (!path) {
		path = bh_session_live_tree();
		s->is_live = true;
		if (!bh_path_exists(path)) {
			struct bh_diag *diag =
				bh_error(&s->diags, "E0591", "this machine has no device tree");
			bh_diag_cause(diag, "%s is not there", path);
			bh_diag_hint(diag, "name a blob: --tree board.dtb, or `tree` in [board]");
			return false;
		}
	}
	if (!bh_dt_load(&s->tree, path, &s->diags))
		return false;
	s->has_tree = true;
	for (size_t i = 0; s->has_partition && i < board->overlays.count; i++)
		if (!bh_dt_overlay_load(&s->tree, board->overlays.items[i].value, &s->diags))
			return false;
	return true;
}

/* Names for the cells behind a phandle, as many as the configuration says. */
static const char *const cell_names[] = {
	"",          "a",           "a b",           "a b c",           "a b c d",
	"a b c d e", "a b c d e f", "a b c d e f g", "a b c d e f g h",
};

/* `is = "ref"` and `is = "not-ref"` are rules that come before all others. */
static void gather_rules(struct bh_session *s)
{
	for (size_t v = 0; s->has_partition && v < s->partition.vms.count; v++) {
		const struct bh_config_vm *vm = &s->partition.vms.items[v];

		for (size_t d = 0; d < vm->overrides.count; d++) {
			for (size_t p = 0; p < vm->overrides.items[d].properties.count; p++) {
				const struct bh_config_override *o =
					&vm->overrides.items[d].properties.items[p];
				uint64_t cells = o->cells.value;

				if (o->is.value < 0)
					continue;
				s->rules = bh_realloc(s->rules,
						      (s->rule_count + 1) * sizeof(*s->rules));
				s->rules[s->rule_count++] = (struct bh_dt_rule){
					.property = o->name.value,
					.id = "config",
					.kind = BH_REF_DEVICE,
					.shape = o->is.value == BH_OVERRIDE_REF ? BH_SHAPE_FIXED
										: BH_SHAPE_SCALAR,
					.args = cells && cells <= 8 ? cell_names[cells] : NULL};
			}
		}
	}
}

static bool load_snapshot(struct bh_session *s, const struct bh_args *args)
{
	const char *path = bh_arg(args, "snapshot", NULL);

	if (!path && s->has_partition)
		path = s->partition.board.snapshot.value;
	if (!path)
		return true;
	s->has_snapshot = true;
	return bh_snapshot_load(&s->snapshot, path, &s->diags);
}

void bh_session_add_usb(const char *root, struct bh_buf *text)
{
	struct bh_usb_device device;
	struct bh_names ports;
	struct bh_sys sys;

	bh_sys_init(&sys);
	sys.root = root;
	bh_usb_list(&sys, &ports);
	for (size_t i = 0; i < ports.count; i++) {
		if (bh_usb_read(&sys, ports.items[i], &device))
			bh_usb_to_snapshot(&device, text);
	}
	bh_names_finish(&ports);
}

/* PCI functions and USB devices: of the snapshot, or of this machine when it is the board. */
static bool find_functions(struct bh_session *s)
{
	struct bh_buf text = {0};

	if (s->has_snapshot) {
		s->has_pci = true;
		if (!bh_pci_read(&s->pci, &s->snapshot, &s->diags) ||
		    !bh_usb_from_snapshot(&s->usb, &s->snapshot, &s->diags))
			return false;
	} else if (s->is_live) {
		bh_snapshot_probe_pci("", &text);
		bh_session_add_usb("", &text);
		s->has_live = s->has_pci = true;
		/* What is odd about this machine's functions is told when one is asked for. */
		if (bh_snapshot_parse(&s->live, "this machine", bh_buf_str(&text), text.length,
				      NULL)) {
			bh_pci_read(&s->pci, &s->live, NULL);
			bh_usb_from_snapshot(&s->usb, &s->live, NULL);
		}
		bh_buf_finish(&text);
	}
	if (s->has_pci) {
		bh_survey_set_pci(&s->survey, &s->pci);
		bh_survey_set_usb(&s->survey, &s->usb);
	}
	return true;
}

/* [[board.ram]]; that it adds up was checked when it was read. */
static void give_memory(struct bh_session *s)
{
	const struct bh_config_board *board = &s->partition.board;
	struct bh_range list[16];
	uint64_t base;
	size_t count = 0;

	for (size_t i = 0; i < board->ram.count && count < 16; i++)
		if (bh_parse_u64(board->ram.items[i].base.value, &base) &&
		    bh_range_make(base, board->ram.items[i].size.value, &list[count]))
			count++;
	if (count)
		bh_survey_set_memory(&s->survey, list, count);
}

int bh_session_open(struct bh_session *s, const struct bh_args *args, unsigned flags)
{
	const char *config = bh_arg(args, "config", NULL);
	const char *board = bh_arg(args, "board", NULL);
	struct bh_diags quiet = {0};

	memset(s, 0, sizeof(*s));
	bh_diags_init(&s->diags);
	if (!config && ((flags & BH_SESSION_CONFIG) || bh_path_exists(BH_CONFIG_FILE)) &&
	    ((flags & BH_SESSION_CONFIG) || !bh_arg(args, "tree", NULL)))
		config = BH_CONFIG_FILE;
	if (config) {
		int error = bh_partition_read(&s->partition, config, &s->diags);

		s->has_partition = true;
		if (error)
			return BH_EXIT_USAGE;
	}
	if (!load_tree(s, args))
		return BH_EXIT_USAGE;
	gather_rules(s);
	bh_refs_extract(&s->refs, &s->tree, s->rules, s->rule_count, &quiet);
	bh_diags_finish(&quiet); /* damage elsewhere in the tree is `dt check`'s subject */
	s->has_refs = true;
	if (!board && s->has_partition)
		board = s->partition.board.board.value;
	s->has_board = true;
	if (!bh_board_read(&s->board, &s->tree, board, &s->diags) || !load_snapshot(s, args))
		return BH_EXIT_USAGE;
	bh_survey_init(&s->survey, &s->tree, &s->refs, &s->board,
		       s->has_snapshot ? &s->snapshot : NULL);
	s->has_survey = true;
	if (!find_functions(s))
		return BH_EXIT_USAGE;
	if (s->has_partition)
		give_memory(s);
	if (!(flags & BH_SESSION_PLAN) || !s->has_partition)
		return BH_EXIT_OK;
	bh_plan_make(&s->plan, &s->survey, &s->partition, &s->diags);
	s->has_plan = true;
	bh_drift_check_pinned(s);
	if (flags & BH_SESSION_HOST)
		bh_drift_check_live(s);
	return BH_EXIT_OK;
}

void bh_session_say(struct bh_session *s, const struct bh_args *args)
{
	if (!args->json)
		bh_print_diags(&s->diags);
}

bool bh_session_can_print(struct bh_session *s, const struct bh_args *args, const char *what,
			  const char *option, const char *path)
{
	struct bh_diag *diag;

	if (!args->json || (path && !bh_str_eq(path, "-")))
		return true;
	diag = bh_error(&s->diags, "E0599", "%s does not go into JSON", what);
	bh_diag_hint(diag, "name a file: %s FILE, or leave out --json", option);
	return false;
}

void bh_session_close(struct bh_session *s)
{
	if (s->has_plan)
		bh_plan_finish(&s->plan);
	if (s->has_survey)
		bh_survey_finish(&s->survey);
	if (s->has_board)
		bh_board_finish(&s->board);
	if (s->has_refs)
		bh_refs_finish(&s->refs);
	if (s->has_tree)
		bh_dt_finish(&s->tree);
	/* Spans in the diagnostics name files that live in these. */
	bh_diags_finish(&s->diags);
	if (s->has_pci) {
		bh_pci_finish(&s->pci);
		bh_usb_finish(&s->usb);
	}
	if (s->has_live)
		bh_snapshot_finish(&s->live);
	if (s->has_snapshot)
		bh_snapshot_finish(&s->snapshot);
	if (s->has_partition)
		bh_partition_finish(&s->partition);
	free(s->rules);
}

bool bh_session_vm(struct bh_partition *partition, const char *text, struct bh_diags *diags)
{
	char *toml = bh_strf("[vm.guest]\n%s", text);
	bool ok = !bh_partition_parse(partition, "default", toml, strlen(toml), diags);

	free(toml);
	return ok;
}
