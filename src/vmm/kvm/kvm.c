/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/kvm/kvm.h"

#include "base/alloc.h"
#include "machine/check.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The highest guest-physical address that anything has. */
static uint64_t highest(const struct bh_manifest *m)
{
	uint64_t top = m->memory.base.value + m->memory.size;

	for (size_t i = 0; i < m->device_count; i++) {
		for (size_t j = 0; j < m->devices[i].region_count; j++) {
			const struct bh_manifest_region *region = &m->devices[i].regions[j];
			uint64_t end = region->guest.value + region->size;
			top = end > top ? end : top;
		}
	}
	const uint64_t places[] = {
		m->gic.distributor.value + 0x10000,
		m->gic.redistributor.value + (uint64_t)m->vcpus * 0x20000,
		m->gic.its.value + 0x20000,
		m->uart.registers.value + 0x1000,
		m->watchdog.registers.value + BH_WATCHDOG,
		m->scmi.shared.value + 0x1000,
		m->pci.config.value + 0x100000,
		m->pci.window32.base + m->pci.window32.size,
		m->pci.window64.base + m->pci.window64.size,
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		top = places[i] > top ? places[i] : top;
	for (size_t i = 0; i < m->virtio_count; i++) {
		uint64_t end = m->virtio[i].registers.value + 0x1000;
		top = !m->virtio[i].pci && end > top ? end : top;
	}
	return top;
}

/* A small address space costs the host a level less of page tables. */
static unsigned long vm_type(const struct bh_manifest *manifest)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(highest(manifest) - 1);

	return KVM_VM_TYPE_ARM_IPA_SIZE(bits < 32 ? 32 : bits);
}

static bool create_vm(struct bh_kvm *kvm, const struct bh_manifest *manifest,
		      struct bh_diags *diags)
{
	unsigned long type = vm_type(manifest);
	int most = ioctl(kvm->device, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);

	if (ioctl(kvm->device, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		bh_diag_hint(bh_error(diags, "E1030", "this is not KVM: %s", strerror(errno)),
			     "`bulkhead doctor` shows what is wrong with virtualization here");
		return false;
	}
	if (most <= 0 && type == KVM_VM_TYPE_ARM_IPA_SIZE(40))
		type = 0;
	if (most > 0 && type > (unsigned long)most) {
		bh_error(diags, "E1031",
			 "the VM uses addresses of %lu bits, this processor's VMs have %d", type,
			 most);
		return false;
	}
	/* A signal may interrupt the kernel's set-up. */
	do {
		kvm->vm = ioctl(kvm->device, KVM_CREATE_VM, type);
	} while (kvm->vm < 0 && errno == EINTR);
	if (kvm->vm < 0) {
		bh_error(diags, "E1030", "KVM makes no VM: %s", strerror(errno));
		return false;
	}
	return true;
}

/* Calls by HVC that KVM does not answer itself come to us. Only before a vCPU has run. */
static bool filter_calls(struct bh_kvm *kvm, const struct bh_manifest_scmi *scmi,
			 struct bh_diags *diags)
{
	struct kvm_smccc_filter filter = {
		.base = scmi->function, .nr_functions = 1, .action = KVM_SMCCC_FILTER_FWD_TO_USER};
	struct kvm_device_attr attr = {.group = KVM_ARM_VM_SMCCC_CTRL,
				       .attr = KVM_ARM_VM_SMCCC_FILTER,
				       .addr = (uintptr_t)&filter};

	if (scmi->present && ioctl(kvm->vm, KVM_SET_DEVICE_ATTR, &attr) < 0) {
		bh_diag_hint(bh_error(diags, "E1032", "KVM does not hand SCMI calls over: %s",
				      strerror(errno)),
			     "use Linux 6.4 or later on the host");
		return false;
	}
	return true;
}

static void enable(struct bh_kvm *kvm, uint32_t capability)
{
	struct kvm_enable_cap cap = {.cap = capability};

	/* Older kernels lack some; the VM does without. */
	(void)ioctl(kvm->vm, KVM_ENABLE_CAP, &cap);
}

bool bh_kvm_init(struct bh_kvm *kvm, const struct bh_manifest *manifest, int device,
		 const struct bh_log *log, struct bh_diags *diags)
{
	*kvm = (struct bh_kvm){.hv.ops = &bh_kvm_hv_ops,
			       .log = log,
			       .device = device,
			       .vm = -1,
			       .gic = -1,
			       .its = -1,
			       .vfio = -1,
			       .lines = manifest->gic.interrupts - 32};
	pthread_mutex_init(&kvm->lock, NULL);
	pthread_mutex_init(&kvm->run_lock, NULL);
	pthread_cond_init(&kvm->run_changed, NULL);
	kvm->routes = bh_alloc(BH_HV_MSI_MAX * sizeof(*kvm->routes));
	for (size_t i = 0; i < BH_HV_MSI_MAX; i++)
		kvm->routes[i].fd = -1;
	if (!create_vm(kvm, manifest, diags) || !filter_calls(kvm, &manifest->scmi, diags))
		goto fail;
	enable(kvm, KVM_CAP_ARM_NISV_TO_USER);
	enable(kvm, KVM_CAP_ARM_SYSTEM_SUSPEND);
	kvm->run_size = (size_t)ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
	for (uint32_t i = 0; i < manifest->vcpus; i++) {
		if (!bh_vcpu_init(&kvm->vcpus[i], kvm, i, diags))
			goto fail;
		kvm->vcpu_count++;
	}
	bh_kvm_compare_counters(kvm);
	if (!bh_kvm_gic_init(kvm, &manifest->gic, diags))
		goto fail;
	return true;
fail:
	bh_kvm_finish(kvm);
	return false;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void bh_kvm_finish(struct bh_kvm *kvm)
{
	for (uint32_t i = 0; i < kvm->vcpu_count; i++)
		bh_vcpu_finish(&kvm->vcpus[i]);
	kvm->vcpu_count = 0;
	close_one(&kvm->vfio);
	close_one(&kvm->its);
	close_one(&kvm->gic);
	close_one(&kvm->vm);
	free(kvm->routes);
	kvm->routes = NULL;
	pthread_cond_destroy(&kvm->run_changed);
	pthread_mutex_destroy(&kvm->run_lock);
	pthread_mutex_destroy(&kvm->lock);
}

/* Its only work is to interrupt KVM_RUN. */
static void on_signal(int number)
{
	(void)number;
}

/* A vCPU thread needs little: exits are handled without deep calls. */
#define STACK_SIZE (128u * 1024)

int bh_kvm_start(struct bh_kvm *kvm, struct bh_vm *machine, const struct bh_boot *boot)
{
	struct sigaction action = {.sa_handler = on_signal};
	pthread_attr_t attr;
	int err = bh_vcpu_boot(&kvm->vcpus[0], boot);

	kvm->machine = machine;
	kvm->pid = getpid();
	kvm->paused = true;
	sigaction(BH_KVM_SIGNAL, &action, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (uint32_t i = 0; i < kvm->vcpu_count && !err; i++) {
		err = -pthread_create(&kvm->vcpus[i].thread, &attr, bh_vcpu_main, &kvm->vcpus[i]);
		kvm->vcpus[i].started = !err;
		if (!err)
			bh_sandbox_expect(kvm->sandbox);
	}
	pthread_attr_destroy(&attr);
	return err;
}

/* A vCPU that is about to enter the guest sees immediate_exit; one inside gets the signal. By the
 * kernel's call: pthread_kill() makes three, of which a confined thread has one. */
static void kick_all(struct bh_kvm *kvm)
{
	for (uint32_t i = 0; i < kvm->vcpu_count; i++) {
		if (kvm->vcpus[i].started) {
			__atomic_store_n(&kvm->vcpus[i].run->immediate_exit, 1, __ATOMIC_SEQ_CST);
			syscall(SYS_tgkill, kvm->pid,
				__atomic_load_n(&kvm->vcpus[i].tid, __ATOMIC_SEQ_CST),
				BH_KVM_SIGNAL);
		}
	}
}

void bh_kvm_stop(struct bh_kvm *kvm)
{
	pthread_mutex_lock(&kvm->run_lock);
	kvm->ending = true;
	pthread_cond_broadcast(&kvm->run_changed);
	pthread_mutex_unlock(&kvm->run_lock);
	kick_all(kvm);
	for (uint32_t i = 0; i < kvm->vcpu_count; i++) {
		if (kvm->vcpus[i].started)
			pthread_join(kvm->vcpus[i].thread, NULL);
		kvm->vcpus[i].started = false;
	}
}

void bh_kvm_pause(struct bh_kvm *kvm, bool pause)
{
	pthread_mutex_lock(&kvm->run_lock);
	kvm->paused = pause;
	pthread_cond_broadcast(&kvm->run_changed);
	if (pause) {
		kick_all(kvm);
		while (kvm->resting < kvm->vcpu_count && !kvm->ending)
			pthread_cond_wait(&kvm->run_changed, &kvm->run_lock);
	}
	pthread_mutex_unlock(&kvm->run_lock);
}
