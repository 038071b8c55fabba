// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks, resets, power domains and regulators that a device's node names: found and switched
 * on at bind, held until unbind, put back when a holder leaves.
 */
#include <linux/clk.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/of.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/regulator/consumer.h>
#include <linux/reset.h>
#include <linux/slab.h>

#include "device.h"

/* One kind of control. `set` is told what `on` means for the kind; it is never asked for what is.
 */
struct kind {
	const char *what;
	const char *names; /* the property with the entries' names */
	int (*count)(struct device *dev);
	int (*get)(struct device *dev, u32 index, struct bulkhead_item *item);
	int (*set)(struct bulkhead_item *item, bool on);
	void (*put)(struct device *dev, struct bulkhead_item *item);
	bool held; /* the state `on` has from bind to unbind */
};

/* How many phandles a property lists; a missing property lists none. */
static int count_phandles(struct device *dev, const char *list, const char *cells)
{
	int count = of_count_phandle_with_args(dev->of_node, list, cells);

	return count == -ENOENT ? 0 : count;
}

static int count_clocks(struct device *dev)
{
	return count_phandles(dev, "clocks", "#clock-cells");
}

static int get_clock(struct device *dev, u32 index, struct bulkhead_item *item)
{
	item->clock = of_clk_get(dev->of_node, index);
	if (IS_ERR(item->clock))
		return PTR_ERR(item->clock);
	item->rate = clk_get_rate(item->clock);
	return 0;
}

static int set_clock(struct bulkhead_item *item, bool on)
{
	if (on)
		return clk_prepare_enable(item->clock);
	clk_disable_unprepare(item->clock);
	return 0;
}

static void put_clock(struct device *dev, struct bulkhead_item *item)
{
	clk_put(item->clock);
}

static int count_resets(struct device *dev)
{
	return count_phandles(dev, "resets", "#reset-cells");
}

static int get_reset(struct device *dev, u32 index, struct bulkhead_item *item)
{
	item->reset = of_reset_control_get_exclusive_by_index(dev->of_node, index);
	if (PTR_ERR_OR_ZERO(item->reset) == -EBUSY) {
		item->reset = of_reset_control_get_shared_by_index(dev->of_node, index);
		item->flags |= BULKHEAD_CONTROL_SHARED;
	}
	if (IS_ERR(item->reset))
		return PTR_ERR(item->reset);
	item->found_asserted = reset_control_status(item->reset) > 0;
	item->on = true; /* so that holding it deasserts it, whatever it was */
	return 0;
}

static int set_reset(struct bulkhead_item *item, bool asserted)
{
	if (!asserted)
		return reset_control_deassert(item->reset);
	if (item->flags & BULKHEAD_CONTROL_SHARED)
		return -EPERM;
	return reset_control_assert(item->reset);
}

static void put_reset(struct device *dev, struct bulkhead_item *item)
{
	/* A shared one is counted: asserting takes our deasserting back. */
	if (item->found_asserted || (item->flags & BULKHEAD_CONTROL_SHARED))
		reset_control_assert(item->reset);
	reset_control_put(item->reset);
}

static int count_domains(struct device *dev)
{
	return count_phandles(dev, "power-domains", "#power-domain-cells");
}

/* The bus attaches the device itself to a single domain, and to none of several. */
static bool is_single_domain(struct device *dev)
{
	return count_domains(dev) == 1;
}

static int get_domain(struct device *dev, u32 index, struct bulkhead_item *item)
{
	item->domain = is_single_domain(dev) ? dev : dev_pm_domain_attach_by_id(dev, index);
	if (!item->domain)
		return -ENODEV;
	return PTR_ERR_OR_ZERO(item->domain);
}

static int set_domain(struct bulkhead_item *item, bool on)
{
	int ret;

	if (on)
		return pm_runtime_resume_and_get(item->domain);
	ret = pm_runtime_put_sync_suspend(item->domain);
	/* EBUSY: another in it is in use; our hold is gone all the same. */
	return ret == -EBUSY || ret == -EAGAIN || ret > 0 ? 0 : ret;
}

static void put_domain(struct device *dev, struct bulkhead_item *item)
{
	if (item->domain != dev) /* that one the bus detaches */
		dev_pm_domain_detach(item->domain, true);
}

/* The n-th "*-supply" of the node; NULL after the last. */
static const struct property *find_supply(struct device *dev, u32 index)
{
	const struct property *property;

	for_each_property_of_node(
		dev->of_node,
		property) if (strlen(property->name) > strlen("-supply") &&
			      !strcmp(strrchr(property->name, '-') ?: "", "-supply") &&
			      !index--) return property;
	return NULL;
}

static int count_regulators(struct device *dev)
{
	int count = 0;

	while (find_supply(dev, count))
		count++;
	return count;
}

static int get_regulator(struct device *dev, u32 index, struct bulkhead_item *item)
{
	const struct property *property = find_supply(dev, index);

	item->name =
		devm_kasprintf(dev, GFP_KERNEL, "%.*s",
			       (int)(strlen(property->name) - strlen("-supply")), property->name);
	if (!item->name)
		return -ENOMEM;
	item->regulator = regulator_get_optional(dev, item->name);
	return PTR_ERR_OR_ZERO(item->regulator);
}

static int set_regulator(struct bulkhead_item *item, bool on)
{
	return on ? regulator_enable(item->regulator) : regulator_disable(item->regulator);
}

static void put_regulator(struct device *dev, struct bulkhead_item *item)
{
	regulator_put(item->regulator);
}

static const struct kind kinds[BULKHEAD_KINDS] = {
	[BULKHEAD_CLOCK] = {"clock", "clock-names", count_clocks, get_clock, set_clock, put_clock,
			    true},
	[BULKHEAD_RESET] = {"reset", "reset-names", count_resets, get_reset, set_reset, put_reset,
			    false},
	[BULKHEAD_DOMAIN] = {"power domain", "power-domain-names", count_domains, get_domain,
			     set_domain, put_domain, true},
	[BULKHEAD_REGULATOR] = {"supply", NULL, count_regulators, get_regulator, set_regulator,
				put_regulator, true},
};

/* A device can be used with power, supply and clock, in this order, and when its reset ends. */
static const u32 order[BULKHEAD_KINDS] = {BULKHEAD_REGULATOR, BULKHEAD_DOMAIN, BULKHEAD_CLOCK,
					  BULKHEAD_RESET};

static int set_item(const struct kind *kind, struct bulkhead_item *item, bool on)
{
	int ret;

	if (item->on == on)
		return 0;
	ret = kind->set(item, on);
	if (!ret)
		item->on = on;
	return ret;
}

static int hold(struct bulkhead_device *bd, const struct kind *kind, struct bulkhead_items *items)
{
	int ret, count = kind->count(bd->dev);
	u32 i;

	if (count < 0)
		return dev_err_probe(bd->dev, count, "list of %ss\n", kind->what);
	items->item = devm_kcalloc(bd->dev, count, sizeof(*items->item), GFP_KERNEL);
	if (!items->item)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct bulkhead_item *item = &items->item[i];

		item->name = "";
		if (kind->names)
			of_property_read_string_index(bd->dev->of_node, kind->names, i,
						      &item->name);
		ret = kind->get(bd->dev, i, item);
		if (ret == -ENOENT || ret == -ENODEV) {
			/* A hole, as optional entries leave: the others keep their index. */
			item->flags |= BULKHEAD_CONTROL_ABSENT;
			items->count++;
			continue;
		}
		if (ret)
			return dev_err_probe(bd->dev, ret, "%s %u \"%s\"\n", kind->what, i,
					     item->name);
		items->count++;
		ret = set_item(kind, item, kind->held);
		if (ret)
			return dev_err_probe(bd->dev, ret, "%s %u \"%s\" cannot be held\n",
					     kind->what, i, item->name);
	}
	return 0;
}

static void release(struct bulkhead_device *bd, const struct kind *kind,
		    struct bulkhead_items *items)
{
	while (items->count) {
		struct bulkhead_item *item = &items->item[--items->count];

		if (item->flags & BULKHEAD_CONTROL_ABSENT)
			continue;
		/* Resets stay deasserted for the host's driver, as most others leave them. */
		if (kind->held)
			set_item(kind, item, false);
		kind->put(bd->dev, item);
	}
}

int bulkhead_controls_init(struct bulkhead_device *bd)
{
	int ret, i;

	/* AMBA's bus has done it already. */
	bd->runtime_power = !pm_runtime_enabled(bd->dev);
	if (bd->runtime_power)
		pm_runtime_enable(bd->dev);
	if (!is_single_domain(bd->dev)) {
		ret = pm_runtime_resume_and_get(bd->dev);
		if (ret) {
			dev_err_probe(bd->dev, ret, "cannot be powered\n");
			goto error;
		}
		bd->holds_power = true;
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		ret = hold(bd, &kinds[order[i]], &bd->items[order[i]]);
		if (ret)
			goto error;
	}
	return 0;

error:
	bulkhead_controls_finish(bd);
	return ret;
}

void bulkhead_controls_finish(struct bulkhead_device *bd)
{
	int i;

	for (i = ARRAY_SIZE(order); i--;)
		release(bd, &kinds[order[i]], &bd->items[order[i]]);
	if (bd->holds_power)
		pm_runtime_put_sync(bd->dev);
	if (bd->runtime_power)
		pm_runtime_disable(bd->dev);
}

/* How long a reset is held: hardware asks for some clock cycles, in slow cases microseconds. */
#define RESET_MICROSECONDS 20

static int pulse(struct bulkhead_item *item)
{
	int ret;

	if (item->flags & BULKHEAD_CONTROL_SHARED)
		return -EPERM;
	ret = set_item(&kinds[BULKHEAD_RESET], item, true);
	/* Some reset controllers know only how to pulse. */
	if (ret == -ENOTSUPP)
		return reset_control_reset(item->reset);
	if (ret)
		return ret;
	usleep_range(RESET_MICROSECONDS, 2 * RESET_MICROSECONDS);
	return set_item(&kinds[BULKHEAD_RESET], item, false);
}

int bulkhead_control_switch(struct bulkhead_device *bd, u32 kind, struct bulkhead_item *item,
			    u32 action)
{
	lockdep_assert_held(&bd->lock);
	switch (action) {
	case BULKHEAD_OFF:
	case BULKHEAD_ON:
		return set_item(&kinds[kind], item, action == BULKHEAD_ON);
	case BULKHEAD_PULSE:
		return kind == BULKHEAD_RESET ? pulse(item) : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* Switches everything as it is held. */
void bulkhead_controls_resume(struct bulkhead_device *bd)
{
	int i;
	u32 k;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		const struct kind *kind = &kinds[order[i]];
		struct bulkhead_items *items = &bd->items[order[i]];

		for (k = 0; k < items->count; k++)
			if (!(items->item[k].flags & BULKHEAD_CONTROL_ABSENT) &&
			    set_item(kind, &items->item[k], kind->held))
				dev_err(bd->dev, "%s %u cannot be held again\n", kind->what, k);
	}
}

void bulkhead_controls_restore_rates(struct bulkhead_device *bd)
{
	struct bulkhead_items *clocks = &bd->items[BULKHEAD_CLOCK];
	u32 i;

	for (i = 0; i < clocks->count; i++) {
		struct bulkhead_item *item = &clocks->item[i];

		if (!item->rate_changed)
			continue;
		if (clk_set_rate(item->clock, item->rate))
			dev_warn(bd->dev, "clock %u does not go back to %lu Hz\n", i, item->rate);
		item->rate_changed = false;
	}
}

static bool is_own_reset(const struct bulkhead_item *item)
{
	return !(item->flags & (BULKHEAD_CONTROL_ABSENT | BULKHEAD_CONTROL_SHARED));
}

bool bulkhead_has_reset(struct bulkhead_device *bd)
{
	struct bulkhead_items *resets = &bd->items[BULKHEAD_RESET];
	u32 i;

	for (i = 0; i < resets->count; i++)
		if (is_own_reset(&resets->item[i]))
			return true;
	return false;
}

void bulkhead_reset(struct bulkhead_device *bd)
{
	struct bulkhead_items *resets = &bd->items[BULKHEAD_RESET];
	u32 i;

	for (i = 0; i < resets->count; i++)
		if (is_own_reset(&resets->item[i]) && pulse(&resets->item[i]))
			dev_warn(bd->dev, "reset %u cannot be pulsed\n", i);
}
