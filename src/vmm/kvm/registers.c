/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's registers for `dump`. The vCPU rests. */
#include "vmm/control.h"
#include "vmm/kvm/kvm.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define CORE(field) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

static const struct {
	const char *name;
	uint64_t id;
} named[] = {
	{"pc", CORE(regs.pc)},
	{"sp", CORE(sp_el1)},
	{"sp-el0", CORE(regs.sp)},
	{"pstate", CORE(regs.pstate)},
	{"elr", CORE(elr_el1)},
	{"esr", ARM64_SYS_REG(3, 0, 5, 2, 0)},
	{"far", ARM64_SYS_REG(3, 0, 6, 0, 0)},
	{"ttbr0", ARM64_SYS_REG(3, 0, 2, 0, 0)},
	{"ttbr1", ARM64_SYS_REG(3, 0, 2, 0, 1)},
	{"sctlr", ARM64_SYS_REG(3, 0, 1, 0, 0)},
	{"vbar", ARM64_SYS_REG(3, 0, 12, 0, 0)},
};

static void put(struct bh_vcpu *vcpu, const char *name, uint64_t id, struct bh_buf *out)
{
	char key[32];
	uint64_t value;

	snprintf(key, sizeof(key), "vcpu%" PRIu32 ".%s", vcpu->index, name);
	if (bh_vcpu_get(vcpu, id, &value) == 0)
		bh_control_put(out, key, "0x%" PRIx64, value);
}

void bh_vcpu_put(struct bh_vcpu *vcpu, struct bh_buf *out)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		put(vcpu, named[i].name, named[i].id, out);
	for (unsigned i = 0; i <= 30; i++) {
		char name[8];
		snprintf(name, sizeof(name), "x%u", i);
		put(vcpu, name, CORE(regs.regs[0]) + 2 * i, out);
	}
}
