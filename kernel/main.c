// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its parameters, and the drivers of the two buses that devices of a tree lie on. Both
 * drivers take a device only when its driver_override names them.
 */
#include <linux/amba/bus.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "device.h"

static char *allow_unsafe_dma;
module_param(allow_unsafe_dma, charp, 0644);
MODULE_PARM_DESC(
	allow_unsafe_dma,
	"Devices without an IOMMU that may be given to user space although their DMA reaches "
	"all memory: NAME,...");

static char *no_dma;
module_param(no_dma, charp, 0644);
MODULE_PARM_DESC(no_dma, "Devices without an IOMMU that do no DMA at all: NAME,...");

static char *write_combine;
module_param(write_combine, charp, 0644);
MODULE_PARM_DESC(write_combine, "Regions that are mapped write-combining: NAME:INDEX,...");

static char *memory;
module_param(memory, charp, 0444);
MODULE_PARM_DESC(memory, "Nodes of /reserved-memory to give out, beside those compatible with "
			 "\"bulkhead,memory\": NAME,...");

static unsigned int call_rate = 1000;
module_param(call_rate, uint, 0644);
MODULE_PARM_DESC(call_rate, "Calls a second that a device's holder may make to clocks, resets, "
			    "power domains and regulators");

static unsigned int call_burst = 256;
module_param(call_burst, uint, 0644);
MODULE_PARM_DESC(call_burst, "Such calls it may make at once");

static unsigned int moderation_us = 200;
module_param(moderation_us, uint, 0644);
MODULE_PARM_DESC(moderation_us, "How long an interrupt that comes back at once, again and again, "
				"waits before it is unmasked; 0: never");

static bool direct_cache_id = true;
module_param(direct_cache_id, bool, 0644);
MODULE_PARM_DESC(direct_cache_id,
		 "Guests with a device read the processor's cache registers without "
		 "an exit to KVM");

/* Whether `word` is one of a list's words, which commas or white space part. */
static bool is_listed(const char *list, const char *word)
{
	const char *ends = ", \t\n";

	while (list && *list) {
		size_t length;

		list += strspn(list, ends);
		length = strcspn(list, ends);
		if (length && length == strlen(word) && !strncmp(list, word, length))
			return true;
		list += length;
	}
	return false;
}

enum bulkhead_consent bulkhead_consent(const char *device)
{
	enum bulkhead_consent consent = BULKHEAD_NO_CONSENT;

	kernel_param_lock(THIS_MODULE);
	if (is_listed(no_dma, device))
		consent = BULKHEAD_NO_DMA;
	else if (is_listed(allow_unsafe_dma, device))
		consent = BULKHEAD_UNSAFE_DMA;
	kernel_param_unlock(THIS_MODULE);
	return consent;
}

bool bulkhead_write_combine(const char *device, unsigned int region)
{
	char *word = kasprintf(GFP_KERNEL, "%s:%u", device, region);
	bool listed;

	if (!word)
		return false;
	kernel_param_lock(THIS_MODULE);
	listed = is_listed(write_combine, word);
	kernel_param_unlock(THIS_MODULE);
	kfree(word);
	return listed;
}

bool bulkhead_memory_listed(const char *node)
{
	return is_listed(memory, node);
}

u64 bulkhead_call_period(void)
{
	return NSEC_PER_SEC / clamp(READ_ONCE(call_rate), 1U, (unsigned int)NSEC_PER_SEC);
}

u32 bulkhead_call_burst(void)
{
	return max(READ_ONCE(call_burst), 1U);
}

/* At most 10 ms: rings of a few hundred packets must not run over. */
u64 bulkhead_moderation(void)
{
	return min(READ_ONCE(moderation_us), 10000U) * (u64)NSEC_PER_USEC;
}

bool bulkhead_direct_cache_id(void)
{
	return READ_ONCE(direct_cache_id);
}

static const struct resource *platform_region(struct device *dev, unsigned int index)
{
	return platform_get_resource(to_platform_device(dev), IORESOURCE_MEM, index);
}

static int platform_irq(struct device *dev, unsigned int index)
{
	return platform_get_irq_optional(to_platform_device(dev), index);
}

static const struct bulkhead_bus platform_parts = {
	.region = platform_region,
	.irq = platform_irq,
};

static int platform_attach(struct platform_device *pdev)
{
	return bulkhead_attach(&pdev->dev, &platform_parts);
}

static void platform_detach(struct platform_device *pdev)
{
	bulkhead_detach(&pdev->dev);
}

/* No id table: a device comes here by driver_override, never by itself. */
static struct platform_driver platform_driver = {
	.probe = platform_attach,
	.remove = platform_detach,
	.driver =
		{
			.name = "bulkhead",
			.dev_groups = bulkhead_device_groups,
		},
	.driver_managed_dma = true,
};

#ifdef CONFIG_ARM_AMBA
static const struct resource *amba_region(struct device *dev, unsigned int index)
{
	return index ? NULL : &to_amba_device(dev)->res;
}

static int amba_irq(struct device *dev, unsigned int index)
{
	int irq = index < AMBA_NR_IRQS ? to_amba_device(dev)->irq[index] : 0;

	return irq ? irq : -ENXIO;
}

static const struct bulkhead_bus amba_parts = {
	.region = amba_region,
	.irq = amba_irq,
};

static int amba_attach(struct amba_device *adev, const struct amba_id *id)
{
	return bulkhead_attach(&adev->dev, &amba_parts);
}

static void amba_detach(struct amba_device *adev)
{
	bulkhead_detach(&adev->dev);
}

/* The bus wants a table; an empty one matches nothing. */
static const struct amba_id no_ids[] = {{}};

static struct amba_driver amba_driver = {
	.probe = amba_attach,
	.remove = amba_detach,
	.id_table = no_ids,
	.drv =
		{
			.name = "bulkhead",
			.dev_groups = bulkhead_device_groups,
		},
	.driver_managed_dma = true,
};

static int amba_init(void)
{
	return amba_driver_register(&amba_driver);
}

static void amba_exit(void)
{
	amba_driver_unregister(&amba_driver);
}
#else
static int amba_init(void)
{
	return 0;
}

static void amba_exit(void)
{
}
#endif

static int __init bulkhead_init(void)
{
	int ret;

	ret = bulkhead_memory_init();
	if (ret)
		return ret;
	ret = platform_driver_register(&platform_driver);
	if (ret)
		goto error_memory;
	ret = amba_init();
	if (ret)
		goto error_platform;
	return 0;

error_platform:
	platform_driver_unregister(&platform_driver);
error_memory:
	bulkhead_memory_exit();
	return ret;
}

static void __exit bulkhead_exit(void)
{
	amba_exit();
	platform_driver_unregister(&platform_driver);
	bulkhead_memory_exit();
}

module_init(bulkhead_init);
module_exit(bulkhead_exit);

MODULE_DESCRIPTION("Platform devices and reserved RAM for virtual machines");
MODULE_AUTHOR("The Bulkhead authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(__stringify(BULKHEAD_UAPI_VERSION));
