/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs on a board: makes a VM whose only instructions store a number to an address that is not
 * memory, and checks that this reaches us as the number and the address. Prints "kvm works" then.
 */
#include <stddef.h> /* kvm.h uses offsetof() */

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define RAM 0x40000000u

/* mov x0, #0x09000000; mov w1, #0x2a; str w1, [x0]; b . */
static const uint32_t program[] = {0xd2a12000, 0x52800541, 0xb9000001, 0x14000000};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int set_pc(int vcpu, uint64_t pc)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      KVM_REG_ARM_CORE_REG(regs.pc),
		.addr = (uint64_t)(uintptr_t)&pc,
	};

	return ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR);

	if (kvm < 0 || ioctl(kvm, KVM_GET_API_VERSION, 0) != 12)
		return fail("/dev/kvm");
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return fail("KVM_CREATE_VM");
	void *ram = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		return fail("mmap");
	memcpy(ram, program, sizeof(program));
	struct kvm_userspace_memory_region slot = {.guest_phys_addr = RAM,
						   .memory_size = 65536,
						   .userspace_addr = (uint64_t)(uintptr_t)ram};
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
		return fail("KVM_SET_USER_MEMORY_REGION");
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	struct kvm_vcpu_init init;
	if (vcpu < 0 || ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) ||
	    ioctl(vcpu, KVM_ARM_VCPU_INIT, &init) || set_pc(vcpu, RAM))
		return fail("vcpu");
	struct kvm_run *run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
				   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || ioctl(vcpu, KVM_RUN, 0))
		return fail("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write ||
	    run->mmio.phys_addr != 0x09000000 || run->mmio.data[0] != 42) {
		fprintf(stderr, "exit %u\n", run->exit_reason);
		return 1;
	}
	puts("kvm works");
	return 0;
}
