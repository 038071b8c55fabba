// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stops a device whose holder is gone: writes to its registers, and waits for what they say.
 * The host gives the list when it binds the device (the attribute `quiesce`); the holder has no say
 * in it.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/iopoll.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device.h"

#define WAIT_US   20000
#define WAIT_STEP 10

static int check_step(struct bulkhead_device *bd, const struct bulkhead_step *step)
{
	if (step->region >= bd->region_count || !step->mask || step->value & ~step->mask)
		return -EINVAL;
	if (!IS_ALIGNED(bd->regions[step->region].base + step->offset, sizeof(u32)) ||
	    (u64)step->offset + sizeof(u32) > bd->regions[step->region].size)
		return -EINVAL;
	/* Mapped now, so that nothing can fail when it is needed. */
	return bulkhead_region_map(bd, step->region);
}

/* "write REGION OFFSET MASK VALUE" or "wait ..." */
static int parse_step(char *text, struct bulkhead_step *step)
{
	u32 *const numbers[] = {&step->region, &step->offset, &step->mask, &step->value};
	char *word = strsep(&text, " ");
	size_t i;

	step->wait = !strcmp(word, "wait");
	if (!step->wait && strcmp(word, "write"))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		word = strsep(&text, " ");
		if (!word || kstrtou32(word, 0, numbers[i]))
			return -EINVAL;
	}
	return text ? -EINVAL : 0;
}

/* With bd->lock. Replaces the list only as a whole. */
static int set_steps(struct bulkhead_device *bd, char *text)
{
	struct bulkhead_step steps[BULKHEAD_STEPS_MAX];
	u32 count = 0;
	char *line;
	int ret;

	while ((line = strsep(&text, ";\n"))) {
		line = strim(line);
		if (!*line)
			continue;
		if (count == BULKHEAD_STEPS_MAX)
			return -E2BIG;
		ret = parse_step(line, &steps[count]);
		if (!ret)
			ret = check_step(bd, &steps[count]);
		if (ret)
			return ret;
		count++;
	}
	memcpy(bd->steps, steps, count * sizeof(steps[0]));
	bd->step_count = count;
	return 0;
}

ssize_t bulkhead_quiesce_store(struct bulkhead_device *bd, const char *text, size_t size)
{
	char *copy = kstrndup(text, size, GFP_KERNEL);
	int ret;

	if (!copy)
		return -ENOMEM;
	mutex_lock(&bd->lock);
	ret = set_steps(bd, copy);
	mutex_unlock(&bd->lock);
	kfree(copy);
	return ret ? ret : size;
}

ssize_t bulkhead_quiesce_show(struct bulkhead_device *bd, char *text)
{
	ssize_t length = 0;
	u32 i;

	mutex_lock(&bd->lock);
	for (i = 0; i < bd->step_count; i++) {
		const struct bulkhead_step *step = &bd->steps[i];

		length += sysfs_emit_at(text, length, "%s %u 0x%x 0x%x 0x%x\n",
					step->wait ? "wait" : "write", step->region, step->offset,
					step->mask, step->value);
	}
	mutex_unlock(&bd->lock);
	return length;
}

static void wait_for(struct bulkhead_device *bd, const struct bulkhead_step *step,
		     const void __iomem *at)
{
	u32 value;

	if (readl_poll_timeout(at, value, (value & step->mask) == step->value, WAIT_STEP, WAIT_US))
		dev_warn(bd->dev, "register 0x%x of region %u is 0x%x and does not come to rest\n",
			 step->offset, step->region, value);
}

void bulkhead_quiesce_run(struct bulkhead_device *bd)
{
	u32 i;

	lockdep_assert_held(&bd->lock);
	for (i = 0; i < bd->step_count; i++) {
		const struct bulkhead_step *step = &bd->steps[i];
		void __iomem *at = bd->regions[step->region].mapped + step->offset;
		u32 value = step->value;

		if (step->wait) {
			wait_for(bd, step, at);
			continue;
		}
		if (step->mask != U32_MAX)
			value |= readl(at) & ~step->mask;
		writel(value, at);
		/* It has arrived before whoever waits for the close goes on. */
		readl(at);
	}
}
