/* SPDX-License-Identifier: Apache-2.0 */
/* A hypervisor without a processor: it notes what device models ask of it. */
#ifndef BH_TESTS_VMM_FAKE_HV_H
#define BH_TESTS_VMM_FAKE_HV_H

#include "vmm/hv.h"

#include <stddef.h>

#define FAKE_KICKS 64

struct fake_hv {
	struct bh_hv hv;
	struct {
		uint64_t address, value;
		unsigned size;
		int fd;
	} kicks[FAKE_KICKS];
	size_t kick_count;
	struct bh_msi msi[BH_HV_MSI_MAX];
	int msi_fd[BH_HV_MSI_MAX]; /* -1: signals stay where they are */
	int irq_fd[1024], resample_fd[1024];
	bool line[1024];
	uint64_t counter;
	size_t mapped; /* memory given and not taken back */
};

void fake_hv_init(struct fake_hv *fake);

/* How often a message or an interrupt was signalled since the last call. */
uint64_t fake_hv_messages(struct fake_hv *fake, unsigned vector);
uint64_t fake_hv_interrupts(struct fake_hv *fake, uint32_t intid);

/* Whether everything that was asked for was taken back. */
bool fake_hv_is_clean(const struct fake_hv *fake);

#endif
