/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Board data: what no device tree says. One TOML file a board or SoC (boards/), built into the
 * program and chosen by the root node's `compatible`; a path in the configuration overrides it.
 *
 * A board is made of layers: "any" (true for all boards), then the files it includes, then its own.
 * Lists of all layers count; single values come from the most specific layer that has them.
 */
#ifndef BH_PLAN_BOARD_H
#define BH_PLAN_BOARD_H

#include "base/alloc.h"
#include "base/diag.h"
#include "base/range.h"
#include "config/toml.h"
#include "dt/lookup.h"
#include "dt/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A built-in file: name without suffix, text. The array ends with an empty one. */
struct bh_board_file {
	const char *name;
	const char *text;
};
extern const struct bh_board_file bh_board_files[];

/* Why a node can never be given away. */
enum bh_never {
	BH_NEVER_NO,
	BH_NEVER_CORE, /* interrupt controller, timer, IOMMU, CPU, system counter */
	BH_NEVER_CONSOLE,
	BH_NEVER_STORAGE,
	BH_NEVER_FIRMWARE,
	BH_NEVER_DRAM,
	BH_NEVER_KEPT, /* by the configuration's `keep` */
	BH_NEVER_COUNT,
};

/* A device, named as in the configuration or by a pattern of its `compatible`. */
struct bh_board_never {
	const char *compatible; /* a pattern, or NULL */
	const char *device;     /* what bh_dt_resolve() takes, or NULL */
	enum bh_never why;
};

/* What to do with a reference, by consumer and property, before the rule of its kind. */
struct bh_board_policy {
	const char *compatible; /* a pattern; "*" for all */
	const char *property;   /* a pattern */
	const char *entry;      /* its name ("wakeup") or number ("#1"); NULL: all */
	int action;             /* enum bh_action of the configuration */
	const char *reason;
};

/* A supplier that the driver needs and no phandle shows. */
struct bh_board_hidden {
	const char *compatible; /* of the consumer, a pattern */
	const char *supplier;   /* what it needs, in words or as a device name */
	bool breaks;            /* without it the device does not work in a guest */
	const char *reason;
};

/* A property that the boot loader writes into the tree before Linux runs. */
struct bh_board_late {
	const char *compatible, *property, *reason;
};

/* What stops a device's DMA that has no reset in the tree; `steps` as in machine/quiesce.h. */
struct bh_board_quiesce {
	const char *compatible, *steps, *reason;
};

struct bh_board {
	const char *name;       /* "NXP i.MX 8M Plus EVK"; of unknown boards the tree's `model` */
	const char *file;       /* the data file's name, or NULL for an unknown board */
	int gic;                /* 2, 3, or 0: as the tree says */
	struct bh_range ram;    /* where the guests' machines may lie; size 0: as the tree says */
	struct bh_range direct; /* of it, where a direct-map VM's RAM is reserved; size 0: all */
	struct bh_board_never *never;
	size_t never_count;
	struct bh_board_policy *policies; /* the most specific layer first */
	size_t policy_count;
	struct bh_board_hidden *hidden;
	size_t hidden_count;
	struct bh_board_late *late;
	size_t late_count;
	struct bh_board_quiesce *quiesce; /* the most general layer first */
	size_t quiesce_count;
	const char **spare_mailboxes; /* devices free for a guest, in the raw profile */
	size_t spare_mailbox_count;
	const char **single_domain; /* IOMMU compatibles with one translation for all masters */
	size_t single_domain_count;
	struct bh_arena arena;
};

/*
 * Chooses and reads the data for a tree. `name` is a built-in file's name, a path (with a '/' or
 * ending in .toml), or NULL: by the root's `compatible`, and where none fits the board is
 * "unknown": the first layer alone. False with an error (E0586 no such file, E0587 bad content).
 * Finish it in both cases, after the last use of the diagnostics: their spans name files in it.
 */
bool bh_board_read(struct bh_board *board, const struct bh_dt *tree, const char *name,
		   struct bh_diags *diags);
void bh_board_finish(struct bh_board *board);

/* The policy for a reference, or NULL. */
const struct bh_board_policy *bh_board_policy(const struct bh_board *board,
					      const struct bh_dt_node *node, const char *property,
					      const char *entry, uint32_t index);

/* How the device at the node is stopped, or NULL. */
const struct bh_board_quiesce *bh_board_quiesce(const struct bh_board *board,
						const struct bh_dt_node *node);

/* True when one of the node's `compatible` strings matches the pattern ('*' any run). */
bool bh_board_matches(const struct bh_dt_node *node, const char *pattern);

/* "its console", to complete "the host needs it: ..." */
const char *bh_never_text(enum bh_never why);

#endif
