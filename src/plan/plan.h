/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: which VM gets which units, what happens to each of their references, which claims that
 * makes, and what is refused. Everything that is printed is printed from it.
 *
 *   bh_survey     facts of the tree                                   survey.h
 *   bh_plan_add   units of one VM: asked for, and what must come along membership.c
 *   decisions     one for each reference                               decide.c, kinds.c
 *   functions     of PCI, which have no node                           functions.c
 *   claims        what the VM owns                                     claim.c
 *   layout        the guest's addresses and interrupts                 layout.c
 *   checks        named, with levels and prerequisites                 check.c
 *
 * A plan with refusals is still whole: it explains itself, but nothing is printed from it.
 */
#ifndef BH_PLAN_PLAN_H
#define BH_PLAN_PLAN_H

#include "base/map.h"
#include "config/partition.h"
#include "plan/survey.h"

#define BH_UNSAFE_DMA_WORDS   "I accept"
#define BH_PLAN_UNITS_MAX     64 /* of one VM */
#define BH_PLAN_FUNCTIONS_MAX 24 /* PCI functions of one VM: slots for virtio are left */

/* A unit's role in its VM. */
enum bh_role {
	BH_ROLE_ASKED,    /* named in `devices` */
	BH_ROLE_SUPPLIER, /* nobody else uses it, and an asked one cannot do without */
	BH_ROLE_PROVIDER, /* raw profile: parts of it are copied for its clients; the rest stays */
};

enum bh_dma {
	BH_PLAN_DMA_NONE,
	BH_PLAN_DMA_IOMMU,
	BH_PLAN_DMA_DIRECT,
};

struct bh_plan_unit {
	const struct bh_dt_node *node;
	enum bh_role role;
	enum bh_class class;
	enum bh_dma dma;
	const struct bh_ref *via; /* the reference that brought a supplier in */
	struct bh_span span;      /* where the configuration asks for it */
	bool hopeless;            /* refused as a whole: its references matter no more */
	size_t decision_start, decision_count;
};

/* A PCI function: always behind an IOMMU, with the driver vfio-pci on the host. */
struct bh_plan_function {
	const struct bh_pci_function *pci;
	bool along;          /* shares its IOMMU group, and no driver of the host has it */
	struct bh_span span; /* where the configuration asks for it */
};

/* What happens to one reference. */
struct bh_decision {
	const struct bh_ref *ref;
	enum bh_action action;
	const char *code;               /* "E0502": stable; `bulkhead explain` knows it */
	const char *why;                /* one plain clause */
	const struct bh_dt_node *other; /* who else uses the same outside this VM; may be NULL */
	const struct bh_dt_node *to;    /* raw: leads to this node instead (a spare mailbox) */
	uint64_t rate;                  /* of a fixed clock; 0: not known */
	uint32_t microvolt;             /* of a fixed regulator; 0: not known */
	uint64_t min_rate, max_rate;    /* of a mediated clock that may be set */
	int32_t id;                     /* mediated: the guest's number over SCMI; else -1 */
	bool may_switch, may_rate;      /* mediated: gate, assert, power; set the rate */
	bool overruled;                 /* by the configuration */
	bool tree_only;                 /* the host knows more than the tree, and was not asked */
};

enum bh_claim_kind {
	BH_CLAIM_PAGE,
	BH_CLAIM_IRQ,
	BH_CLAIM_STREAM,
	BH_CLAIM_CLOCK,
	BH_CLAIM_RESET,
	BH_CLAIM_DOMAIN,
	BH_CLAIM_REGULATOR,
	BH_CLAIM_PIN,
	BH_CLAIM_GPIO,
	BH_CLAIM_PHY,
	BH_CLAIM_DMA,
	BH_CLAIM_MAILBOX,
	BH_CLAIM_MEMORY,
	BH_CLAIM_SYSCON,
	BH_CLAIM_KIND_COUNT,
};

/* One indivisible resource with one owner. */
struct bh_claim {
	enum bh_claim_kind kind;
	bool shared; /* mediated: the host serves several, none of them owns it */
	const struct bh_dt_node *provider; /* NULL for pages and GIC lines */
	struct bh_range range;             /* pages, memory */
	uint32_t id[4];                    /* the specifier; for a stream id: id, mask */
	uint32_t id_count;
	uint32_t unit;                          /* of the VM's units */
	const struct bh_pci_function *function; /* or, when not NULL, this function's */
	const struct bh_ref *ref;               /* NULL: implied by the node */
};

/* Why two units cannot be in different hands. */
enum bh_tie_kind {
	BH_TIE_STREAM,
	BH_TIE_SINGLE_DOMAIN,
	BH_TIE_GROUP, /* the host's kernel has both in one IOMMU group */
	BH_TIE_PAGE,
	BH_TIE_IRQ,
	BH_TIE_SUPPLIER, /* `a` cannot do without `b` */
	BH_TIE_CONSUMER, /* `b` stays behind and cannot do without `a` */
	BH_TIE_SUPPLY,   /* the same, and what it needs is its power supply */
	BH_TIE_CLOCK,    /* soft when clocks are mediated */
	BH_TIE_RESET,    /* soft */
	BH_TIE_DOMAIN,   /* soft */
	BH_TIE_KIND_COUNT,
};

struct bh_tie {
	enum bh_tie_kind kind;
	bool hard;                      /* else mediation takes care of it */
	const struct bh_dt_node *a, *b; /* units */
	const struct bh_ref *ref;       /* the evidence; NULL for pages and interrupts */
	const struct bh_ref *other;     /* the other side's, where there is one */
	uint64_t value;                 /* page address, interrupt, stream id */
};

/* A refusal: the plan cannot be carried out as asked. */
struct bh_refusal {
	const char *code;
	const struct bh_dt_node *unit;
	const struct bh_dt_node *node;          /* the place */
	const struct bh_ref *ref;               /* may be NULL */
	const struct bh_dt_node *other;         /* may be NULL */
	const struct bh_pci_function *function; /* of PCI; then there is no unit */
	char *text;                             /* one sentence */
	char *hint; /* how to overrule, or what else to do; may be NULL */
	struct bh_span span;
};

/* The host's side of a taken unit: what loses it and goes away with it. */
struct bh_loss {
	const struct bh_dt_node *node; /* left behind on the host, without its supplier */
	const struct bh_ref *ref;
};

/* A chip of a bus in the VM that does not go with it. */
struct bh_left_out {
	const struct bh_dt_node *node;
	const struct bh_ref *ref; /* the reference that forbids it */
	const char *code, *why;
	const struct bh_dt_node *other; /* may be NULL */
};

struct bh_plan_irq {
	const struct bh_dt_node *node;
	uint32_t index;       /* of the node's interrupts */
	uint32_t host, guest; /* INTIDs; host 0: it comes through another controller */
	enum bh_irq_trigger trigger;
};

/* Guest-physical places of the virtual machine; size 0: not there. */
struct bh_layout {
	struct bh_range ram;
	bool direct; /* ram is host memory at the same address */
	int gic;     /* 2 or 3 */
	struct bh_range distributor, redistributor, its;
	struct bh_range uart, scmi, watchdog, virtio, ecam, window32, window64;
	uint32_t uart_irq, intx[4], virtio_irq; /* SPIs as INTIDs; virtio: the first of 24 */
	uint32_t interrupts;
};

struct bh_plan_vm {
	const struct bh_config_vm *config;
	const struct bh_dt_node **override_nodes; /* of config->overrides; NULL: names no node */
	bool raw;
	struct bh_plan_unit units[BH_PLAN_UNITS_MAX];
	size_t unit_count;
	struct bh_plan_function functions[BH_PLAN_FUNCTIONS_MAX];
	size_t function_count;
	struct bh_decision *decisions;
	size_t decision_count, decision_room;
	struct bh_claim *claims;
	size_t claim_count, claim_room;
	struct bh_plan_irq *irqs;
	size_t irq_count, irq_room;
	struct bh_tie *ties;
	size_t tie_count, tie_room;
	struct bh_loss *losses;
	size_t loss_count, loss_room;
	struct bh_left_out *left_out;
	size_t left_out_count, left_out_room;
	struct bh_refusal *refusals;
	size_t refusal_count, refusal_room;
	size_t clock_count, reset_count, domain_count; /* mediated */
	/* raw: nodes outside of units that are copied with what hangs on them */
	const struct bh_dt_node **extras;
	size_t extra_count, extra_room;
	/* Indexes: trees from outside can make any list long. */
	struct bh_map by_ref;      /* a reference's address to its decision's number, from 1 */
	struct bh_map is_extra;    /* a node's address, when it is in `extras` */
	struct bh_map is_left_out; /* a chip's address to its number in `left_out`, from 1 */
	struct bh_map needs;       /* a unit's address to a cached answer: membership.c */
	struct bh_layout layout;
};

struct bh_plan {
	const struct bh_survey *survey;
	uint64_t page; /* the host's granule: 4, 16 or 64 KiB */
	struct bh_plan_vm *vms;
	size_t vm_count;
	/* By node index: the VM (from 1) that the unit with this head belongs to; 0: the host. */
	uint16_t *owner;
	uint16_t *function_owner; /* the same by the index of a PCI function; NULL: none known */
	bool misconfigured; /* names that fit nothing, devices given twice: no refusals by policy */
	struct bh_arena arena;
};

/*
 * Makes the plan of a whole partition. False when there are refusals or errors; they are in
 * `diags` (E05xx), and refusals also in the VMs. The plan is to be finished in both cases.
 */
bool bh_plan_make(struct bh_plan *plan, const struct bh_survey *survey,
		  const struct bh_partition *partition, struct bh_diags *diags);

/*
 * The plan of a single device for a VM that exists only in this question. `vm` may be shared by
 * many; its `devices` are not looked at. For `device explain` and for the corpus.
 */
bool bh_plan_device(struct bh_plan *plan, const struct bh_survey *survey,
		    const struct bh_dt_node *device, const struct bh_config_vm *vm, uint64_t page,
		    struct bh_diags *diags);

/* The same for a PCI function. */
bool bh_plan_function(struct bh_plan *plan, const struct bh_survey *survey,
		      const struct bh_pci_function *function, const struct bh_config_vm *vm,
		      uint64_t page, struct bh_diags *diags);

void bh_plan_finish(struct bh_plan *plan);

/* The VM (from 0) that has a PCI function, or -1. */
int bh_plan_function_owner(const struct bh_plan *plan, const struct bh_pci_function *pci);

/*
 * Whether a name is a PCI function's: by address, by class, by the alias of its node. *found: the
 * function, or NULL with an error in `diags`. False: it names something of the tree, or nothing.
 */
bool bh_plan_is_function(const struct bh_survey *survey, const char *name,
			 const struct bh_span *span, const struct bh_pci_function **found,
			 struct bh_diags *diags);

/* The host bridge's node, and the IOMMU that it leads a function's DMA to; NULL: not in the tree.
 */
const struct bh_dt_node *bh_plan_host_bridge(const struct bh_survey *survey,
					     const struct bh_pci_function *pci);
const struct bh_dt_node *bh_plan_function_iommu(const struct bh_survey *survey,
						const struct bh_pci_function *pci);

/* The VM a unit belongs to (from 0), or -1: it stays with the host. */
int bh_plan_owner(const struct bh_plan *plan, const struct bh_dt_node *unit);
bool bh_plan_has(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		 const struct bh_dt_node *unit);

/* The decision for a reference, or NULL when the VM has none for it. */
const struct bh_decision *bh_plan_decision(const struct bh_plan_vm *vm, const struct bh_ref *ref);

/* The chip that the node is a part of and that is left out, or NULL. */
const struct bh_left_out *bh_plan_left_out(const struct bh_plan_vm *vm,
					   const struct bh_dt_node *node);

/* What a property holds when it is a number of the host that no phandle shows; else NULL. */
const char *bh_plan_host_number(const struct bh_plan_vm *vm, const char *property);

/* Names that are part of the JSON and the documentation. */
const char *bh_action_name(enum bh_action action);
const char *bh_claim_kind_name(enum bh_claim_kind kind);
const char *bh_tie_kind_name(enum bh_tie_kind kind);
const char *bh_dma_name(enum bh_dma dma);

#endif
