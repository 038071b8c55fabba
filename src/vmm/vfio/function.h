/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigned PCI functions through VFIO. The guest's view of configuration space (view.h) is answered
 * here; memory is mapped into the guest but for the pages with the MSI-X table, which is ours;
 * interrupts go from the host's to the guest's in the kernel. While the guest moves data nothing
 * passes through this process. All but taking and giving back is under the VM's lock.
 */
#ifndef BH_VMM_VFIO_FUNCTION_H
#define BH_VMM_VFIO_FUNCTION_H

#include "vmm/hv.h"
#include "vmm/loop.h"
#include "vmm/pci/msix.h"
#include "vmm/vfio/view.h"

#include "base/diag.h"
#include "base/log.h"

struct bh_vfio;

/* Parts of a BAR that the guest reaches directly. */
#define BH_VFIO_AREAS_MAX 8

struct bh_vfio_area {
	uint64_t offset, size;
	void *host; /* NULL: not mapped */
	bool given; /* to the guest */
};

struct bh_vfio_window {
	struct bh_vfio_function *function;
	unsigned bar;
	uint64_t at; /* of the BAR in the device's descriptor */
	struct bh_vfio_area areas[BH_VFIO_AREAS_MAX];
	size_t area_count;
};

enum bh_vfio_wiring { BH_WIRED_NONE, BH_WIRED_LINE, BH_WIRED_MSI, BH_WIRED_MSIX };

/* Who is told when the host loses the function or wants it back. */
struct bh_vfio_keeper {
	struct bh_loop *loop;
	void (*lost)(void *owner, bool error);
	void *owner;
};

struct bh_vfio_function {
	const struct bh_manifest_function *manifest;
	struct bh_vfio *vfio;
	int fd, group_fd;
	bool resettable;
	uint64_t config_at;
	struct bh_pci_view view;
	struct bh_pci_function pci;
	struct bh_vfio_window windows[BH_PCI_BARS];
	struct bh_msix msix;

	enum bh_vfio_wiring wired, refused; /* refused: the host did not give what was wanted */
	uint32_t line;                      /* the guest's, for INTx */
	int line_fds[2];                    /* trigger, resample; -1: none */
	unsigned msi_first;                 /* of the hypervisor's vectors */
	unsigned msi_room;                  /* how many of them are ours */
	unsigned msi_count;                 /* as the guest has enabled them */
	int msi_fds[BH_MSI_VECTORS_MAX];

	struct bh_vfio_keeper keeper;
	struct bh_watch failed, wanted; /* fd -1: the host does not tell */
};

/* Takes the function from VFIO and resets it. bh_vfio_function_finish() is right after either. */
bool bh_vfio_function_init(struct bh_vfio_function *function, struct bh_vfio *vfio,
			   const struct bh_manifest_function *manifest, struct bh_diags *diags);
void bh_vfio_function_finish(struct bh_vfio_function *function);

/* It masters the bus no more. */
void bh_vfio_function_quiet(const struct bh_vfio_function *function);

/* Puts it on the guest's bus. `lines`: INTA..INTD of the bus. */
bool bh_vfio_function_plug(struct bh_vfio_function *function, struct bh_pci_host *host,
			   const struct bh_manifest *manifest, const struct bh_vfio_keeper *keeper,
			   struct bh_diags *diags);

/* Of the files beside. */
bool bh_vfio_windows_init(struct bh_vfio_function *function, struct bh_diags *diags);
void bh_vfio_windows_finish(struct bh_vfio_function *function);
void bh_vfio_window_moved(struct bh_pci_function *pci, unsigned bar, bool mapped);
extern const struct bh_bus_ops bh_vfio_window_ops;

/* Interrupts. `update`: after the guest wrote to the configuration. */
int bh_vfio_wiring_init(struct bh_vfio_function *function);
void bh_vfio_wiring_update(struct bh_vfio_function *function, uint32_t offset, unsigned size);
void bh_vfio_wiring_finish(struct bh_vfio_function *function);
int bh_vfio_set_triggers(int fd, uint32_t index, const int *fds, unsigned count);

/* Each alone, or with the bus it is on. `tell`: what cannot be reset is a line in the log. */
void bh_vfio_reset_all(struct bh_vfio *vfio, bool tell);

#endif
