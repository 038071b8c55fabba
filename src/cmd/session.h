/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every verb about devices needs: the tree, its references, the board's data, a snapshot, the
 * partition, the plan. Opened from the common options below.
 */
#ifndef BH_CMD_SESSION_H
#define BH_CMD_SESSION_H

#include "cmd/load.h"
#include "cmd/verb.h"
#include "plan/plan.h"
#include "plan/snapshot.h"
#include "plan/usb.h"

struct bh_session {
	struct bh_diags diags;
	struct bh_partition partition;
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_board board;
	struct bh_snapshot snapshot;
	struct bh_snapshot live; /* of this machine's PCI functions and USB devices alone */
	struct bh_pci pci;
	struct bh_usb usb;
	struct bh_survey survey;
	struct bh_plan plan;
	struct bh_dt_rule *rules; /* the configuration's own */
	size_t rule_count;
	bool is_live; /* the tree is that of this machine */
	bool has_partition, has_tree, has_refs, has_board, has_snapshot, has_survey, has_plan;
	bool has_live, has_pci;
};

enum {
	BH_SESSION_CONFIG = 1 << 0, /* a configuration is needed; else it is only used if named */
	BH_SESSION_PLAN = 1 << 1,   /* make the plan; refusals are no error of the session */
	BH_SESSION_HOST = 1 << 2,   /* the plan is to be carried out on this machine */
};

/* The USB devices of a running host: `root` is "" or a test's folder. Appends to a snapshot. */
void bh_session_add_usb(const char *root, struct bh_buf *text);

/* --config, --tree, --board, --snapshot: the first lines of each verb's options. */
#define BH_SESSION_OPTIONS                                                                    \
	BH_CONFIG_OPTION,                                                                     \
		{.name = "tree",                                                              \
		 .letter = 't',                                                               \
		 .argument = "FILE",                                                          \
		 .help = "The board's device tree blob (this machine's own)",                 \
		 .complete = BH_COMPLETE_FILE},                                               \
		{.name = "board",                                                             \
		 .letter = 'b',                                                               \
		 .argument = "NAME",                                                          \
		 .help = "The board's data file (by the tree's compatible)"},                 \
	{                                                                                     \
		.name = "snapshot", .letter = 's', .argument = "FILE",                        \
		.help = "What `board probe` wrote on the board", .complete = BH_COMPLETE_FILE \
	}

/*
 * Opens the session; diagnostics are collected, not printed. BH_EXIT_OK or the code to exit with.
 * Close it in both cases.
 */
int bh_session_open(struct bh_session *session, const struct bh_args *args, unsigned flags);
void bh_session_close(struct bh_session *session);

/* This machine's blob: /sys/firmware/fdt, or the file that $BULKHEAD_FDT names. */
const char *bh_session_live_tree(void);

/* Prints the diagnostics so far on stderr (not with --json, where they are part of the result). */
void bh_session_say(struct bh_session *session, const struct bh_args *args);

/*
 * With --json standard output is one JSON object: what would stand beside it needs a file. False
 * with E0599.
 */
bool bh_session_can_print(struct bh_session *session, const struct bh_args *args, const char *what,
			  const char *option, const char *path);

/* A VM for questions that name none: all defaults, with `text` (TOML) laid into its table. */
bool bh_session_vm(struct bh_partition *partition, const char *text, struct bh_diags *diags);

#endif
