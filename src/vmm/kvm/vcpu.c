/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/kvm/kvm.h"

#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CORE(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

/* EL1 with its own stack pointer, all interrupts masked: how a kernel is entered. */
#define BOOT_PSTATE 0x3c5

int bh_vcpu_set(struct bh_vcpu *vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0 ? -errno : 0;
}

int bh_vcpu_get(struct bh_vcpu *vcpu, uint64_t id, uint64_t *value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static bool has(struct bh_kvm *kvm, long capability)
{
	return ioctl(kvm->vm, KVM_CHECK_EXTENSION, capability) > 0;
}

static int set_features(struct bh_vcpu *vcpu)
{
	struct kvm_vcpu_init init;
	struct bh_kvm *kvm = vcpu->kvm;
	int sve = KVM_ARM_VCPU_SVE;

	if (ioctl(kvm->vm, KVM_ARM_PREFERRED_TARGET, &init) < 0)
		return -errno;
	init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (vcpu->index)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (has(kvm, KVM_CAP_ARM_PTRAUTH_ADDRESS) && has(kvm, KVM_CAP_ARM_PTRAUTH_GENERIC))
		init.features[0] |=
			1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1u << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	if (has(kvm, KVM_CAP_ARM_SVE))
		init.features[0] |= 1u << KVM_ARM_VCPU_SVE;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) < 0)
		return -errno;
	if (has(kvm, KVM_CAP_ARM_SVE) && ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &sve) < 0)
		return -errno;
	vcpu->features = init;
	return 0;
}

bool bh_vcpu_init(struct bh_vcpu *vcpu, struct bh_kvm *kvm, uint32_t index, struct bh_diags *diags)
{
	int err = 0;

	*vcpu = (struct bh_vcpu){.kvm = kvm, .index = index, .run = MAP_FAILED};
	vcpu->fd = ioctl(kvm->vm, KVM_CREATE_VCPU, (unsigned long)index);
	if (vcpu->fd >= 0)
		vcpu->run =
			mmap(NULL, kvm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->fd < 0 || vcpu->run == MAP_FAILED)
		err = -errno;
	if (!err)
		err = set_features(vcpu);
	if (err) {
		bh_error(diags, "E1034", "vCPU %u cannot be made: %s", index, strerror(-err));
		bh_vcpu_finish(vcpu);
	}
	return !err;
}

void bh_vcpu_finish(struct bh_vcpu *vcpu)
{
	if (vcpu->run != MAP_FAILED)
		munmap(vcpu->run, vcpu->kvm->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	vcpu->fd = -1;
}

int bh_vcpu_boot(struct bh_vcpu *vcpu, const struct bh_boot *boot)
{
	int err = bh_vcpu_set(vcpu, CORE(regs.pstate), BOOT_PSTATE);

	if (!err)
		err = bh_vcpu_set(vcpu, CORE(regs.regs[0]), boot->tree.value);
	return err ? err : bh_vcpu_set(vcpu, CORE(regs.pc), boot->entry.value);
}

static void handle_mmio(struct bh_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint64_t value = 0;

	vcpu->counters.mmio++;
	if (run->mmio.is_write) {
		memcpy(&value, run->mmio.data, run->mmio.len);
		bh_vm_write(vcpu->kvm->machine, run->mmio.phys_addr, run->mmio.len, value);
	} else {
		value = bh_vm_read(vcpu->kvm->machine, run->mmio.phys_addr, run->mmio.len);
		memcpy(run->mmio.data, &value, run->mmio.len);
	}
}

static void handle_call(struct bh_vcpu *vcpu)
{
	uint64_t answer =
		(uint64_t)bh_vm_call(vcpu->kvm->machine, (uint32_t)vcpu->run->hypercall.nr);

	vcpu->counters.calls++;
	bh_vcpu_set(vcpu, CORE(regs.regs[0]), answer);
}

/* Arguments of the call to suspend, as registers. */
enum { RESUME_AT = 1, RESUME_WITH = 2 };

/* A call to suspend the system does not return: its vCPU begins anew where the guest said. */
static int resume(struct bh_vcpu *vcpu)
{
	struct kvm_vcpu_init features = vcpu->features;

	features.features[0] &= ~(1u << KVM_ARM_VCPU_POWER_OFF);
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &features) < 0)
		return -errno;
	int err = bh_vcpu_set(vcpu, CORE(regs.pstate), BOOT_PSTATE);
	if (!err)
		err = bh_vcpu_set(vcpu, CORE(regs.regs[0]), vcpu->resume_with);
	return err ? err : bh_vcpu_set(vcpu, CORE(regs.pc), vcpu->resume_at);
}

static void handle_system_event(struct bh_vcpu *vcpu)
{
	int err;
	struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_SUSPENDED};
	struct bh_vm *vm = vcpu->kvm->machine;

	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		bh_vm_end(vm, BH_END_OFF);
		return;
	case KVM_SYSTEM_EVENT_RESET:
		bh_vm_end(vm, BH_END_RESET);
		return;
	case KVM_SYSTEM_EVENT_SUSPEND:
		/* Sleeps in KVM until an interrupt comes. */
		bh_vcpu_get(vcpu, CORE(regs.regs[0]) + 2 * RESUME_AT, &vcpu->resume_at);
		bh_vcpu_get(vcpu, CORE(regs.regs[0]) + 2 * RESUME_WITH, &vcpu->resume_with);
		ioctl(vcpu->fd, KVM_SET_MP_STATE, &state);
		return;
	case KVM_SYSTEM_EVENT_WAKEUP:
		state.mp_state = KVM_MP_STATE_RUNNABLE;
		ioctl(vcpu->fd, KVM_SET_MP_STATE, &state);
		err = resume(vcpu);
		if (err) {
			bh_log(vcpu->kvm->log, BH_LOG_ERROR, "vCPU %u does not wake up: %s",
			       vcpu->index, strerror(-err));
			bh_vm_end(vm, BH_END_FAILED);
		}
		return;
	default:
		bh_log(vcpu->kvm->log, BH_LOG_ERROR, "the guest crashed (system event %u)",
		       vcpu->run->system_event.type);
		bh_vm_end(vm, BH_END_CRASHED);
	}
}

static void handle_exit(struct bh_vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_MMIO:
		handle_mmio(vcpu);
		return;
	case KVM_EXIT_HYPERCALL:
		handle_call(vcpu);
		return;
	case KVM_EXIT_SYSTEM_EVENT:
		handle_system_event(vcpu);
		return;
	case KVM_EXIT_ARM_NISV:
		bh_vcpu_undescribed(vcpu);
		return;
	case KVM_EXIT_INTR:
		return;
	default:
		bh_log(vcpu->kvm->log, BH_LOG_ERROR, "vCPU %u: KVM stopped for reason %u",
		       vcpu->index, vcpu->run->exit_reason);
		bh_vm_end(vcpu->kvm->machine, BH_END_FAILED);
	}
}

/* Waits while the VM is paused; false when it ends. */
static bool may_run(struct bh_vcpu *vcpu)
{
	struct bh_kvm *kvm = vcpu->kvm;

	pthread_mutex_lock(&kvm->run_lock);
	__atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	if (kvm->paused && !kvm->ending) {
		kvm->resting++;
		pthread_cond_broadcast(&kvm->run_changed);
		while (kvm->paused && !kvm->ending)
			pthread_cond_wait(&kvm->run_changed, &kvm->run_lock);
		kvm->resting--;
	}
	bool run = !kvm->ending;
	pthread_mutex_unlock(&kvm->run_lock);
	return run;
}

void *bh_vcpu_main(void *argument)
{
	struct bh_vcpu *vcpu = argument;
	char name[16];

	__atomic_store_n(&vcpu->tid, gettid(), __ATOMIC_SEQ_CST);
	snprintf(name, sizeof(name), "vcpu%u", vcpu->index);
	prctl(PR_SET_NAME, name);
	bh_sandbox_thread(vcpu->kvm->sandbox, BH_THREAD_VCPU);
	while (may_run(vcpu)) {
		int err;

		do {
			err = ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? errno : 0;
			if (!err) {
				vcpu->counters.exits++;
				handle_exit(vcpu);
			}
		} while (!err && !__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_RELAXED));
		if (err && err != EINTR && err != EAGAIN) {
			bh_log(vcpu->kvm->log, BH_LOG_ERROR, "vCPU %u: %s", vcpu->index,
			       strerror(err));
			bh_vm_end(vcpu->kvm->machine, BH_END_FAILED);
			break;
		}
	}
	/* Whoever waits for all vCPUs to rest must not wait for this one. Its thread stays until
	 * the end: a confined one cannot even leave. */
	pthread_mutex_lock(&vcpu->kvm->run_lock);
	vcpu->kvm->resting++;
	pthread_cond_broadcast(&vcpu->kvm->run_changed);
	while (!vcpu->kvm->ending)
		pthread_cond_wait(&vcpu->kvm->run_changed, &vcpu->kvm->run_lock);
	pthread_mutex_unlock(&vcpu->kvm->run_lock);
	return NULL;
}
