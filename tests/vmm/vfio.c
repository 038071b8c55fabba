/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigned devices over a VFIO that this file plays: the kernel's calls end here. What can go wrong
 * is refused with a code, and a level interrupt is wired in the one right order.
 */
#include "vmm/vfio/vfio.h"

#include "test.h"
#include "vmm/fake_hv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the played kernel does. */
static struct {
	int hello_error, iommu_error, dma_error;
	uint64_t region_size;
	uint32_t irq_flags;
	char order[256]; /* of the calls about interrupts */
} kernel;

int played_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
int played_open(const char *path, int flags, ...) __asm__("open64");
ssize_t played_readlink(const char *path, char *target, size_t room) __asm__("readlink");

static void note(const char *what)
{
	strcat(kernel.order, what);
	strcat(kernel.order, " ");
}

static int result(int error)
{
	errno = error;
	return error ? -1 : 0;
}

static int set_irqs(const struct vfio_irq_set *set)
{
	bool fd = set->flags & VFIO_IRQ_SET_DATA_EVENTFD;

	if (set->flags & VFIO_IRQ_SET_ACTION_MASK)
		note("mask");
	else if (set->flags & VFIO_IRQ_SET_ACTION_UNMASK)
		note(fd ? "resample" : "unmask");
	else
		note(fd ? "trigger" : "release");
	return 0;
}

int played_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)argument)->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_SET_IOMMU:
		return result(kernel.iommu_error);
	case VFIO_IOMMU_MAP_DMA:
		return result(kernel.dma_error);
	case VFIO_GROUP_GET_DEVICE_FD:
		return dup(fd);
	case BULKHEAD_HELLO:
		return result(kernel.hello_error);
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)argument)->flags = VFIO_DEVICE_FLAGS_RESET;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		((struct vfio_region_info *)argument)->flags = VFIO_REGION_INFO_FLAG_MMAP;
		((struct vfio_region_info *)argument)->size = kernel.region_size;
		((struct vfio_region_info *)argument)->offset = 0;
		return 0;
	case VFIO_DEVICE_GET_IRQ_INFO:
		((struct vfio_irq_info *)argument)->flags = kernel.irq_flags;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(argument);
	default:
		return 0;
	}
}

/* Every file is one that can be mapped. */
int played_open(const char *path, int flags, ...)
{
	int fd = memfd_create(path, MFD_CLOEXEC);

	(void)flags;
	return ftruncate(fd, 0x1000) == 0 ? fd : -1;
}

ssize_t played_readlink(const char *path, char *target, size_t room)
{
	(void)path;
	return snprintf(target, room, "/sys/kernel/iommu_groups/7");
}

static struct bh_manifest manifest;
static struct fake_hv hv;
static struct bh_ram ram;
static struct bh_log quiet;
static struct bh_vfio vfio;
static struct bh_diags diags;

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.region_size = 0x1000;
	kernel.irq_flags =
		VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	fake_hv_init(&hv);
	ram = (struct bh_ram){.guest = {0x80000000, 0x1000}, .fd = -1};
	quiet = (struct bh_log){.fd = -1, .name = "test"};
	manifest = (struct bh_manifest){
		.devices = {{.name = "1000.test",
			     .path = "/test",
			     .dma = BH_DMA_IOMMU,
			     .regions = {{.host = {0x1000}, .guest = {0x1000}, .size = 0x1000}},
			     .region_count = 1,
			     .irqs = {{.intid = 40}},
			     .irq_count = 1}},
		.device_count = 1,
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bh_vfio_finish(&vfio);
	assert_true(fake_hv_is_clean(&hv));
	bh_diags_finish(&diags);
	return 0;
}

static bool init(void)
{
	return bh_vfio_init(&vfio, &manifest, &hv.hv, &ram, &quiet, &diags);
}

static void expect(const char *code)
{
	assert_false(init());
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].code, code);
}

static void a_level_interrupt_is_wired_before_it_is_let_through(void **state)
{
	(void)state;
	assert_true(init());
	assert_string_equal(kernel.order, "mask trigger resample unmask ");
	assert_true(hv.irq_fd[40] >= 0);
	assert_true(hv.resample_fd[40] >= 0);
}

static void an_edge_needs_no_resampling(void **state)
{
	(void)state;
	manifest.devices[0].irqs[0].edge = true;
	kernel.irq_flags = VFIO_IRQ_INFO_EVENTFD;
	assert_true(init());
	assert_string_equal(kernel.order, "trigger ");
	assert_int_equal(hv.resample_fd[40], -1);
}

static void what_was_taken_is_given_back(void **state)
{
	(void)state;
	assert_true(init());
	kernel.order[0] = '\0';
	bh_vfio_finish(&vfio);
	assert_string_equal(kernel.order, "release ");
	assert_true(fake_hv_is_clean(&hv));
}

static void a_module_of_another_version_is_refused(void **state)
{
	(void)state;
	kernel.hello_error = EPROTO;
	expect("E1051");
}

static void an_iommu_that_does_not_take_the_device_is_said(void **state)
{
	(void)state;
	kernel.iommu_error = EPERM;
	expect("E1052");
	assert_non_null(strstr(diags.items[0].hint, "allow_unsafe_interrupts"));
}

static void memory_that_cannot_be_locked_is_said(void **state)
{
	(void)state;
	kernel.dma_error = ENOMEM;
	expect("E1053");
}

static void registers_smaller_than_planned_are_refused(void **state)
{
	(void)state;
	kernel.region_size = 0x800;
	expect("E1054");
}

static void an_interrupt_of_another_kind_is_refused(void **state)
{
	(void)state;
	kernel.irq_flags = VFIO_IRQ_INFO_EVENTFD;
	expect("E1055");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_level_interrupt_is_wired_before_it_is_let_through),
		TEST(an_edge_needs_no_resampling),
		TEST(what_was_taken_is_given_back),
		TEST(a_module_of_another_version_is_refused),
		TEST(an_iommu_that_does_not_take_the_device_is_said),
		TEST(memory_that_cannot_be_locked_is_said),
		TEST(registers_smaller_than_planned_are_refused),
		TEST(an_interrupt_of_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
