// SPDX-License-Identifier: GPL-2.0-only
/* Registers: mapped into the holder, or read and written for it where a region is no whole page. */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"

/* The region's index is in the file offset's upper bits. */
#define REGION_SHIFT 40
#define REGION_MASK  (BIT_ULL(REGION_SHIFT) - 1)

int bulkhead_regions_init(struct bulkhead_device *bd, const struct bulkhead_bus *bus)
{
	const struct resource *from;
	u32 i;

	while (bus->region(bd->dev, bd->region_count))
		bd->region_count++;
	bd->regions = devm_kcalloc(bd->dev, bd->region_count, sizeof(*bd->regions), GFP_KERNEL);
	if (!bd->regions)
		return -ENOMEM;
	for (i = 0; i < bd->region_count; i++) {
		struct bulkhead_region *region = &bd->regions[i];

		from = bus->region(bd->dev, i);
		region->base = from->start;
		region->size = resource_size(from);
		region->write_combine = bulkhead_write_combine(dev_name(bd->dev), i);
		if (!region->size || region->size > REGION_MASK) {
			dev_err(bd->dev, "region %u: impossible size\n", i);
			return -EINVAL;
		}
		/* Nobody else in the host works with these registers meanwhile. */
		if (!devm_request_mem_region(bd->dev, region->base, region->size,
					     dev_name(bd->dev))) {
			dev_err(bd->dev, "region %u: %pR is in use by another driver\n", i, from);
			return -EBUSY;
		}
	}
	return 0;
}

static bool is_mappable(const struct bulkhead_region *region)
{
	return PAGE_ALIGNED(region->base) && PAGE_ALIGNED(region->size);
}

int bulkhead_region_info(struct bulkhead_device *bd, struct vfio_region_info *info)
{
	const struct bulkhead_region *region;

	if (info->index >= bd->region_count)
		return -EINVAL;
	region = &bd->regions[array_index_nospec(info->index, bd->region_count)];
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (is_mappable(region))
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	info->cap_offset = 0;
	info->size = region->size;
	info->offset = (u64)info->index << REGION_SHIFT;
	return 0;
}

int bulkhead_region_map(struct bulkhead_device *bd, u32 index)
{
	struct bulkhead_region *region = &bd->regions[index];

	lockdep_assert_held(&bd->lock);
	if (!region->mapped)
		region->mapped = region->write_combine
					 ? devm_ioremap_wc(bd->dev, region->base, region->size)
					 : devm_ioremap(bd->dev, region->base, region->size);
	return region->mapped ? 0 : -ENOMEM;
}

int bulkhead_region_mmap(struct bulkhead_device *bd, struct vm_area_struct *vma)
{
	u64 index = vma->vm_pgoff >> (REGION_SHIFT - PAGE_SHIFT);
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) & REGION_MASK;
	u64 length = vma->vm_end - vma->vm_start;
	const struct bulkhead_region *region;

	if (index >= bd->region_count || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	region = &bd->regions[array_index_nospec(index, bd->region_count)];
	if (!is_mappable(region) || offset >= region->size || length > region->size - offset)
		return -EINVAL;

	vm_flags_clear(vma, VM_MAYEXEC);
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	/*
	 * A guest may map a write-combining region as it likes but for cacheable; without the flag
	 * KVM makes all of it Device memory.
	 */
	if (region->write_combine) {
		vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED);
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	} else {
		vma->vm_page_prot = pgprot_device(vma->vm_page_prot);
	}
	/* The true frame number lets KVM map blocks instead of pages. */
	vma->vm_pgoff = (region->base + offset) >> PAGE_SHIFT;
	return remap_pfn_range(vma, vma->vm_start, vma->vm_pgoff, length, vma->vm_page_prot);
}

/* Finds the place of an access: at most `*count` bytes. */
static int find_access(struct bulkhead_device *bd, loff_t position, size_t *count,
		       void __iomem **at)
{
	u64 index = (u64)position >> REGION_SHIFT;
	u64 offset = (u64)position & REGION_MASK;
	struct bulkhead_region *region;
	int ret;

	if (position < 0 || index >= bd->region_count)
		return -EINVAL;
	index = array_index_nospec(index, bd->region_count);
	region = &bd->regions[index];
	if (offset >= region->size)
		return -EINVAL;
	*count = min_t(u64, *count, region->size - offset);
	mutex_lock(&bd->lock);
	ret = bulkhead_region_map(bd, index);
	mutex_unlock(&bd->lock);
	if (!ret)
		*at = region->mapped + offset;
	return ret;
}

/* The widest single access of at most 8 bytes that fits: devices care. */
static size_t access_width(const void __iomem *at, size_t left)
{
	size_t width = 8;

	while (width > left || !IS_ALIGNED((unsigned long)at, width))
		width /= 2;
	return width;
}

ssize_t bulkhead_region_read(struct bulkhead_device *bd, char __user *data, size_t count,
			     loff_t *position)
{
	void __iomem *at;
	size_t done, width;
	int ret = find_access(bd, *position, &count, &at);

	if (ret)
		return ret;
	for (done = 0; done < count && !fatal_signal_pending(current); done += width, at += width) {
		u64 value;

		width = access_width(at, count - done);
		switch (width) {
		case 8:
			value = readq(at);
			break;
		case 4:
			value = readl(at);
			break;
		case 2:
			value = readw(at);
			break;
		default:
			value = readb(at);
			break;
		}
		/* Registers are little-endian, and so is every kernel we build for. */
		if (copy_to_user(data + done, &value, width))
			return -EFAULT;
		cond_resched();
	}
	*position += done;
	return done;
}

ssize_t bulkhead_region_write(struct bulkhead_device *bd, const char __user *data, size_t count,
			      loff_t *position)
{
	void __iomem *at;
	size_t done, width;
	int ret = find_access(bd, *position, &count, &at);

	if (ret)
		return ret;
	for (done = 0; done < count && !fatal_signal_pending(current); done += width, at += width) {
		u64 value = 0;

		width = access_width(at, count - done);
		if (copy_from_user(&value, data + done, width))
			return -EFAULT;
		switch (width) {
		case 8:
			writeq(value, at);
			break;
		case 4:
			writel(value, at);
			break;
		case 2:
			writew(value, at);
			break;
		default:
			writeb(value, at);
			break;
		}
		cond_resched();
	}
	*position += done;
	return done;
}
