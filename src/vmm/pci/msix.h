/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MSI-X of a function: each vector is a descriptor that, signalled, sends the message the guest put
 * into the table. While a vector is masked the signal stays in the descriptor, which is what the
 * pending bit says; unmasking delivers it.
 */
#ifndef BH_VMM_PCI_MSIX_H
#define BH_VMM_PCI_MSIX_H

#include "vmm/hv.h"
#include "vmm/pci/pci.h"

#define BH_MSIX_MAX 64

struct bh_msix_entry {
	uint32_t address_low, address_high, data, control;
};

struct bh_msix {
	struct bh_pci_function *function;
	struct bh_hv *hv;
	unsigned count;
	unsigned first; /* of the hypervisor's vectors */
	uint8_t capability;
	struct bh_msix_entry entries[BH_MSIX_MAX];
	int fds[BH_MSIX_MAX];
	bool live[BH_MSIX_MAX]; /* signals go to the guest */
};

/* Takes over the capability at `capability`. Returns 0 or a negative errno; bh_msix_finish() is
 * right after either. */
int bh_msix_init(struct bh_msix *msix, struct bh_pci_function *function, struct bh_hv *hv,
		 unsigned count, uint8_t capability);
void bh_msix_finish(struct bh_msix *msix);

/* The same with a capability that is made; table and pending bits lie in `bar` at the offsets. */
int bh_msix_add(struct bh_msix *msix, struct bh_pci_function *function, struct bh_hv *hv,
		unsigned count, unsigned bar, uint32_t table, uint32_t pending);

/* Disabled, and all vectors masked, as after a reset of the function. */
void bh_msix_reset(struct bh_msix *msix);
bool bh_msix_is_enabled(const struct bh_msix *msix);

uint64_t bh_msix_read_table(const struct bh_msix *msix, uint64_t offset, unsigned size);
void bh_msix_write_table(struct bh_msix *msix, uint64_t offset, unsigned size, uint64_t value);
uint64_t bh_msix_read_pending(const struct bh_msix *msix, uint64_t offset, unsigned size);

/* The guest wrote to the configuration at `offset`. */
void bh_msix_configured(struct bh_msix *msix, uint32_t offset, unsigned size);

#endif
