// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPU that ends an interrupt, in its own context, between two runs of its guest.
 *
 * Cache maintenance begins with a read of CTR_EL0, which has the size of a line, and the driver of
 * a device that is not coherent does some for each buffer. On a processor without FEAT_EVT the trap
 * that KVM wants for CLIDR_EL1, CCSIDR_EL1 and CSSELR_EL1 (HCR_EL2.TID2) catches CTR_EL0, too: two
 * or three exits a packet, nine in ten of all. KVM answers with the value that the processor would
 * have given. So a vCPU that owns a device's interrupt gets the trap off (the parameter
 * direct_cache_id), but where the values differ.
 */
#include <linux/kvm_host.h>
#include <linux/sched.h>

#include <asm/cpufeature.h>

#include "device.h"

static struct kvm_vcpu *find_current(struct kvm *kvm)
{
	struct pid *pid = task_pid(current);
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm) if (READ_ONCE(vcpu->pid) == pid) return vcpu;
	return NULL;
}

/* Guest, host and each of its processors have one and the same CTR_EL0. */
static bool is_same_everywhere(const struct kvm_vcpu *vcpu)
{
	return !cpus_have_final_cap(ARM64_MISMATCHED_CACHE_TYPE) &&
	       vcpu->kvm->arch.ctr_el0 == read_sanitised_ftr_reg(SYS_CTR_EL0);
}

bool bulkhead_vcpu_ends(struct bulkhead_device *bd, struct bulkhead_ends *ends)
{
	struct kvm *kvm = bd->vdev.kvm;
	struct kvm_vcpu *vcpu = kvm ? find_current(kvm) : NULL;
	u64 waits;
	bool waited;

	if (!vcpu)
		return false;
	/* Nobody else changes it meanwhile: it is this thread's, and the guest does not run. */
	if ((vcpu->arch.hcr_el2 & HCR_TID2) && bulkhead_direct_cache_id() &&
	    is_same_everywhere(vcpu))
		vcpu->arch.hcr_el2 &= ~HCR_TID2;

	waits = vcpu->stat.wfi_exit_stat;
	waited = ends->vcpu == vcpu->vcpu_idx && ends->waits != waits;
	ends->vcpu = vcpu->vcpu_idx;
	ends->waits = waits;
	return waited;
}
