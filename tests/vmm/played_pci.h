/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI function behind VFIO that is played: the kernel's calls end here. Its configuration and its
 * BARs are bytes of a file, so reading, writing and mapping are real.
 */
#ifndef BH_TESTS_VMM_PLAYED_PCI_H
#define BH_TESTS_VMM_PLAYED_PCI_H

#include <stdbool.h>
#include <stdint.h>

enum { PLAYED_IRQS = 5, PLAYED_BARS = 6, PLAYED_BAR_STEP = 0x100000 };

struct played_pci {
	uint64_t sizes[PLAYED_BARS];
	unsigned irqs[PLAYED_IRQS]; /* how many of each kind */
	bool resettable, bus_resettable;
	unsigned resets, bus_resets;
	int device_flags_error, irq_error;   /* errno of these calls; 0: they work */
	uint64_t sparse_offset, sparse_size; /* what of BAR 0 may be mapped; size 0: all */
	uint32_t bus_groups;                 /* of all that is on its bus */
	int triggers[PLAYED_IRQS][64];       /* as last set; -1: none */
	unsigned trigger_count[PLAYED_IRQS]; /* 0: disabled */
	char order[512];                     /* "INTX+1 UNMASK MSIX+3 MSIX-": what was asked */
	int file, device;
};

extern struct played_pci played;

void played_pci_init(void);
void played_pci_finish(void);

/* Of the function's own configuration. */
void played_pci_put(unsigned offset, unsigned size, uint32_t value);
uint32_t played_pci_get(unsigned offset, unsigned size);

/* Of its memory. */
void played_pci_put_bar(unsigned bar, uint64_t offset, uint32_t value);
uint32_t played_pci_get_bar(unsigned bar, uint64_t offset);

#endif
