// SPDX-License-Identifier: GPL-2.0-only
/* The calls of bulkhead.h on a device's descriptor. Each argument is copied once, then checked. */
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "device.h"

/*
 * A bucket of `call_burst` calls that fills at `call_rate`: calls_until is when all calls so far
 * would be done at that rate. The frameworks behind have one lock for all devices, which a guest
 * must not be able to keep busy.
 */
static int take_call(struct bulkhead_device *bd)
{
	u64 now = ktime_get_ns(), period = bulkhead_call_period();
	u64 until = max(bd->calls_until, now) + period;

	if (until - now > period * bulkhead_call_burst())
		return -EAGAIN;
	bd->calls_until = until;
	return 0;
}

static struct bulkhead_item *find_item(struct bulkhead_device *bd, u32 kind, u32 index)
{
	struct bulkhead_items *items;

	if (kind >= BULKHEAD_KINDS)
		return ERR_PTR(-ENOENT);
	items = &bd->items[array_index_nospec(kind, BULKHEAD_KINDS)];
	if (index >= items->count)
		return ERR_PTR(-ENOENT);
	return &items->item[array_index_nospec(index, items->count)];
}

static struct bulkhead_item *find_present(struct bulkhead_device *bd, u32 kind, u32 index)
{
	struct bulkhead_item *item = find_item(bd, kind, index);

	if (!IS_ERR(item) && (item->flags & BULKHEAD_CONTROL_ABSENT))
		return ERR_PTR(-ENODEV);
	return item;
}

static int hello(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_hello *call = argument;

	bd->greeted = call->version == BULKHEAD_UAPI_VERSION;
	call->version = BULKHEAD_UAPI_VERSION;
	return bd->greeted ? 0 : -EPROTO;
}

static int get_counts(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_counts *call = argument;
	u32 kind;

	if (call->flags)
		return -EINVAL;
	for (kind = 0; kind < BULKHEAD_KINDS; kind++)
		call->count[kind] = bd->items[kind].count;
	return 0;
}

static int get_control(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_control *call = argument;
	struct bulkhead_item *item;

	if (call->flags)
		return -EINVAL;
	item = find_item(bd, call->kind, call->index);
	if (IS_ERR(item))
		return PTR_ERR(item);
	call->flags = item->flags | (item->on ? BULKHEAD_CONTROL_ON : 0);
	strscpy_pad(call->name, item->name, sizeof(call->name));
	return 0;
}

static int switch_control(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_switch *call = argument;
	struct bulkhead_item *item = find_present(bd, call->kind, call->index);
	int ret;

	if (IS_ERR(item))
		return PTR_ERR(item);
	ret = take_call(bd);
	if (ret)
		return ret;
	return bulkhead_control_switch(bd, call->kind, item, call->action);
}

static struct bulkhead_item *find_clock(struct bulkhead_device *bd,
					const struct bulkhead_rate *call)
{
	struct bulkhead_item *item = find_present(bd, BULKHEAD_CLOCK, call->index);
	int ret;

	if (IS_ERR(item))
		return item;
	ret = take_call(bd);
	return ret ? ERR_PTR(ret) : item;
}

static int get_rate(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_rate *call = argument;
	struct bulkhead_item *item = find_clock(bd, call);

	if (IS_ERR(item))
		return PTR_ERR(item);
	call->rate = clk_get_rate(item->clock);
	return 0;
}

/* The framework's rates are `unsigned long`, rounded ones `long`. */
static unsigned long framework_rate(u64 rate)
{
	return min_t(u64, rate, LONG_MAX);
}

static int round_rate(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_rate *call = argument;
	struct bulkhead_item *item = find_clock(bd, call);
	long rate;

	if (IS_ERR(item))
		return PTR_ERR(item);
	rate = clk_round_rate(item->clock, framework_rate(call->rate));
	if (rate < 0)
		return rate;
	call->rate = rate;
	return 0;
}

static int set_rate(struct bulkhead_device *bd, void *argument)
{
	struct bulkhead_rate *call = argument;
	struct bulkhead_item *item = find_clock(bd, call);
	int ret;

	if (IS_ERR(item))
		return PTR_ERR(item);
	if (!call->rate)
		return -EINVAL;
	ret = clk_set_rate(item->clock, framework_rate(call->rate));
	if (ret)
		return ret;
	item->rate_changed = true;
	call->rate = clk_get_rate(item->clock);
	return 0;
}

static const struct call {
	unsigned int command;
	int (*serve)(struct bulkhead_device *bd, void *argument);
} calls[] = {
	{BULKHEAD_HELLO, hello},
	{BULKHEAD_GET_COUNTS, get_counts},
	{BULKHEAD_GET_CONTROL, get_control},
	{BULKHEAD_SWITCH, switch_control},
	{BULKHEAD_GET_RATE, get_rate},
	{BULKHEAD_ROUND_RATE, round_rate},
	{BULKHEAD_SET_RATE, set_rate},
};

static const struct call *find_call(unsigned int command)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].command == command)
			return &calls[i];
	return NULL;
}

long bulkhead_call(struct bulkhead_device *bd, unsigned int command, void __user *user)
{
	const struct call *call = find_call(command);
	union {
		u32 argsz;
		struct bulkhead_hello hello;
		struct bulkhead_counts counts;
		struct bulkhead_control control;
		struct bulkhead_switch switched;
		struct bulkhead_rate rate;
	} argument;
	size_t size = _IOC_SIZE(command);
	int ret;

	if (!call)
		return -ENOTTY;
	if (copy_from_user(&argument, user, size))
		return -EFAULT;
	if (argument.argsz < size)
		return -EINVAL;

	if (mutex_lock_interruptible(&bd->lock))
		return -ERESTARTSYS;
	ret = bd->greeted || call->serve == hello ? call->serve(bd, &argument) : -EPROTO;
	mutex_unlock(&bd->lock);

	/* The module's version is told to a caller of another one too. */
	if ((!ret && (_IOC_DIR(command) & _IOC_READ)) || call->serve == hello)
		if (copy_to_user(user, &argument, size))
			return -EFAULT;
	return ret;
}
