/* SPDX-License-Identifier: GPL-2.0-only */
/* A device bound to bulkhead, as the files of the module share it. */
#ifndef BULKHEAD_DEVICE_H
#define BULKHEAD_DEVICE_H

#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>

#include "bulkhead.h"

struct clk;
struct regulator;
struct reset_control;

struct bulkhead_region {
	phys_addr_t base;
	u64 size;
	bool write_combine;
	void __iomem *mapped; /* on first use by the kernel, until unbind */
};

/* Who ended an interrupt last, and how often it had waited for one (WFI) by then. */
struct bulkhead_ends {
	int vcpu;
	u64 waits;
};

/*
 * One interrupt. While `requested`, the line is enabled exactly when not `masked`; both change
 * under `line_lock` of the device only, as the handler masks a level interrupt by itself.
 */
struct bulkhead_irq {
	struct bulkhead_device *device;
	int number; /* Linux' */
	u32 flags;  /* VFIO_IRQ_INFO_* */
	const char *name;
	bool requested;
	bool masked;
	bool waits;           /* `timer` will unmask it */
	bool given;           /* fired, and its end has not come */
	bool held;            /* fired, and waits for the end of another */
	unsigned int follows; /* times in a row that it fired with another */
	ktime_t given_at;
	unsigned int returned; /* times in a row that it came back at once */
	struct bulkhead_ends ends;
	unsigned long delayed; /* how often `timer` unmasked it, or would have */
	ktime_t unmasked_at;
	struct hrtimer timer;
	struct eventfd_ctx *trigger;
	struct virqfd *mask;   /* masks when its eventfd is signalled */
	struct virqfd *unmask; /* resample */
};

/* One clock, reset, power domain or regulator. */
struct bulkhead_item {
	const char *name;
	u32 flags; /* BULKHEAD_CONTROL_ABSENT, _SHARED */
	bool on;   /* for a reset: asserted */
	union {
		struct clk *clock;
		struct reset_control *reset;
		struct device *domain;
		struct regulator *regulator;
	};
	bool found_asserted; /* reset: its state before bind */
	bool rate_changed;   /* clock: by the holder */
	unsigned long rate;  /* clock: at bind */
};

struct bulkhead_items {
	struct bulkhead_item *item;
	u32 count;
};

/* One step of stopping the device: bits are written, or waited for. */
#define BULKHEAD_STEPS_MAX 16

struct bulkhead_step {
	bool wait;
	u32 region;
	u32 offset;
	u32 mask; /* of a write: other bits keep what is read before. ~0: not read */
	u32 value;
};

/* What a bus tells of its device. Both answer for index 0, 1...; the first error ends the list. */
struct bulkhead_bus {
	const struct resource *(*region)(struct device *dev,
					 unsigned int index); /* NULL: no more */
	int (*irq)(struct device *dev, unsigned int index);   /* -ENXIO: no more */
};

struct bulkhead_device {
	struct vfio_device vdev;
	struct device *dev;
	bool emulated; /* no IOMMU in front of it */

	struct bulkhead_region *regions;
	u32 region_count;

	struct mutex irq_lock; /* serialises SET_IRQS and close */
	struct bulkhead_irq *irqs;
	u32 irq_count;
	spinlock_t line_lock; /* their states */

	struct mutex lock; /* all below, and `mapped` of regions */
	bool in_use;
	bool greeted;
	u64 calls_until; /* see take_call() */
	struct bulkhead_items items[BULKHEAD_KINDS];
	bool runtime_power; /* its runtime power management is ours to end */
	bool holds_power;   /* where no item of kind BULKHEAD_DOMAIN stands for it */
	struct bulkhead_step steps[BULKHEAD_STEPS_MAX];
	u32 step_count;
};

/* main.c: what the module's parameters say */
enum bulkhead_consent { BULKHEAD_NO_CONSENT, BULKHEAD_NO_DMA, BULKHEAD_UNSAFE_DMA };
enum bulkhead_consent bulkhead_consent(const char *device);
bool bulkhead_write_combine(const char *device, unsigned int region);
u64 bulkhead_call_period(void); /* ns */
u32 bulkhead_call_burst(void);
u64 bulkhead_moderation(void); /* ns */
bool bulkhead_direct_cache_id(void);

/* device.c */
int bulkhead_attach(struct device *dev, const struct bulkhead_bus *bus);
void bulkhead_detach(struct device *dev);
extern const struct attribute_group *bulkhead_device_groups[];

/* regions.c */
int bulkhead_regions_init(struct bulkhead_device *bd, const struct bulkhead_bus *bus);
int bulkhead_region_info(struct bulkhead_device *bd, struct vfio_region_info *info);
int bulkhead_region_map(struct bulkhead_device *bd, u32 index); /* with bd->lock */
int bulkhead_region_mmap(struct bulkhead_device *bd, struct vm_area_struct *vma);
ssize_t bulkhead_region_read(struct bulkhead_device *bd, char __user *data, size_t count,
			     loff_t *position);
ssize_t bulkhead_region_write(struct bulkhead_device *bd, const char __user *data, size_t count,
			      loff_t *position);

/* irqs.c */
int bulkhead_irqs_init(struct bulkhead_device *bd, const struct bulkhead_bus *bus);
void bulkhead_irqs_close(struct bulkhead_device *bd);
unsigned long bulkhead_irqs_delayed(struct bulkhead_device *bd);
int bulkhead_irq_info(struct bulkhead_device *bd, struct vfio_irq_info *info);
int bulkhead_irqs_set(struct bulkhead_device *bd, const struct vfio_irq_set *set,
		      const void __user *data);

/* vcpu.c: told when an end of interrupt comes; whether its guest has waited since the last one. */
bool bulkhead_vcpu_ends(struct bulkhead_device *bd, struct bulkhead_ends *ends);

/* controls.c; those after init want bd->lock */
int bulkhead_controls_init(struct bulkhead_device *bd);
void bulkhead_controls_finish(struct bulkhead_device *bd);
int bulkhead_control_switch(struct bulkhead_device *bd, u32 kind, struct bulkhead_item *item,
			    u32 action);
void bulkhead_controls_resume(struct bulkhead_device *bd);
void bulkhead_controls_restore_rates(struct bulkhead_device *bd);
bool bulkhead_has_reset(struct bulkhead_device *bd);
void bulkhead_reset(struct bulkhead_device *bd);

/* quiesce.c */
ssize_t bulkhead_quiesce_store(struct bulkhead_device *bd, const char *text, size_t size);
ssize_t bulkhead_quiesce_show(struct bulkhead_device *bd, char *text);
void bulkhead_quiesce_run(struct bulkhead_device *bd); /* with bd->lock */

/* calls.c */
long bulkhead_call(struct bulkhead_device *bd, unsigned int command, void __user *argument);

/* memory.c */
int bulkhead_memory_init(void);
void bulkhead_memory_exit(void);
bool bulkhead_memory_listed(const char *node); /* main.c */

#endif
