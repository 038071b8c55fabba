// SPDX-License-Identifier: GPL-2.0-only
/* The register writes that stop a device whose holder is gone. */
#include <linux/device.h>

#include "device.h"

static int check_write(struct bulkhead_device *bd, const struct bulkhead_write *write)
{
	if (write->region >= bd->region_count || !write->mask || write->value & ~write->mask)
		return -EINVAL;
	if (!IS_ALIGNED(bd->regions[write->region].base + write->offset, sizeof(u32)) ||
	    (u64)write->offset + sizeof(u32) > bd->regions[write->region].size)
		return -EINVAL;
	/* Mapped now, so that nothing can fail when it is needed. */
	return bulkhead_region_map(bd, write->region);
}

int bulkhead_quiesce_set(struct bulkhead_device *bd, const struct bulkhead_quiesce *list)
{
	u32 i;
	int ret;

	if (list->count > BULKHEAD_QUIESCE_MAX)
		return -EINVAL;
	for (i = 0; i < list->count; i++) {
		ret = check_write(bd, &list->writes[i]);
		if (ret)
			return ret;
	}
	memcpy(bd->quiesce, list->writes, list->count * sizeof(list->writes[0]));
	bd->quiesce_count = list->count;
	return 0;
}

void bulkhead_quiesce_run(struct bulkhead_device *bd)
{
	u32 i;

	lockdep_assert_held(&bd->lock);
	for (i = 0; i < bd->quiesce_count; i++) {
		const struct bulkhead_write *write = &bd->quiesce[i];
		void __iomem *at = bd->regions[write->region].mapped + write->offset;
		u32 value = write->value;

		if (write->mask != U32_MAX)
			value |= readl(at) & ~write->mask;
		writel(value, at);
	}
	/* The last write has arrived before whoever waits for the close goes on. */
	if (bd->quiesce_count)
		readl(bd->regions[bd->quiesce[bd->quiesce_count - 1].region].mapped +
		      bd->quiesce[bd->quiesce_count - 1].offset);
}
