/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thin layer over Linux's KVM on arm64: the VM, its interrupt controller and its vCPUs. The
 * only part of the VMM that is built for arm64 alone.
 */
#ifndef BH_VMM_KVM_KVM_H
#define BH_VMM_KVM_KVM_H

#include "vmm/hv.h"
#include "vmm/image.h"
#include "vmm/vm.h"

#include "base/buf.h"

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>

#define BH_KVM_SLOTS 256

struct bh_kvm_slot {
	struct bh_range range; /* size 0: free */
};

struct bh_kvm_route {
	struct bh_msi msi;
	int fd; /* -1: signals stay where they are */
	bool routed;
};

struct bh_vcpu {
	struct bh_kvm *kvm;
	uint32_t index;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	pid_t tid; /* of the thread; 0: it has not begun */
	bool started;
	struct kvm_vcpu_init features;
	uint64_t resume_at, resume_with; /* what the guest gave its call to suspend */
	struct bh_vcpu_counters counters;
};

struct bh_kvm {
	struct bh_hv hv;
	const struct bh_log *log;
	struct bh_sandbox *sandbox;     /* of vCPU threads; NULL: none */
	int device, vm, gic, its, vfio; /* descriptors */
	size_t run_size;
	pid_t pid; /* ours, in our own namespace */
	struct bh_vcpu vcpus[BH_VCPUS_MAX];
	uint32_t vcpu_count;

	pthread_mutex_t lock; /* of slots and routes */
	struct bh_kvm_slot slots[BH_KVM_SLOTS];
	uint64_t counter_offset;     /* the host's counter minus the guest's */
	struct bh_kvm_route *routes; /* BH_HV_MSI_MAX */
	uint32_t lines;              /* SPIs */

	/* vCPUs run while this is 0; they wait while it is not. */
	struct bh_vm *machine;
	pthread_mutex_t run_lock;
	pthread_cond_t run_changed;
	bool paused, ending;
	uint32_t resting; /* vCPUs that wait */
};

/*
 * Makes the VM, vCPUs and the interrupt controller, complete. `device`: a descriptor of /dev/kvm,
 * which stays the caller's. Codes: E1030-E1034.
 */
bool bh_kvm_init(struct bh_kvm *kvm, const struct bh_manifest *manifest, int device,
		 const struct bh_log *log, struct bh_diags *diags);
void bh_kvm_finish(struct bh_kvm *kvm);

/* Starts a thread a vCPU; the first begins at `boot`, once bh_kvm_pause() lets them. Returns 0 or a
 * negative errno. */
int bh_kvm_start(struct bh_kvm *kvm, struct bh_vm *machine, const struct bh_boot *boot);

/* Stops and joins them. */
void bh_kvm_stop(struct bh_kvm *kvm);

/* When this returns, no vCPU runs guest code (or all may again). */
void bh_kvm_pause(struct bh_kvm *kvm, bool pause);

/* Of this layer's files. */
bool bh_kvm_gic_init(struct bh_kvm *kvm, const struct bh_manifest_gic *gic, struct bh_diags *diags);
extern const struct bh_hv_ops bh_kvm_hv_ops;
void bh_kvm_compare_counters(struct bh_kvm *kvm);
bool bh_vcpu_init(struct bh_vcpu *vcpu, struct bh_kvm *kvm, uint32_t index, struct bh_diags *diags);
void bh_vcpu_finish(struct bh_vcpu *vcpu);
int bh_vcpu_boot(struct bh_vcpu *vcpu, const struct bh_boot *boot);
void *bh_vcpu_main(void *vcpu);
void bh_vcpu_undescribed(struct bh_vcpu *vcpu);
void bh_vcpu_put(struct bh_vcpu *vcpu, struct bh_buf *out);
int bh_vcpu_get(struct bh_vcpu *vcpu, uint64_t id, uint64_t *value);
int bh_vcpu_set(struct bh_vcpu *vcpu, uint64_t id, uint64_t value);

/* The signal that takes a vCPU out of the guest. */
#define BH_KVM_SIGNAL SIGUSR1

#endif
