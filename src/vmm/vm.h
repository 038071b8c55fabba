/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One virtual machine: its memory, its address map and its devices, built from the manifest upon
 * any hypervisor (hv.h). It knows nothing of KVM, so tests build whole machines without one.
 */
#ifndef BH_VMM_VM_H
#define BH_VMM_VM_H

#include "vmm/bus.h"
#include "vmm/console.h"
#include "vmm/hv.h"
#include "vmm/loop.h"
#include "vmm/pci/pci.h"
#include "vmm/ram.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/scmi/scmi.h"
#include "vmm/uart.h"
#include "vmm/vfio/vfio.h"
#include "vmm/virtio/mmio.h"
#include "vmm/virtio/pci.h"
#include "vmm/watchdog.h"

#include "base/log.h"
#include "machine/manifest.h"

#include <stdatomic.h>

/* Why a VM ended. */
enum bh_end {
	BH_END_NONE,     /* it runs */
	BH_END_OFF,      /* the guest powered off */
	BH_END_RESET,    /* the guest asked to be started again */
	BH_END_CRASHED,  /* the guest reported a crash */
	BH_END_STOPPED,  /* over the control socket or by a signal */
	BH_END_FAILED,   /* the VMM cannot go on */
	BH_END_WATCHDOG, /* the guest fed its watchdog no more */
};

struct bh_vcpu_counters {
	uint64_t exits, mmio, calls;
};

/* What outlives the VM and is handed to it: descriptors, the loop, consoles by name. */
struct bh_vm_host {
	struct bh_loop *loop;
	const struct bh_log *log;
	struct bh_console *consoles; /* [0] is the UART's, [i + 1] virtio device i's */
	int direct_memory;           /* a descriptor of /dev/bulkhead, or -1 */
	/* Clocks and the like: NULL: those of the assigned devices. */
	const struct bh_scmi_backend_ops *controls;
	void *controls_backend;
	bool threads;               /* devices may have threads; not in tests that want one order */
	struct bh_sandbox *sandbox; /* NULL: none */
};

/* A virtio device and its transport. */
struct bh_vm_virtio {
	struct bh_virtio *device; /* NULL: not made yet */
	bool wired;               /* the transport was set up */
	union {
		struct bh_virtio_mmio mmio;
		struct bh_virtio_pci pci;
	};
};

struct bh_vm {
	const struct bh_manifest *manifest;
	struct bh_vm_host host;
	struct bh_hv *hv;
	struct bh_ram ram;
	pthread_mutex_t lock; /* of the bus and what only vCPUs reach */
	struct bh_bus bus;
	struct bh_uart uart;
	bool has_uart;
	struct bh_watchdog watchdog;
	bool has_watchdog;
	struct bh_pci_host pci;
	struct bh_vm_virtio virtio[BH_VIRTIO_MAX];
	struct bh_vfio vfio;
	uint8_t *scmi_page; /* NULL: there is no SCMI server */
	bool scmi_page_given;
	struct bh_scmi scmi;
	atomic_int end; /* enum bh_end */
};

/* On failure nothing is left behind. Codes: those of the parts, and E1027-E1029. */
bool bh_vm_init(struct bh_vm *vm, const struct bh_manifest *manifest, const struct bh_vm_host *host,
		struct bh_hv *hv, struct bh_diags *diags);
void bh_vm_finish(struct bh_vm *vm);

/* A vCPU's access to an address that is not memory. */
uint64_t bh_vm_read(struct bh_vm *vm, uint64_t address, unsigned size);
void bh_vm_write(struct bh_vm *vm, uint64_t address, unsigned size, uint64_t value);

/* A vCPU's call by HVC; what the guest finds in x0. */
int64_t bh_vm_call(struct bh_vm *vm, uint32_t function);

/* The first virtio device of a kind; NULL: there is none. */
struct bh_virtio *bh_vm_find(struct bh_vm *vm, enum bh_virtio_kind kind);

/* Who answers at an address, for messages. */
const char *bh_vm_name_at(struct bh_vm *vm, uint64_t address);

/* Ends the VM: the first reason counts. Any thread. */
void bh_vm_end(struct bh_vm *vm, enum bh_end reason);

#endif
