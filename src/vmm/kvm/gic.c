/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/kvm/kvm.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

static int set(int device, uint32_t group, uint64_t attribute, const void *value)
{
	struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

	return ioctl(device, KVM_SET_DEVICE_ATTR, &attr) < 0 ? -errno : 0;
}

static int place(int device, uint64_t what, struct bh_gpa address)
{
	return set(device, KVM_DEV_ARM_VGIC_GRP_ADDR, what, &address.value);
}

static int create(struct bh_kvm *kvm, uint32_t type)
{
	struct kvm_create_device device = {.type = type};

	return ioctl(kvm->vm, KVM_CREATE_DEVICE, &device) < 0 ? -1 : (int)device.fd;
}

static int finish(int device)
{
	return set(device, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static int set_up(struct bh_kvm *kvm, const struct bh_manifest_gic *gic)
{
	bool v3 = gic->version == BH_GIC_V3;
	int err = place(kvm->gic, v3 ? KVM_VGIC_V3_ADDR_TYPE_DIST : KVM_VGIC_V2_ADDR_TYPE_DIST,
			gic->distributor);

	if (!err)
		err = place(kvm->gic, v3 ? KVM_VGIC_V3_ADDR_TYPE_REDIST : KVM_VGIC_V2_ADDR_TYPE_CPU,
			    gic->redistributor);
	if (!err)
		err = set(kvm->gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &gic->interrupts);
	return err ? err : finish(kvm->gic);
}

static int set_up_its(struct bh_kvm *kvm, const struct bh_manifest_gic *gic)
{
	if (!gic->has_its)
		return 0;
	kvm->its = create(kvm, KVM_DEV_TYPE_ARM_VGIC_ITS);
	if (kvm->its < 0)
		return -errno;
	int err = place(kvm->its, KVM_VGIC_ITS_ADDR_TYPE, gic->its);
	return err ? err : finish(kvm->its);
}

bool bh_kvm_gic_init(struct bh_kvm *kvm, const struct bh_manifest_gic *gic, struct bh_diags *diags)
{
	kvm->gic = create(kvm, gic->version == BH_GIC_V3 ? KVM_DEV_TYPE_ARM_VGIC_V3
							 : KVM_DEV_TYPE_ARM_VGIC_V2);
	if (kvm->gic < 0) {
		struct bh_diag *diag =
			bh_error(diags, "E1033", "no virtual GICv%u on this board", gic->version);
		bh_diag_cause(diag, "KVM says: %s", strerror(errno));
		bh_diag_hint(diag, "set the VM's GIC to the version that `bulkhead doctor` shows");
		return false;
	}
	int err = set_up(kvm, gic);
	if (!err)
		err = set_up_its(kvm, gic);
	if (err)
		bh_error(diags, "E1033", "the virtual GICv%u%s cannot be set up: %s", gic->version,
			 gic->has_its ? " with ITS" : "", strerror(-err));
	return !err;
}
