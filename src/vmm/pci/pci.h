/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI host bridge with one bus, as `pci-host-ecam-generic` describes it, and the functions on it.
 * The guest places the windows (BARs); where it may is checked here. All under the VM's lock.
 */
#ifndef BH_VMM_PCI_PCI_H
#define BH_VMM_PCI_PCI_H

#include "vmm/bus.h"

#include "machine/manifest.h"

#define BH_PCI_SLOTS_MAX     32
#define BH_PCI_FUNCTIONS_MAX 8
#define BH_PCI_CONFIG_SIZE   256
#define BH_PCI_BARS          6

enum {
	BH_PCI_VENDOR = 0x00,
	BH_PCI_DEVICE = 0x02,
	BH_PCI_COMMAND = 0x04,
	BH_PCI_STATUS = 0x06,
	BH_PCI_REVISION = 0x08,
	BH_PCI_CLASS = 0x09,
	BH_PCI_HEADER = 0x0e,
	BH_PCI_BAR0 = 0x10,
	BH_PCI_SUBSYSTEM_VENDOR = 0x2c,
	BH_PCI_SUBSYSTEM = 0x2e,
	BH_PCI_CAPABILITIES = 0x34,
	BH_PCI_INTERRUPT_LINE = 0x3c,
	BH_PCI_INTERRUPT_PIN = 0x3d,
};
enum {
	BH_PCI_COMMAND_MEMORY = 2,
	BH_PCI_COMMAND_MASTER = 4,
	BH_PCI_COMMAND_NO_INTX = 0x400,
};
enum { BH_PCI_HEADER_MULTIFUNCTION = 0x80 };

/* The low bits of a BAR: what kind of window it is. */
enum { BH_PCI_BAR_64 = 4, BH_PCI_BAR_PREFETCHABLE = 8, BH_PCI_BAR_FLAGS = 15 };

struct bh_pci_function;

struct bh_pci_bar {
	uint64_t size; /* a power of two; 0: none */
	bool wide;     /* its address has 64 bits: the next BAR is the upper half */
	const struct bh_bus_ops *ops;
	void *device;
	uint64_t address; /* while it is mapped */
	bool mapped;
};

struct bh_pci_function {
	const char *name;
	uint32_t slot, number;
	struct bh_pci_host *host;
	uint8_t config[BH_PCI_CONFIG_SIZE];
	uint8_t writable[BH_PCI_CONFIG_SIZE]; /* bits that the guest may change */
	uint8_t capabilities_end;
	struct bh_pci_bar bars[BH_PCI_BARS];
	void *owner;
	/* A window appeared at bars[bar].address, or is about to go. May be NULL. */
	void (*moved)(struct bh_pci_function *function, unsigned bar, bool mapped);
	/* Before the guest reads, and after it wrote: what it wrote, writable or not. May be NULL.
	 */
	void (*reading)(struct bh_pci_function *function, uint32_t offset, unsigned size);
	void (*written)(struct bh_pci_function *function, uint32_t offset, unsigned size,
			uint32_t value);
};

struct bh_pci_host {
	struct bh_bus *bus;
	struct bh_range window32, window64;
	struct bh_pci_function *functions[BH_PCI_SLOTS_MAX][BH_PCI_FUNCTIONS_MAX];
};

/* Of the configuration space. */
extern const struct bh_bus_ops bh_pci_config_ops;

void bh_pci_host_init(struct bh_pci_host *host, const struct bh_manifest_pci *pci,
		      struct bh_bus *bus);

/* Puts a function where the guest sees it: false when that place is taken. */
bool bh_pci_plug(struct bh_pci_host *host, struct bh_pci_function *function, uint32_t slot,
		 uint32_t number);
void bh_pci_unplug(struct bh_pci_function *function);

void bh_pci_put(struct bh_pci_function *function, uint32_t offset, unsigned size, uint32_t value);
uint32_t bh_pci_get(const struct bh_pci_function *function, uint32_t offset, unsigned size);

/* A memory window; `flags` are those of the BAR. A 64-bit one takes the next BAR too. */
void bh_pci_add_bar(struct bh_pci_function *function, unsigned bar, uint64_t size, uint32_t flags,
		    const struct bh_bus_ops *ops, void *device);

/* Appends a capability of `size` bytes, its two first included; returns its offset. */
uint8_t bh_pci_add_capability(struct bh_pci_function *function, uint8_t id, uint8_t size);

/* Takes the windows off the bus and puts them where the configuration now says. */
void bh_pci_update_bars(struct bh_pci_function *function);

#endif
