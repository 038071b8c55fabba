/* SPDX-License-Identifier: Apache-2.0 */
/* An access that the processor does not describe: KVM hands over the address only. */
#include "vmm/emulate/emulate.h"
#include "vmm/emulate/translate.h"
#include "vmm/kvm/kvm.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define CORE(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

enum { STACK = 31, MODE = 0xf, MODE_32 = 0x10, EL1_WITH_SP_EL1 = 5, BRANCH_TYPE = 0xc00 };
enum { Z_BYTES = 256 };

/* SP_EL1 and SP_EL0 are two registers; which one is meant the state says. */
static int register_id(struct bh_vcpu *vcpu, unsigned reg, uint64_t *id)
{
	uint64_t state;
	int err = 0;

	*id = CORE(regs.regs[0]) + 2 * reg;
	if (reg == STACK) {
		err = bh_vcpu_get(vcpu, CORE(regs.pstate), &state);
		*id = (state & MODE) == EL1_WITH_SP_EL1 ? CORE(sp_el1) : CORE(regs.sp);
	}
	return err;
}

static int get(void *owner, unsigned reg, uint64_t *value)
{
	uint64_t id;
	int err = register_id(owner, reg, &id);

	return err ? err : bh_vcpu_get(owner, id, value);
}

static int set(void *owner, unsigned reg, uint64_t value)
{
	uint64_t id;
	int err = register_id(owner, reg, &id);

	return err ? err : bh_vcpu_set(owner, id, value);
}

static int vector_call(struct bh_vcpu *vcpu, unsigned long call, uint64_t id, void *data)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)data};

	return ioctl(vcpu->fd, call, &reg) < 0 ? -errno : 0;
}

/* A vCPU with SVE has its vectors as the low parts of longer ones, and only so. */
static int move_vector(struct bh_vcpu *vcpu, unsigned long call, unsigned reg, uint64_t value[2])
{
	uint64_t plain = KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE |
			 (KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * reg);
	uint64_t whole[Z_BYTES / sizeof(uint64_t)] = {value[0], value[1]};
	int err = vector_call(vcpu, call, KVM_REG_ARM64_SVE_ZREG(reg, 0), whole);

	if (err)
		return vector_call(vcpu, call, plain, value);
	memcpy(value, whole, 2 * sizeof(*value));
	return 0;
}

static int get_vector(void *owner, unsigned reg, uint64_t value[2])
{
	return move_vector(owner, KVM_GET_ONE_REG, reg, value);
}

static int set_vector(void *owner, unsigned reg, const uint64_t value[2])
{
	uint64_t copy[2] = {value[0], value[1]};

	return move_vector(owner, KVM_SET_ONE_REG, reg, copy);
}

static uint64_t read_device(void *owner, uint64_t address, unsigned size)
{
	struct bh_vcpu *vcpu = owner;

	return bh_vm_read(vcpu->kvm->machine, address, size);
}

static void write_device(void *owner, uint64_t address, unsigned size, uint64_t value)
{
	struct bh_vcpu *vcpu = owner;

	bh_vm_write(vcpu->kvm->machine, address, size, value);
}

/* The word that the vCPU is at. */
static bool fetch(struct bh_vcpu *vcpu, uint64_t pc, uint32_t *word)
{
	const struct bh_ram *ram = &vcpu->kvm->machine->ram;
	struct bh_translation how;
	uint64_t state, guest;

	if (bh_vcpu_get(vcpu, CORE(regs.pstate), &state) || state & MODE_32 ||
	    bh_vcpu_get(vcpu, ARM64_SYS_REG(3, 0, 1, 0, 0), &how.sctlr) ||
	    bh_vcpu_get(vcpu, ARM64_SYS_REG(3, 0, 2, 0, 2), &how.tcr) ||
	    bh_vcpu_get(vcpu, ARM64_SYS_REG(3, 0, 2, 0, 0), &how.ttbr0) ||
	    bh_vcpu_get(vcpu, ARM64_SYS_REG(3, 0, 2, 0, 1), &how.ttbr1))
		return false;
	const void *at = bh_translate(ram, &how, pc, &guest) ? bh_ram_at(ram, guest, 4) : NULL;
	if (at)
		memcpy(word, at, sizeof(*word));
	return at;
}

static int skip(struct bh_vcpu *vcpu, uint64_t pc)
{
	uint64_t state;
	int err = bh_vcpu_get(vcpu, CORE(regs.pstate), &state);

	if (!err)
		err = bh_vcpu_set(vcpu, CORE(regs.pstate), state & ~(uint64_t)BRANCH_TYPE);
	return err ? err : bh_vcpu_set(vcpu, CORE(regs.pc), pc + 4);
}

void bh_vcpu_undescribed(struct bh_vcpu *vcpu)
{
	const struct bh_emulation emulation = {.get = get,
					       .set = set,
					       .get_vector = get_vector,
					       .set_vector = set_vector,
					       .read = read_device,
					       .write = write_device,
					       .owner = vcpu};
	struct bh_vm *machine = vcpu->kvm->machine;
	uint64_t guest = vcpu->run->arm_nisv.fault_ipa, pc = 0;
	struct bh_access access;
	char name[24] = "unknown";
	uint32_t word;

	bh_vcpu_get(vcpu, CORE(regs.pc), &pc);
	bool known = fetch(vcpu, pc, &word);
	if (known && bh_decode(word, &access) && bh_emulate(&emulation, &access, guest) &&
	    !skip(vcpu, pc)) {
		vcpu->counters.mmio++;
		return;
	}
	/* The others, too, may come here until all are stopped: one line is enough. */
	if (atomic_load(&machine->end) != BH_END_NONE)
		return;
	if (known)
		snprintf(name, sizeof(name), "0x%08" PRIx32, word);
	bh_log(vcpu->kvm->log, BH_LOG_ERROR,
	       "vCPU %u: instruction %s at 0x%" PRIx64 " cannot be emulated, on %s at 0x%" PRIx64,
	       vcpu->index, name, pc, bh_vm_name_at(machine, guest), guest);
	bh_vm_end(machine, BH_END_FAILED);
}
