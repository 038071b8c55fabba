/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit COUNT: what an exit from a guest costs that KVM answers by itself, in ns of the board's
 * clock. The guest is a loop of calls for PSCI's version, without a VMM around it: no VMM on this
 * board has cheaper ones.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 0x40000000, SIZE = 0x10000 };

#define CORE(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

/*
 * x9: how often, which a call leaves alone. Then it stores to where nothing is, which ends KVM_RUN,
 * and begins again.
 */
static const uint32_t program[] = {
	0xd2b08000, /* again: mov x0, #0x84000000 */
	0xd4000002, /* hvc #0 */
	0xf1000529, /* subs x9, x9, #1 */
	0x54ffffa1, /* b.ne again */
	0xf900013f, /* str xzr, [x9] */
	0x17fffffb, /* b again */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int set(int vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	return ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0UL);
	void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {.guest_phys_addr = MEMORY,
						     .memory_size = SIZE,
						     .userspace_addr = (uintptr_t)memory};
	struct kvm_vcpu_init init;

	memcpy(memory, program, sizeof(program));
	__builtin___clear_cache(memory, (char *)memory + sizeof(program));
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
	if (vcpu < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ||
	    ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init))
		return 1;
	init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (ioctl(vcpu, KVM_ARM_VCPU_INIT, &init))
		return 1;
	struct kvm_run *run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
				   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	uint64_t spent = 0;
	if (run == MAP_FAILED || set(vcpu, CORE(regs.pc), MEMORY))
		return 1;
	/* The first time is not counted: memory comes then. */
	for (int i = 0; i < 2; i++) {
		if (set(vcpu, CORE(regs.regs[9]), count))
			return 1;
		uint64_t begun = now();
		if (ioctl(vcpu, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_MMIO)
			return 1;
		spent = now() - begun;
	}
	printf("exit %.0f\n", (double)spent / (double)count);
	return 0;
}
