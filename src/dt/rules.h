/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: which properties hold phandles, where in the value, and what such a reference means.
 *
 * Rules are data, in three tables searched in this order; the first match wins.
 *   standard_rules.c  the bindings that all of Linux shares, and name patterns ("*-supply")
 *   vendor_rules.c    vendor-prefixed and rare names
 *   scalar_names.c    names that hold plain numbers, so that the detector leaves them alone
 * To add a rule, add a line. docs/device-tree.md tells how to find out what the line must say.
 */
#ifndef BH_DT_RULES_H
#define BH_DT_RULES_H

#include "base/map.h"
#include "dt/tree.h"

/* What is asked of the target. */
enum bh_ref_kind {
	BH_REF_CLOCK,
	BH_REF_ASSIGNED_CLOCK, /* assigned-clocks and assigned-clock-parents */
	BH_REF_RESET,
	BH_REF_POWER_DOMAIN,
	BH_REF_REGULATOR,
	BH_REF_PINCTRL, /* a pin group or state below a pin controller */
	BH_REF_GPIO,
	BH_REF_INTERRUPT,
	BH_REF_MSI,
	BH_REF_IOMMU,
	BH_REF_DMA,
	BH_REF_MAILBOX,
	BH_REF_SHMEM, /* memory shared with a firmware agent */
	BH_REF_SRAM,
	BH_REF_MEMORY, /* a reserved-memory region */
	BH_REF_NVMEM,
	BH_REF_PHY,  /* generic PHY: serdes, USB, ... */
	BH_REF_MDIO, /* an Ethernet PHY or PCS on an MDIO bus, or the bus */
	BH_REF_SFP,
	BH_REF_PWM,
	BH_REF_BACKLIGHT,
	BH_REF_PANEL,
	BH_REF_LED,
	BH_REF_IO_CHANNEL, /* ADC */
	BH_REF_EXTCON,
	BH_REF_SOUND, /* sound-dai and what sound cards name */
	BH_REF_GRAPH, /* remote-endpoint: runs both ways */
	BH_REF_INTERCONNECT,
	BH_REF_OPP,
	BH_REF_THERMAL, /* sensors, trips, cooling devices */
	BH_REF_CPU,     /* a CPU, cache or idle state */
	BH_REF_HWLOCK,
	BH_REF_SYSCON,   /* a block of system-control registers, with place in it */
	BH_REF_FIRMWARE, /* a firmware agent or the channel to one */
	BH_REF_CONFIG,   /* a node that only holds settings of the device */
	BH_REF_DEVICE,   /* another device whose driver is called */
	BH_REF_KIND_COUNT,
};

/* "clock", "assigned-clock"...: stable, for explanations and configuration. */
const char *bh_ref_kind_name(enum bh_ref_kind kind);
/* False when there is no kind of that name. */
bool bh_ref_kind_by_name(const char *name, enum bh_ref_kind *kind);
/* One line of plain English: "a clock input". */
const char *bh_ref_kind_text(enum bh_ref_kind kind);

/* How the value is cut into entries. */
enum bh_rule_shape {
	BH_SHAPE_LIST,     /* phandle and as many cells as the target's `cells` says, repeated */
	BH_SHAPE_OPTIONAL, /* the same; a target without `cells` takes none */
	BH_SHAPE_FIXED,    /* phandle and the cells named by `args`, repeated */
	BH_SHAPE_REST,     /* one phandle; all other cells are its arguments */
	BH_SHAPE_INTERRUPTS,
	BH_SHAPE_INTERRUPTS_EXTENDED,
	BH_SHAPE_INTERRUPT_MAP,
	BH_SHAPE_ID_MAP, /* iommu-map, msi-map: id, phandle, id there, count */
	BH_SHAPE_GROUPS, /* `args` names all cells of a group; the one called "&" is the phandle */
	BH_SHAPE_IOMMU_ADDRESSES, /* phandle, address, size in the target's own cells */
	BH_SHAPE_SCALAR,          /* no references: the name only looks so */
	BH_SHAPE_COUNT,
};

enum {
	/* Linux's fw_devlink makes the consumer wait for this supplier. */
	BH_RULE_SUPPLIER = 1 << 0,
	/* fw_devlink does so only when it is told to be strict (iommus, dmas). */
	BH_RULE_WEAK = 1 << 1,
	/* Drivers work without. Said where the binding says so for every device. */
	BH_RULE_OPTIONAL = 1 << 2,
	/*
	 * The name is used for other things elsewhere: taken as a reference only when the length
	 * fits and all phandles are live.
	 */
	BH_RULE_AMBIGUOUS = 1 << 3,
	/* Points from a provider to what uses it, or both ways: no dependency of `from`. */
	BH_RULE_REVERSE = 1 << 4,
	/* Leaves the value alone where the node is a gpio-hog. */
	BH_RULE_NOT_HOG = 1 << 5,
	/* Two entries make one thing, with one name (interconnect paths). */
	BH_RULE_PAIRS = 1 << 6,
};

struct bh_dt_rule {
	/* A property name. A '*' stands for any run of letters, a '%' for a decimal number. */
	const char *property;
	const char *id; /* stable name of the rule; NULL: the property's name */
	enum bh_ref_kind kind;
	enum bh_rule_shape shape;
	const char *cells;  /* LIST, OPTIONAL: the target's property that counts the cells */
	const char *args;   /* FIXED, REST, GROUPS: names of the cells, "offset mask" */
	const char *names;  /* the property that names the entries, "clock-names" */
	const char *except; /* a pattern that takes names out of `property` ("*,nr-gpios") */
	unsigned flags;
};

const char *bh_dt_rule_id(const struct bh_dt_rule *rule);

/* The rule has what its shape needs. Asked of rules that a configuration made. */
bool bh_dt_rule_ok(const struct bh_dt_rule *rule);

/* The tables. Rules with '*' or '%' are tried after the plain names of all tables. */
extern const struct bh_dt_rule bh_standard_rules[];
extern const size_t bh_standard_rule_count;
extern const struct bh_dt_rule bh_vendor_rules[];
extern const size_t bh_vendor_rule_count;
extern const char *const bh_scalar_names[];
extern const size_t bh_scalar_name_count;

/* All tables and the rules of a configuration (which may be NULL), ready to be asked. */
struct bh_rule_set {
	struct bh_map plain; /* property name -> rule */
	struct {
		const char *text;
		const struct bh_dt_rule *rule;
	} * patterns;
	size_t pattern_count, pattern_room;
};

void bh_rule_set_init(struct bh_rule_set *set, const struct bh_dt_rule *extra, size_t extra_count);
void bh_rule_set_finish(struct bh_rule_set *set);

/* The rule for a property name, or NULL. */
const struct bh_dt_rule *bh_rule_set_find(const struct bh_rule_set *set, const char *property);

/* True when `name` matches the pattern. */
bool bh_dt_rule_matches(const char *pattern, const char *name);

#endif
