// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/bulkhead: RAM that the host's tree reserves for direct-map VMs, one region to one holder.
 *
 * The pages have a kernel mapping (no `no-map`), so they are RAM to KVM and can be zeroed here; the
 * host's allocator never had them. They are inserted by frame number: no reference counts, and
 * large mappings in the guest.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "device.h"

struct region {
	const char *name; /* of the node, with its "@..." */
	phys_addr_t base;
	u64 size;
	bool taken;  /* under regions_lock */
	bool zeroed; /* written by whoever zeroes: its work, or the holder after waiting for that */
	struct work_struct zero;
};

/* One open descriptor. */
struct holder {
	struct mutex lock;
	bool greeted;
	struct region *region; /* once set, until release */
};

static struct region *regions;
static u32 region_count;
static DEFINE_MUTEX(regions_lock);

/* Returns -EINTR when the caller is killed meanwhile. */
static int zero_region(struct region *region, bool killable)
{
	u64 done, step;

	if (region->zeroed)
		return 0;
	for (done = 0; done < region->size; done += step) {
		step = min_t(u64, SZ_2M, region->size - done);
		memset(phys_to_virt(region->base + done), 0, step);
		cond_resched();
		if (killable && fatal_signal_pending(current))
			return -EINTR;
	}
	region->zeroed = true;
	return 0;
}

/* What a VM leaves behind goes when it goes, not when the next one comes. */
static void zero_work(struct work_struct *work)
{
	zero_region(container_of(work, struct region, zero), false);
}

static bool has_name(const struct region *region, const char *name)
{
	size_t length = strcspn(region->name, "@");

	return !strcmp(region->name, name) ||
	       (strlen(name) == length && !strncmp(region->name, name, length));
}

/* The region is the caller's, until give_back(); -ENOENT, -EBUSY, -ENOTUNIQ. */
static struct region *take(const char *name)
{
	struct region *region = ERR_PTR(-ENOENT);
	u32 i;

	mutex_lock(&regions_lock);
	for (i = 0; i < region_count; i++) {
		if (!has_name(&regions[i], name))
			continue;
		if (!IS_ERR(region)) {
			region = ERR_PTR(-ENOTUNIQ);
			break;
		}
		region = &regions[i];
	}
	if (!IS_ERR(region) && region->taken)
		region = ERR_PTR(-EBUSY);
	if (!IS_ERR(region))
		region->taken = true;
	mutex_unlock(&regions_lock);
	return region;
}

static void give_back(struct region *region)
{
	mutex_lock(&regions_lock);
	region->zeroed = false;
	region->taken = false;
	queue_work(system_unbound_wq, &region->zero);
	mutex_unlock(&regions_lock);
}

static void describe(struct bulkhead_memory *call, const struct region *region)
{
	call->index = region - regions;
	call->base = region->base;
	call->size = region->size;
}

static int memory_info(struct bulkhead_memory *call)
{
	struct region *region;

	if (call->index >= region_count)
		return -ENOENT;
	region = &regions[array_index_nospec(call->index, region_count)];
	mutex_lock(&regions_lock);
	call->flags = region->taken ? BULKHEAD_MEMORY_TAKEN : 0;
	mutex_unlock(&regions_lock);
	strscpy_pad(call->name, region->name, sizeof(call->name));
	describe(call, region);
	return 0;
}

static int memory_select(struct holder *holder, struct bulkhead_memory *call)
{
	struct region *region;
	int ret;

	if (strnlen(call->name, sizeof(call->name)) == sizeof(call->name))
		return -EINVAL;
	if (holder->region)
		return -EBUSY;
	region = take(call->name);
	if (IS_ERR(region))
		return PTR_ERR(region);
	flush_work(&region->zero);
	ret = zero_region(region, true);
	if (ret) {
		give_back(region);
		return ret;
	}
	holder->region = region;
	describe(call, region);
	call->flags = BULKHEAD_MEMORY_TAKEN;
	return 0;
}

static int memory_hello(struct holder *holder, struct bulkhead_hello *call)
{
	holder->greeted = call->version == BULKHEAD_UAPI_VERSION;
	call->version = BULKHEAD_UAPI_VERSION;
	return holder->greeted ? 0 : -EPROTO;
}

static int serve(struct holder *holder, unsigned int command, struct bulkhead_memory *call)
{
	if (!holder->greeted)
		return -EPROTO;
	if (call->flags || call->reserved)
		return -EINVAL;
	return command == BULKHEAD_MEMORY_INFO ? memory_info(call) : memory_select(holder, call);
}

static long memory_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct holder *holder = file->private_data;
	void __user *user = (void __user *)argument;
	size_t size = _IOC_SIZE(command);
	union {
		u32 argsz;
		struct bulkhead_hello hello;
		struct bulkhead_memory memory;
	} call;
	int ret;

	if (command != BULKHEAD_HELLO && command != BULKHEAD_MEMORY_INFO &&
	    command != BULKHEAD_MEMORY_SELECT)
		return -ENOTTY;
	if (copy_from_user(&call, user, size))
		return -EFAULT;
	if (call.argsz < size)
		return -EINVAL;

	if (mutex_lock_interruptible(&holder->lock))
		return -ERESTARTSYS;
	ret = command == BULKHEAD_HELLO ? memory_hello(holder, &call.hello)
					: serve(holder, command, &call.memory);
	mutex_unlock(&holder->lock);

	if ((!ret || command == BULKHEAD_HELLO) && copy_to_user(user, &call, size))
		return -EFAULT;
	return ret;
}

static vm_fault_t fault_order(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;
	unsigned long start = ALIGN_DOWN(vmf->address, size);
	unsigned long frame = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);

	if (start < vma->vm_start || start + size > vma->vm_end || !IS_ALIGNED(frame, 1UL << order))
		return VM_FAULT_FALLBACK;
	if (!order)
		return vmf_insert_pfn(vma, start, frame);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER)
		return bulkhead_insert_pmd(vmf, frame);
	return VM_FAULT_FALLBACK;
}

static vm_fault_t fault(struct vm_fault *vmf)
{
	return fault_order(vmf, 0);
}

static const struct vm_operations_struct mapping_ops = {
	.fault = fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = fault_order,
#endif
};

/* `vm_pgoff` becomes the true frame number, by which KVM sees that it can map blocks. */
static int memory_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct holder *holder = file->private_data;
	u64 length = vma->vm_end - vma->vm_start;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	const struct region *region;

	mutex_lock(&holder->lock);
	region = holder->region;
	mutex_unlock(&holder->lock);
	if (!region)
		return -ENXIO;
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff > region->size >> PAGE_SHIFT ||
	    length > region->size - offset)
		return -EINVAL;

	vma->vm_pgoff += region->base >> PAGE_SHIFT;
	vma->vm_ops = &mapping_ops;
	/* Not copied to children: the region is out when its holder is. */
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	return 0;
}

/* An address that equals the physical one in its lower bits, so that large pages fit. */
static unsigned long memory_unmapped_area(struct file *file, unsigned long address,
					  unsigned long length, unsigned long pgoff,
					  unsigned long flags)
{
	struct holder *holder = file->private_data;
	struct region *region = READ_ONCE(holder->region);

	if (region)
		pgoff += region->base >> PAGE_SHIFT;
	return thp_get_unmapped_area(file, address, length, pgoff, flags);
}

static int memory_open(struct inode *inode, struct file *file)
{
	struct holder *holder = kzalloc(sizeof(*holder), GFP_KERNEL_ACCOUNT);

	if (!holder)
		return -ENOMEM;
	mutex_init(&holder->lock);
	file->private_data = holder;
	return 0;
}

/* The last descriptor and the last mapping are gone. */
static int memory_release(struct inode *inode, struct file *file)
{
	struct holder *holder = file->private_data;

	if (holder->region)
		give_back(holder->region);
	kfree(holder);
	return 0;
}

static const struct file_operations memory_fops = {
	.owner = THIS_MODULE,
	.open = memory_open,
	.release = memory_release,
	.unlocked_ioctl = memory_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = memory_mmap,
	.get_unmapped_area = memory_unmapped_area,
};

static struct miscdevice memory_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bulkhead",
	.fops = &memory_fops,
	.mode = 0600,
};

static bool is_offered(struct device_node *node)
{
	const char *name = kbasename(node->full_name);
	char *plain;
	bool offered;

	if (of_device_is_compatible(node, "bulkhead,memory") || bulkhead_memory_listed(name))
		return true;
	plain = kstrndup(name, strcspn(name, "@"), GFP_KERNEL);
	offered = plain && bulkhead_memory_listed(plain);
	kfree(plain);
	return offered;
}

/* NULL, or why a node's memory cannot be a VM's RAM. */
static const char *find_fault(struct device_node *node, const struct reserved_mem *memory)
{
	phys_addr_t at;

	if (of_property_read_bool(node, "no-map"))
		return "it says \"no-map\", and KVM takes what the host has not mapped for "
		       "registers";
	if (of_property_read_bool(node, "reusable"))
		return "it says \"reusable\": the host keeps its own pages in it";
	if (!memory || !memory->size)
		return "the kernel has not reserved it";
	if (!PAGE_ALIGNED(memory->base) || !PAGE_ALIGNED(memory->size))
		return "it is not whole pages";
	for (at = memory->base; at < memory->base + memory->size; at += PAGE_SIZE)
		if (!pfn_is_map_memory(PHYS_PFN(at)))
			return "not all of it is RAM";
	return NULL;
}

static void add_region(struct device_node *node)
{
	const struct reserved_mem *memory = of_reserved_mem_lookup(node);
	const char *problem = find_fault(node, memory);
	struct region *region = &regions[region_count];

	if (problem) {
		pr_err("bulkhead: %pOF is not given out: %s\n", node, problem);
		return;
	}
	region->name = kstrdup(kbasename(node->full_name), GFP_KERNEL);
	if (!region->name)
		return;
	region->base = memory->base;
	region->size = memory->size;
	INIT_WORK(&region->zero, zero_work);
	region_count++;
	pr_info("bulkhead: memory %s: %pa, %llu KiB\n", region->name, &region->base,
		region->size / SZ_1K);
}

static int find_regions(void)
{
	struct device_node *parent = of_find_node_by_path("/reserved-memory");
	struct device_node *node;

	if (!parent)
		return 0;
	regions = kcalloc(of_get_available_child_count(parent), sizeof(*regions), GFP_KERNEL);
	if (regions)
		for_each_available_child_of_node(parent, node) if (is_offered(node))
			add_region(node);
	of_node_put(parent);
	return regions ? 0 : -ENOMEM;
}

static void forget_regions(void)
{
	u32 i;

	for (i = 0; i < region_count; i++) {
		flush_work(&regions[i].zero);
		kfree(regions[i].name);
	}
	kfree(regions);
}

int bulkhead_memory_init(void)
{
	int ret = find_regions();

	if (ret)
		return ret;
	ret = misc_register(&memory_device);
	if (ret)
		forget_regions();
	return ret;
}

void bulkhead_memory_exit(void)
{
	misc_deregister(&memory_device);
	forget_regions();
}
