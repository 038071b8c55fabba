// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts to eventfds.
 *
 * A level interrupt masks itself when it fires and stays so until the holder unmasks it, by call or
 * by the eventfd that KVM signals when the guest has ended the interrupt. If the line is still high
 * then, it fires again: nothing is lost, whenever it rose.
 *
 * Each interrupt costs a guest several exits, so one that comes back at once, again and again, is
 * unmasked a moment later (the parameter moderation_us): the guest's driver then finds more to do
 * at a time. One that comes now and then never waits, nor does one whose guest has nothing else to
 * do.
 */
#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "device.h"

/* So many times in a row an interrupt fires with another before it is masked along with that. */
#define FOLLOWS 3

/* So many times in a row an interrupt comes back at once before it waits. */
#define BUSY 8

#define LEVEL (VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED)

/* Masking runs where sleeping is not allowed, which a controller behind a slow bus cannot do. */
static bool is_slow(int number)
{
	struct irq_chip *chip = irq_get_chip(number);

	return chip && chip->irq_bus_lock;
}

/* With line_lock. */
static void change_mask(struct bulkhead_irq *irq, bool masked)
{
	irq->waits = irq->held = irq->given = false;
	if (irq->masked == masked)
		return;
	irq->masked = masked;
	if (!masked)
		irq->unmasked_at = ktime_get();
	if (irq->requested && masked)
		disable_irq_nosync(irq->number);
	else if (irq->requested)
		enable_irq(irq->number);
}

/* Whoever masked or unmasked it meanwhile decided otherwise. */
static enum hrtimer_restart unmask_timer(struct hrtimer *timer)
{
	struct bulkhead_irq *irq = container_of(timer, struct bulkhead_irq, timer);
	unsigned long flags;

	spin_lock_irqsave(&irq->device->line_lock, flags);
	if (irq->waits)
		change_mask(irq, false);
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
	return HRTIMER_NORESTART;
}

int bulkhead_irqs_init(struct bulkhead_device *bd, const struct bulkhead_bus *bus)
{
	u32 i;

	for (;;) {
		int number = bus->irq(bd->dev, bd->irq_count);

		if (number == -ENXIO)
			break;
		if (number < 0)
			return dev_err_probe(bd->dev, number, "interrupt %u\n", bd->irq_count);
		bd->irq_count++;
	}
	spin_lock_init(&bd->line_lock);
	bd->irqs = devm_kcalloc(bd->dev, bd->irq_count, sizeof(*bd->irqs), GFP_KERNEL);
	if (!bd->irqs)
		return -ENOMEM;
	for (i = 0; i < bd->irq_count; i++) {
		struct bulkhead_irq *irq = &bd->irqs[i];

		irq->device = bd;
		bulkhead_timer_init(&irq->timer, unmask_timer);
		irq->number = bus->irq(bd->dev, i);
		irq->name =
			devm_kasprintf(bd->dev, GFP_KERNEL, "bulkhead:%s:%u", dev_name(bd->dev), i);
		if (!irq->name)
			return -ENOMEM;
		if (is_slow(irq->number)) {
			dev_warn(bd->dev, "interrupt %u is behind a slow bus: not given out\n", i);
			continue;
		}
		irq->flags = VFIO_IRQ_INFO_EVENTFD;
		if (irq_get_trigger_type(irq->number) & IRQ_TYPE_LEVEL_MASK)
			irq->flags |= LEVEL;
	}
	return 0;
}

int bulkhead_irq_info(struct bulkhead_device *bd, struct vfio_irq_info *info)
{
	if (info->index >= bd->irq_count)
		return -EINVAL;
	info->flags = bd->irqs[array_index_nospec(info->index, bd->irq_count)].flags;
	info->count = 1;
	return 0;
}

/* How often in a row it came back within the time that it could be made to wait. With line_lock. */
static void count_return(struct bulkhead_irq *irq)
{
	ktime_t since = ktime_sub(ktime_get(), irq->unmasked_at);

	if (ktime_to_ns(since) >= bulkhead_moderation())
		irq->returned = 0;
	else if (irq->returned < BUSY)
		irq->returned++;
}

/* Masked now, it is unmasked after so many ns, if nothing else happens before. With line_lock. */
static void unmask_after(struct bulkhead_irq *irq, u64 delay)
{
	irq->waits = true;
	hrtimer_start(&irq->timer, ns_to_ktime(delay), HRTIMER_MODE_REL_PINNED);
}

/*
 * Whether the holder has just been given another of the device's interrupts. Devices raise several
 * lines for one event, and the handler of the first clears its cause. With line_lock.
 */
static bool is_another_given(const struct bulkhead_irq *irq)
{
	const struct bulkhead_device *bd = irq->device;
	ktime_t since = ktime_sub_ns(ktime_get(), bulkhead_moderation());
	u32 i;

	for (i = 0; i < bd->irq_count; i++)
		if (bd->irqs[i].given && ktime_after(bd->irqs[i].given_at, since))
			return true;
	return false;
}

/* Holds back an interrupt of which the holder is not told. With line_lock. */
static void hold(struct bulkhead_irq *irq)
{
	irq->held = true;
	unmask_after(irq, bulkhead_moderation());
}

/* Those that always fire with this one need not. With line_lock. */
static void hold_followers(struct bulkhead_irq *irq)
{
	struct bulkhead_device *bd = irq->device;
	u32 i;

	for (i = 0; bulkhead_moderation() && i < bd->irq_count; i++) {
		struct bulkhead_irq *other = &bd->irqs[i];

		if (other == irq || !other->requested || other->masked || other->follows < FOLLOWS)
			continue;
		change_mask(other, true);
		hold(other);
	}
}

/* Those held back are unmasked after so many ns: if still up, they fire. With line_lock. */
static void free_held(struct bulkhead_device *bd, u64 delay)
{
	u32 i;

	for (i = 0; i < bd->irq_count; i++) {
		struct bulkhead_irq *irq = &bd->irqs[i];

		if (irq->held && delay)
			unmask_after(irq, delay);
		else if (irq->held)
			change_mask(irq, false);
	}
}

static irqreturn_t fired(int number, void *data)
{
	struct bulkhead_irq *irq = data;
	unsigned long flags;
	bool held;

	spin_lock_irqsave(&irq->device->line_lock, flags);
	if ((irq->flags & LEVEL) && !irq->masked) {
		disable_irq_nosync(irq->number);
		irq->masked = true;
		if (is_another_given(irq)) {
			irq->follows++;
			hold(irq);
		} else {
			irq->follows = 0;
			irq->given = true;
			irq->given_at = ktime_get();
			count_return(irq);
			hold_followers(irq);
		}
	}
	held = irq->held;
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
	/* Not under the lock: the holder may have made this eventfd unmask the interrupt. */
	if (!held)
		eventfd_signal(irq->trigger);
	return IRQ_HANDLED;
}

static void set_masked(struct bulkhead_irq *irq, bool masked)
{
	unsigned long flags;

	spin_lock_irqsave(&irq->device->line_lock, flags);
	change_mask(irq, masked);
	if (!masked)
		free_held(irq->device, 0);
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
}

/* Unmasks after the guest's end of interrupt: at once, or a moment later. */
static void unmask_moderated(struct bulkhead_irq *irq)
{
	u64 delay = bulkhead_moderation();
	unsigned long flags;

	spin_lock_irqsave(&irq->device->line_lock, flags);
	if (bulkhead_vcpu_ends(irq->device, &irq->ends))
		irq->returned = 0;
	if (irq->masked && delay && irq->returned >= BUSY) {
		irq->given = false;
		irq->delayed++;
		unmask_after(irq, delay);
		free_held(irq->device, delay);
	} else {
		change_mask(irq, false);
		free_held(irq->device, 0);
	}
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
}

/*
 * Called by VFIO when the eventfd of `mask` or `unmask` is signalled, in any context. They return
 * whether something is left to do from a work item.
 */
static int mask_signalled(void *irq, void *data)
{
	set_masked(irq, true);
	return 0;
}

/*
 * KVM signals from process context. Signalled from an interrupt, as by a holder who made one
 * eventfd both trigger and resample, unmasking at once would fire the interrupt for ever.
 */
static int unmask_signalled(void *irq, void *data)
{
	if (in_hardirq())
		return 1;
	unmask_moderated(irq);
	return 0;
}

static void unmask_later(void *irq, void *data)
{
	unmask_moderated(irq);
}

static void remove_trigger(struct bulkhead_irq *irq)
{
	unsigned long flags;

	if (!irq->requested)
		return;
	spin_lock_irqsave(&irq->device->line_lock, flags);
	irq->requested = false;
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
	free_irq(irq->number, irq); /* returns when the handler is done */
	eventfd_ctx_put(irq->trigger);
	irq->trigger = NULL;
}

/* Takes over the reference. */
static int replace_trigger(struct bulkhead_irq *irq, struct eventfd_ctx *trigger)
{
	struct eventfd_ctx *before = irq->trigger;
	unsigned long flags;
	int ret;

	if (irq->requested) {
		disable_irq(irq->number); /* returns when the handler is done */
		irq->trigger = trigger;
		enable_irq(irq->number);
		eventfd_ctx_put(before);
		return 0;
	}

	irq->trigger = trigger;
	/* Masked in the controller at once: else a line that stays up is taken twice. */
	if (irq->flags & VFIO_IRQ_INFO_AUTOMASKED)
		irq_set_status_flags(irq->number, IRQ_DISABLE_UNLAZY);
	/* Not shared: a line that others need could not be masked. */
	ret = request_irq(irq->number, fired, IRQF_NO_AUTOEN, irq->name, irq);
	if (ret) {
		irq->trigger = NULL;
		eventfd_ctx_put(trigger);
		return ret;
	}
	spin_lock_irqsave(&irq->device->line_lock, flags);
	irq->requested = true;
	if (!irq->masked)
		enable_irq(irq->number);
	spin_unlock_irqrestore(&irq->device->line_lock, flags);
	return 0;
}

static int set_trigger(struct bulkhead_irq *irq, int fd)
{
	struct eventfd_ctx *trigger;

	if (fd < 0) {
		remove_trigger(irq);
		return 0;
	}
	trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	return replace_trigger(irq, trigger);
}

static int set_mask(struct bulkhead_irq *irq, int fd)
{
	vfio_virqfd_disable(&irq->mask);
	if (fd < 0)
		return 0;
	return vfio_virqfd_enable(irq, mask_signalled, NULL, NULL, &irq->mask, fd);
}

static int set_unmask(struct bulkhead_irq *irq, int fd)
{
	vfio_virqfd_disable(&irq->unmask);
	if (fd < 0)
		return 0;
	return vfio_virqfd_enable(irq, unmask_signalled, unmask_later, NULL, &irq->unmask, fd);
}

/* Sets the eventfd that does, or is done by, an action; negative: none. */
static int set_eventfd(struct bulkhead_irq *irq, u32 action, int fd)
{
	switch (action) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return set_trigger(irq, fd);
	case VFIO_IRQ_SET_ACTION_MASK:
		return set_mask(irq, fd);
	default:
		return set_unmask(irq, fd);
	}
}

/* Does an action at once. Triggering is for the holder that tests the way to its guest. */
static void act(struct bulkhead_irq *irq, u32 action)
{
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		set_masked(irq, action == VFIO_IRQ_SET_ACTION_MASK);
	else if (irq->trigger)
		eventfd_signal(irq->trigger);
}

static int set_irq(struct bulkhead_irq *irq, const struct vfio_irq_set *set, int fd, bool yes)
{
	u32 action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	if (!set->count) {
		/* The one thing that can be done to no interrupt: take its trigger away. */
		if (action != VFIO_IRQ_SET_ACTION_TRIGGER || !(set->flags & VFIO_IRQ_SET_DATA_NONE))
			return -EINVAL;
		remove_trigger(irq);
		return 0;
	}
	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(irq, action, fd);
	if (yes)
		act(irq, action);
	return 0;
}

/* VFIO leaves to us that there is one action, and one that the interrupt knows. */
static bool is_action(const struct bulkhead_irq *irq, u32 action)
{
	switch (action) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return true;
	case VFIO_IRQ_SET_ACTION_MASK:
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return irq->flags & VFIO_IRQ_INFO_MASKABLE;
	default:
		return false;
	}
}

int bulkhead_irqs_set(struct bulkhead_device *bd, const struct vfio_irq_set *from,
		      const void __user *data)
{
	struct vfio_irq_set set = *from;
	struct bulkhead_irq *irq;
	size_t size;
	u8 yes = 1;
	s32 fd = -1;
	int ret;

	/* Each index is one interrupt. */
	ret = vfio_set_irqs_validate_and_prepare(&set, 1, bd->irq_count, &size);
	if (ret)
		return ret;
	irq = &bd->irqs[array_index_nospec(set.index, bd->irq_count)];
	if (!(irq->flags & VFIO_IRQ_INFO_EVENTFD))
		return -EOPNOTSUPP;
	if (!is_action(irq, set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;
	if (size == sizeof(fd) && copy_from_user(&fd, data, sizeof(fd)))
		return -EFAULT;
	if (size == sizeof(yes) && copy_from_user(&yes, data, sizeof(yes)))
		return -EFAULT;

	mutex_lock(&bd->irq_lock);
	ret = set_irq(irq, &set, fd, yes);
	mutex_unlock(&bd->irq_lock);
	return ret;
}

unsigned long bulkhead_irqs_delayed(struct bulkhead_device *bd)
{
	unsigned long sum = 0;
	u32 i;

	for (i = 0; i < bd->irq_count; i++)
		sum += READ_ONCE(bd->irqs[i].delayed);
	return sum;
}

void bulkhead_irqs_close(struct bulkhead_device *bd)
{
	u32 i;

	mutex_lock(&bd->irq_lock);
	/* None may hold another back, or free it, when that is put into its first state. */
	for (i = 0; i < bd->irq_count; i++) {
		vfio_virqfd_disable(&bd->irqs[i].mask);
		vfio_virqfd_disable(&bd->irqs[i].unmask);
		remove_trigger(&bd->irqs[i]);
	}
	for (i = 0; i < bd->irq_count; i++) {
		struct bulkhead_irq *irq = &bd->irqs[i];

		hrtimer_cancel(&irq->timer);
		irq->masked = irq->waits = irq->held = irq->given = false;
		irq->returned = 0;
		irq->follows = 0;
	}
	mutex_unlock(&bd->irq_lock);
}
