/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What device models need of the hypervisor, and no more. src/vmm/kvm implements it; tests have
 * one that only notes what was asked. Every call returns 0 or a negative errno.
 */
#ifndef BH_VMM_HV_H
#define BH_VMM_HV_H

#include "base/range.h"

struct bh_hv;

struct bh_msi {
	uint64_t address;
	uint32_t data;
	uint32_t device; /* the requester id that the ITS knows the device by */
};

struct bh_hv_ops {
	/* Gives the guest memory of this process at an address. */
	int (*map)(struct bh_hv *hv, struct bh_gpa address, uint64_t size, void *host);
	int (*unmap)(struct bh_hv *hv, struct bh_gpa address);

	/* A write of `size` bytes of `value` to the address signals `fd`, without an exit.
	 * size 0: any write, of any size and value. */
	int (*set_kick)(struct bh_hv *hv, struct bh_gpa address, unsigned size, uint64_t value,
			int fd, bool on);

	/* Signalling `fd` raises an SPI: once (an edge), or, with a descriptor that is signalled
	 * when the guest has handled it, until then (a level). */
	int (*set_irq_fd)(struct bh_hv *hv, uint32_t intid, int fd, int resample_fd, bool on);

	/* Moves an SPI's line. */
	int (*set_line)(struct bh_hv *hv, uint32_t intid, bool high);

	/* Tells the hypervisor of a VFIO group in use. */
	int (*add_file)(struct bh_hv *hv, int fd);

	/* Signalling `fd` sends a message interrupt. `vector` numbers all of the VM's. msi NULL:
	 * signals stay in the descriptor. */
	int (*set_msi)(struct bh_hv *hv, unsigned vector, const struct bh_msi *msi, int fd);

	/* What the guest's counter (CNTVCT_EL0) shows now. */
	uint64_t (*counter)(struct bh_hv *hv);
};

#define BH_HV_MSI_MAX 512

struct bh_hv {
	const struct bh_hv_ops *ops;
	uint64_t counter_hz; /* of counter() */
	unsigned msi_count;  /* vectors handed out: take the next with bh_hv_take_msi() */
};

/* `count` vectors in a row; -1 when there are not so many. */
static inline int bh_hv_take_msi(struct bh_hv *hv, unsigned count)
{
	if (count > BH_HV_MSI_MAX - hv->msi_count)
		return -1;
	hv->msi_count += count;
	return (int)(hv->msi_count - count);
}

#endif
