/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one tree says about all its devices, gathered once: which nodes are on, which belong
 * together as a unit, whose registers lie where, who uses the same clock. Plans ask it; it knows of
 * no VM. Building it takes time linear in the tree (sorting aside).
 */
#ifndef BH_PLAN_SURVEY_H
#define BH_PLAN_SURVEY_H

#include "base/range.h"
#include "dt/irq.h"
#include "dt/refs.h"
#include "plan/board.h"
#include "plan/class.h"
#include "plan/pci.h"
#include "plan/usb.h"

struct bh_snapshot;

struct bh_survey_node {
	/*
	 * The head of the unit the node belongs to: the topmost device above it that is not a
	 * plain bus. NULL for buses, containers and what lies outside of any device.
	 */
	const struct bh_dt_node *unit;
	uint8_t enabled;   /* it and all above it */
	uint8_t never;     /* enum bh_never; of a unit's head also when a part says so */
	uint8_t addressed; /* a device with registers that the CPU reaches */
	uint8_t parts;     /* of a head: 1 when it or a part is addressed */
	uint32_t group;    /* the IOMMU group that the host's snapshot knows, from 1; 0: none */
	/* An addressed device's first entries in `windows` order are found by node. */
};

/* Registers of an enabled device. */
struct bh_survey_window {
	struct bh_range range;
	const struct bh_dt_node *node;
	uint32_t index; /* in `reg` */
	uint64_t reach; /* the highest last address of this and all windows before */
};

struct bh_survey_irq {
	uint32_t intid;
	const struct bh_dt_node *node;
	uint32_t next; /* in the chain of the same bucket; 0 ends (entries count from 1) */
};

/* A device's power domain on the host, by the snapshot. */
struct bh_survey_domain {
	const struct bh_dt_node *node;
	uint32_t index; /* in `power-domains` */
	const char *name;
};

struct bh_survey {
	const struct bh_dt *tree;
	const struct bh_refs *refs;
	const struct bh_board *board;
	const struct bh_snapshot *snapshot; /* NULL: tree only */
	const struct bh_pci *pci;           /* NULL: not known */
	const struct bh_usb *usb;           /* NULL: not known */
	bool *function_kept;                /* by index in `pci`: the configuration keeps it */
	struct bh_survey_node *nodes;       /* by bh_dt_node.index; tree->slots of them */
	struct bh_survey_window *windows;   /* by base */
	size_t window_count;
	struct bh_survey_irq *irqs; /* entry 0 is not used */
	size_t irq_count;
	uint32_t *irq_heads; /* by intid modulo SURVEY_IRQ_BUCKETS */
	uint32_t *use_heads; /* hash of (kind, provider, specifier) to a reference, from 1 */
	uint32_t *use_next;  /* by reference */
	uint32_t use_mask;
	struct bh_survey_domain *domains;
	size_t domain_count;
	struct bh_range *memory; /* the tree's /memory, or what bh_survey_set_memory() was given */
	size_t memory_count;
	bool memory_given;
	uint64_t fingerprint;   /* of the tree: dt/fingerprint.h */
	struct bh_ruled *ruled; /* private: bh_survey_is_ruled() */
	struct bh_arena arena;
};

/* All pointers stay the caller's and outlive the survey. `snapshot` may be NULL. */
void bh_survey_init(struct bh_survey *survey, const struct bh_dt *tree, const struct bh_refs *refs,
		    const struct bh_board *board, const struct bh_snapshot *snapshot);
void bh_survey_finish(struct bh_survey *survey);

/* The host's PCI functions, which outlive the survey. */
void bh_survey_set_pci(struct bh_survey *survey, const struct bh_pci *pci);

/* USB devices that are plugged in; they outlive the survey. */
void bh_survey_set_usb(struct bh_survey *survey, const struct bh_usb *usb);

/* The board's memory by the configuration: it counts before the board's data and the tree. */
void bh_survey_set_memory(struct bh_survey *survey, const struct bh_range *list, size_t count);

static inline const struct bh_survey_node *bh_survey_of(const struct bh_survey *survey,
							const struct bh_dt_node *node)
{
	return &survey->nodes[node->index];
}

/*
 * The next reference after `prev` (NULL: from the start) from an enabled node that asks for the
 * very thing `ref` asks for, other than `ref` itself. Of the kinds that are shared by specifier:
 * clock, reset, power domain, regulator, PHY, GPIO line, mailbox channel, DMA channel.
 */
const struct bh_ref *bh_survey_same(const struct bh_survey *survey, const struct bh_ref *ref,
				    const struct bh_ref *prev);

/* The first window that overlaps `range` at or after position *at; NULL at the end. */
const struct bh_survey_window *bh_survey_overlap(const struct bh_survey *survey,
						 struct bh_range range, size_t *at);

/* The next enabled device with interrupt `intid` after `prev`; NULL: from the start. */
const struct bh_survey_irq *bh_survey_irq_users(const struct bh_survey *survey, uint32_t intid,
						const struct bh_survey_irq *prev);

/* A rule says that properties of this name hold references. */
bool bh_survey_is_ruled(const struct bh_survey *survey, const struct bh_dt_prop *prop);

/* The bus a device is on is no device: it passes addresses through and does no more. */
bool bh_survey_is_bus(const struct bh_dt_node *node);

/* Registers or a container of nothing: a unit without addressed parts (a sound card, a LED). */
static inline bool bh_survey_is_virtual(const struct bh_survey *survey,
					const struct bh_dt_node *unit)
{
	return !bh_survey_of(survey, unit)->parts;
}

/* The name the host's kernel gives the platform device of a node: "30be0000.ethernet". */
void bh_survey_add_device_name(struct bh_buf *buf, const struct bh_survey *survey,
			       const struct bh_dt_node *node);

/* The n-th pin that the host has given the device of a node; NULL: no more, or none is known. */
const char *bh_survey_pin(const struct bh_survey *survey, const struct bh_dt_node *node, size_t n);

#endif
