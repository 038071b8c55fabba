/* SPDX-License-Identifier: Apache-2.0 */
/* A load or store on device registers, done for a vCPU in the processor's place. */
#ifndef BH_VMM_EMULATE_EMULATE_H
#define BH_VMM_EMULATE_EMULATE_H

#include "vmm/emulate/decode.h"

/* The vCPU and what answers at guest addresses. The calls return 0 or a negative errno. */
struct bh_emulation {
	/* X0..X30; 31 is the stack pointer of the moment. */
	int (*get)(void *owner, unsigned reg, uint64_t *value);
	int (*set)(void *owner, unsigned reg, uint64_t value);
	/* V0..V31: low and high half. Setting one clears what is beyond. */
	int (*get_vector)(void *owner, unsigned reg, uint64_t value[2]);
	int (*set_vector)(void *owner, unsigned reg, const uint64_t value[2]);
	uint64_t (*read)(void *owner, uint64_t address, unsigned size);
	void (*write)(void *owner, uint64_t address, unsigned size, uint64_t value);
	void *owner;
};

/*
 * Does the access, whose first byte is at `guest` as the hypervisor says. False, with nothing done,
 * when the registers do not lead there: the access began in another page.
 */
bool bh_emulate(const struct bh_emulation *emulation, const struct bh_access *access,
		uint64_t guest);

#endif
