/* SPDX-License-Identifier: Apache-2.0 */
/* Memory slots, kicks and interrupts: the VM-wide calls that device models use. */
#include "vmm/kvm/kvm.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define SPI_FIRST 32
#define MSI_FIRST 1024 /* interrupt "GSIs" below are SPIs */

static struct bh_kvm *of(struct bh_hv *hv)
{
	return (struct bh_kvm *)hv; /* its first member */
}

static int call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

static int kvm_map(struct bh_hv *hv, struct bh_gpa address, uint64_t size, void *host)
{
	struct bh_kvm *kvm = of(hv);
	int err = -ENOSPC;

	pthread_mutex_lock(&kvm->lock);
	for (uint32_t i = 0; i < BH_KVM_SLOTS; i++) {
		if (kvm->slots[i].range.size)
			continue;
		struct kvm_userspace_memory_region region = {.slot = i,
							     .guest_phys_addr = address.value,
							     .memory_size = size,
							     .userspace_addr = (uintptr_t)host};
		err = call(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region);
		if (!err)
			kvm->slots[i].range = (struct bh_range){address.value, size};
		break;
	}
	pthread_mutex_unlock(&kvm->lock);
	return err;
}

static int kvm_unmap(struct bh_hv *hv, struct bh_gpa address)
{
	struct bh_kvm *kvm = of(hv);
	int err = -ENOENT;

	pthread_mutex_lock(&kvm->lock);
	for (uint32_t i = 0; i < BH_KVM_SLOTS; i++) {
		if (!kvm->slots[i].range.size || kvm->slots[i].range.base != address.value)
			continue;
		struct kvm_userspace_memory_region region = {.slot = i,
							     .guest_phys_addr = address.value};
		err = call(kvm->vm, KVM_SET_USER_MEMORY_REGION, &region);
		kvm->slots[i].range.size = 0;
		break;
	}
	pthread_mutex_unlock(&kvm->lock);
	return err;
}

static int kvm_set_kick(struct bh_hv *hv, struct bh_gpa address, unsigned size, uint64_t value,
			int fd, bool on)
{
	struct kvm_ioeventfd kick = {
		.addr = address.value,
		.len = size,
		.datamatch = value,
		.fd = fd,
		.flags = (size ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0) |
			 (on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN),
	};

	return call(of(hv)->vm, KVM_IOEVENTFD, &kick);
}

static int irq_fd(struct bh_kvm *kvm, uint32_t gsi, int fd, int resample_fd, bool on)
{
	struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = gsi,
		.flags = (on ? 0 : KVM_IRQFD_FLAG_DEASSIGN) |
			 (on && resample_fd >= 0 ? KVM_IRQFD_FLAG_RESAMPLE : 0),
		.resamplefd = resample_fd >= 0 ? (uint32_t)resample_fd : 0,
	};

	return call(kvm->vm, KVM_IRQFD, &irqfd);
}

static int kvm_set_irq_fd(struct bh_hv *hv, uint32_t intid, int fd, int resample_fd, bool on)
{
	return irq_fd(of(hv), intid - SPI_FIRST, fd, resample_fd, on);
}

static int kvm_set_line(struct bh_hv *hv, uint32_t intid, bool high)
{
	struct kvm_irq_level level = {.irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | intid,
				      .level = high};

	return call(of(hv)->vm, KVM_IRQ_LINE, &level);
}

/* The table that KVM takes is always the whole one: SPIs as they are by default, then messages. */
static int set_routes(struct bh_kvm *kvm)
{
	size_t room = kvm->lines + BH_HV_MSI_MAX;
	struct kvm_irq_routing *table = bh_alloc(sizeof(*table) + room * sizeof(table->entries[0]));

	for (uint32_t pin = 0; pin < kvm->lines; pin++)
		table->entries[table->nr++] = (struct kvm_irq_routing_entry){
			.gsi = pin, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip.pin = pin};
	for (uint32_t i = 0; i < kvm->hv.msi_count; i++) {
		const struct bh_kvm_route *route = &kvm->routes[i];
		if (!route->routed)
			continue;
		table->entries[table->nr++] = (struct kvm_irq_routing_entry){
			.gsi = MSI_FIRST + i,
			.type = KVM_IRQ_ROUTING_MSI,
			.flags = KVM_MSI_VALID_DEVID,
			.u.msi = {.address_lo = (uint32_t)route->msi.address,
				  .address_hi = (uint32_t)(route->msi.address >> 32),
				  .data = route->msi.data,
				  .devid = route->msi.device}};
	}
	int err = call(kvm->vm, KVM_SET_GSI_ROUTING, table);
	free(table);
	return err;
}

static bool same(const struct bh_msi *a, const struct bh_msi *b)
{
	return a->address == b->address && a->data == b->data && a->device == b->device;
}

static int kvm_set_msi(struct bh_hv *hv, unsigned vector, const struct bh_msi *msi, int fd)
{
	struct bh_kvm *kvm = of(hv);
	struct bh_kvm_route *route = &kvm->routes[vector];
	int err = 0;

	pthread_mutex_lock(&kvm->lock);
	if (!msi) {
		if (route->fd >= 0)
			irq_fd(kvm, MSI_FIRST + vector, route->fd, -1, false);
		route->fd = -1;
	} else {
		if (!route->routed || !same(&route->msi, msi)) {
			route->msi = *msi;
			route->routed = true;
			err = set_routes(kvm);
		}
		if (!err && route->fd < 0) {
			err = irq_fd(kvm, MSI_FIRST + vector, fd, -1, true);
			route->fd = err ? -1 : fd;
		}
	}
	pthread_mutex_unlock(&kvm->lock);
	return err;
}

static int kvm_add_file(struct bh_hv *hv, int fd)
{
	struct bh_kvm *kvm = of(hv);
	int32_t number = fd;
	struct kvm_device_attr attr = {.group = KVM_DEV_VFIO_GROUP,
				       .attr = KVM_DEV_VFIO_GROUP_ADD,
				       .addr = (uintptr_t)&number};

	if (kvm->vfio < 0) {
		struct kvm_create_device device = {.type = KVM_DEV_TYPE_VFIO};
		int err = call(kvm->vm, KVM_CREATE_DEVICE, &device);
		if (err)
			return err;
		kvm->vfio = (int)device.fd;
	}
	return call(kvm->vfio, KVM_SET_DEVICE_ATTR, &attr);
}

static uint64_t host_counter(void)
{
	uint64_t value;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(value)::"memory");
	return value;
}

static uint64_t kvm_counter(struct bh_hv *hv)
{
	return host_counter() - of(hv)->counter_offset;
}

/* The distance between the two counters is the same as long as the VM exists. */
void bh_kvm_compare_counters(struct bh_kvm *kvm)
{
	uint64_t guest = 0;

	__asm__("mrs %0, cntfrq_el0" : "=r"(kvm->hv.counter_hz));
	bh_vcpu_get(&kvm->vcpus[0], KVM_REG_ARM_TIMER_CNT, &guest);
	kvm->counter_offset = host_counter() - guest;
}

const struct bh_hv_ops bh_kvm_hv_ops = {
	.counter = kvm_counter,
	.add_file = kvm_add_file,
	.map = kvm_map,
	.unmap = kvm_unmap,
	.set_kick = kvm_set_kick,
	.set_irq_fd = kvm_set_irq_fd,
	.set_line = kvm_set_line,
	.set_msi = kvm_set_msi,
};
