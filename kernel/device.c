// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bound device as VFIO sees it: registered behind its IOMMU, or without one where the host has
 * consented; opened, closed, asked.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "device.h"

static struct bulkhead_device *to_bulkhead(struct vfio_device *vdev)
{
	return container_of(vdev, struct bulkhead_device, vdev);
}

static int device_open(struct vfio_device *vdev)
{
	struct bulkhead_device *bd = to_bulkhead(vdev);

	mutex_lock(&bd->lock);
	bd->in_use = true;
	bd->greeted = false;
	bd->calls_until = 0;
	mutex_unlock(&bd->lock);
	return 0;
}

/*
 * The holder is gone, maybe killed in the middle of anything: nothing it did may outlive it. Power,
 * clocks and resets come back first, since a register without its clock can hang the bus.
 */
static void device_close(struct vfio_device *vdev)
{
	struct bulkhead_device *bd = to_bulkhead(vdev);

	bulkhead_irqs_close(bd);

	mutex_lock(&bd->lock);
	bulkhead_controls_resume(bd);
	bulkhead_quiesce_run(bd);
	bulkhead_reset(bd);
	bulkhead_controls_restore_rates(bd);
	bd->in_use = false;
	mutex_unlock(&bd->lock);
}

/* With bd->lock. */
static bool can_stop(struct bulkhead_device *bd)
{
	return bd->step_count || bulkhead_has_reset(bd);
}

/* Takes a question; all of them begin with their size. */
static int take_question(void *info, const void __user *user, u32 known)
{
	u32 *size = info;

	if (copy_from_user(info, user, known))
		return -EFAULT;
	if (*size < known)
		return -EINVAL;
	*size = known;
	return 0;
}

static int device_info(struct bulkhead_device *bd, struct vfio_device_info __user *user)
{
	const size_t known = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};
	int ret;

	ret = take_question(&info, user, known);
	if (ret)
		return ret;
	info.flags = VFIO_DEVICE_FLAGS_PLATFORM;
	mutex_lock(&bd->lock);
	if (can_stop(bd))
		info.flags |= VFIO_DEVICE_FLAGS_RESET;
	mutex_unlock(&bd->lock);
	info.num_regions = bd->region_count;
	info.num_irqs = bd->irq_count;
	return copy_to_user(user, &info, known) ? -EFAULT : 0;
}

#if BULKHEAD_REGION_INFO_OP
static int region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		       struct vfio_info_cap *caps)
{
	return bulkhead_region_info(to_bulkhead(vdev), info);
}
#else
static int region_info(struct bulkhead_device *bd, struct vfio_region_info __user *user)
{
	const size_t known = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;
	int ret;

	ret = take_question(&info, user, known);
	if (!ret)
		ret = bulkhead_region_info(bd, &info);
	if (ret)
		return ret;
	return copy_to_user(user, &info, known) ? -EFAULT : 0;
}
#endif

static int irq_info(struct bulkhead_device *bd, struct vfio_irq_info __user *user)
{
	const size_t known = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;
	int ret;

	ret = take_question(&info, user, known);
	if (!ret)
		ret = bulkhead_irq_info(bd, &info);
	if (ret)
		return ret;
	return copy_to_user(user, &info, known) ? -EFAULT : 0;
}

static int set_irqs(struct bulkhead_device *bd, struct vfio_irq_set __user *user)
{
	struct vfio_irq_set set;

	if (copy_from_user(&set, user, offsetof(struct vfio_irq_set, data)))
		return -EFAULT;
	return bulkhead_irqs_set(bd, &set, user->data);
}

static int reset_device(struct bulkhead_device *bd)
{
	int ret = -EINVAL;

	mutex_lock(&bd->lock);
	if (can_stop(bd)) {
		bulkhead_controls_resume(bd);
		bulkhead_quiesce_run(bd);
		bulkhead_reset(bd);
		ret = 0;
	}
	mutex_unlock(&bd->lock);
	return ret;
}

static long device_ioctl(struct vfio_device *vdev, unsigned int command, unsigned long argument)
{
	struct bulkhead_device *bd = to_bulkhead(vdev);
	void __user *user = (void __user *)argument;

	switch (command) {
	case VFIO_DEVICE_GET_INFO:
		return device_info(bd, user);
#if !BULKHEAD_REGION_INFO_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(bd, user);
#endif
	case VFIO_DEVICE_GET_IRQ_INFO:
		return irq_info(bd, user);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(bd, user);
	case VFIO_DEVICE_RESET:
		return reset_device(bd);
	default:
		return bulkhead_call(bd, command, user);
	}
}

static ssize_t device_read(struct vfio_device *vdev, char __user *data, size_t count,
			   loff_t *position)
{
	return bulkhead_region_read(to_bulkhead(vdev), data, count, position);
}

static ssize_t device_write(struct vfio_device *vdev, const char __user *data, size_t count,
			    loff_t *position)
{
	return bulkhead_region_write(to_bulkhead(vdev), data, count, position);
}

static int device_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	return bulkhead_region_mmap(to_bulkhead(vdev), vma);
}

#if BULKHEAD_REGION_INFO_OP
#define REGION_INFO_OP .get_region_info_caps = region_info,
#else
#define REGION_INFO_OP
#endif

#define DEVICE_OPS                                                                              \
	.name = "bulkhead", .open_device = device_open, .close_device = device_close,           \
	.ioctl = device_ioctl, .read = device_read, .write = device_write, .mmap = device_mmap, \
	REGION_INFO_OP

/* Behind an IOMMU: DMA reaches what the holder's container maps, and nothing else. */
static const struct vfio_device_ops iommu_ops = {
	DEVICE_OPS.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

/* Without one: VFIO's containers and groups work, and guard nothing. */
static const struct vfio_device_ops emulated_ops = {
	DEVICE_OPS.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

/* Decides how the device is registered; refuses one whose DMA nothing would hold back. */
static int choose_mode(struct device *dev, bool *emulated)
{
	*emulated = !device_iommu_mapped(dev);
	if (!*emulated)
		return 0;
	switch (bulkhead_consent(dev_name(dev))) {
	case BULKHEAD_NO_DMA:
		return 0;
	case BULKHEAD_UNSAFE_DMA:
		dev_warn(dev,
			 "no IOMMU: its holder reaches all memory by DMA (allow_unsafe_dma)\n");
		add_taint(TAINT_USER, LOCKDEP_STILL_OK);
		return 0;
	default:
		dev_err(dev,
			"refused: no IOMMU stands before it, so its DMA would reach all memory. "
			"If its VM is to be trusted, add it to "
			"/sys/module/bulkhead/parameters/allow_unsafe_dma; if it does no DMA, "
			"to no_dma\n");
		return -EPERM;
	}
}

int bulkhead_attach(struct device *dev, const struct bulkhead_bus *bus)
{
	struct bulkhead_device *bd;
	bool emulated;
	int ret;

	ret = choose_mode(dev, &emulated);
	if (ret)
		return ret;
	bd = vfio_alloc_device(bulkhead_device, vdev, dev, emulated ? &emulated_ops : &iommu_ops);
	if (IS_ERR(bd))
		return PTR_ERR(bd);
	bd->dev = dev;
	bd->emulated = emulated;
	mutex_init(&bd->lock);
	mutex_init(&bd->irq_lock);
	dev_set_drvdata(dev, bd);

	ret = bulkhead_regions_init(bd, bus);
	if (ret)
		goto error_device;
	ret = bulkhead_irqs_init(bd, bus);
	if (ret)
		goto error_device;
	ret = bulkhead_controls_init(bd);
	if (ret)
		goto error_device;
	ret = emulated ? vfio_register_emulated_iommu_dev(&bd->vdev)
		       : vfio_register_group_dev(&bd->vdev);
	if (ret) {
		dev_err(dev, "VFIO does not take it: %d\n", ret);
		goto error_controls;
	}
	dev_info(dev,
		 "held: %u regions, %u interrupts, %u clocks, %u resets, %u domains, %u supplies\n",
		 bd->region_count, bd->irq_count, bd->items[BULKHEAD_CLOCK].count,
		 bd->items[BULKHEAD_RESET].count, bd->items[BULKHEAD_DOMAIN].count,
		 bd->items[BULKHEAD_REGULATOR].count);
	return 0;

error_controls:
	bulkhead_controls_finish(bd);
error_device:
	vfio_put_device(&bd->vdev);
	return ret;
}

void bulkhead_detach(struct device *dev)
{
	struct bulkhead_device *bd = dev_get_drvdata(dev);

	vfio_unregister_group_dev(&bd->vdev); /* returns when nobody holds it any more */
	bulkhead_controls_finish(bd);
	vfio_put_device(&bd->vdev);
}

static ssize_t in_use_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct bulkhead_device *bd = dev_get_drvdata(dev);

	return sysfs_emit(text, "%d\n", READ_ONCE(bd->in_use));
}
static DEVICE_ATTR_RO(in_use);

static ssize_t dma_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct bulkhead_device *bd = dev_get_drvdata(dev);

	return sysfs_emit(text, "%s\n", bd->emulated ? "unguarded" : "iommu");
}
static DEVICE_ATTR_RO(dma);

static ssize_t stopped_by_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct bulkhead_device *bd = dev_get_drvdata(dev);
	const char *how;

	mutex_lock(&bd->lock);
	how = bulkhead_has_reset(bd) ? "reset" : bd->step_count ? "registers" : "nothing";
	mutex_unlock(&bd->lock);
	return sysfs_emit(text, "%s\n", how);
}
static DEVICE_ATTR_RO(stopped_by);

static ssize_t delayed_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	struct bulkhead_device *bd = dev_get_drvdata(dev);

	return sysfs_emit(text, "%lu\n", bulkhead_irqs_delayed(bd));
}
static DEVICE_ATTR_RO(delayed);

static ssize_t quiesce_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return bulkhead_quiesce_show(dev_get_drvdata(dev), text);
}

static ssize_t quiesce_store(struct device *dev, struct device_attribute *attribute,
			     const char *text, size_t size)
{
	return bulkhead_quiesce_store(dev_get_drvdata(dev), text, size);
}
static DEVICE_ATTR_ADMIN_RW(quiesce);

static struct attribute *device_attributes[] = {
	&dev_attr_delayed.attr,    &dev_attr_in_use.attr,  &dev_attr_dma.attr,
	&dev_attr_stopped_by.attr, &dev_attr_quiesce.attr, NULL,
};

static const struct attribute_group device_group = {
	.attrs = device_attributes,
};

const struct attribute_group *bulkhead_device_groups[] = {
	&device_group,
	NULL,
};
