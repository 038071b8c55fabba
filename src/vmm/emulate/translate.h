/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's own page tables: where in its memory a virtual address is. */
#ifndef BH_VMM_EMULATE_TRANSLATE_H
#define BH_VMM_EMULATE_TRANSLATE_H

#include "vmm/ram.h"

/* System registers of a vCPU. */
struct bh_translation {
	uint64_t sctlr, tcr, ttbr0, ttbr1;
};

/*
 * False when the tables map nothing there, lie outside memory, or have a reserved form. Rights are
 * not looked at: the processor has fetched from there.
 */
bool bh_translate(const struct bh_ram *ram, const struct bh_translation *how, uint64_t address,
		  uint64_t *guest);

#endif
