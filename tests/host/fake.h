/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's kernel in a folder: /sys with one Ethernet controller "1000.eth" that the driver "mac"
 * has, an efuse block "2000.efuse" that the controller refers to, and a PCI card with two functions
 * in one IOMMU group, which the driver "nic" has. What is written into its
 * files moves links as the kernel would.
 */
#ifndef BH_TESTS_HOST_FAKE_H
#define BH_TESTS_HOST_FAKE_H

#include "host/sys.h"

#define FAKE_ETH   "1000.eth"
#define FAKE_EFUSE "2000.efuse"
#define FAKE_NIC   "0000:00:02.0"
#define FAKE_NIC_2 "0000:00:02.1"

struct fake {
	struct bh_sys sys; /* first: the functions find the rest by it */
	char root[64];
	bool has_module;     /* bulkhead.ko can be loaded */
	bool efuse_module;   /* so can the efuses' driver */
	bool no_unbind;      /* "mac" cannot be unbound by name */
	bool module_busy;    /* nor its module be unloaded */
	bool defers;         /* binds wait for the efuse block */
	bool driver_is_gone; /* "mac" does not come back */
	bool has_reset;      /* the controller */
	bool has_vfio_pci;   /* vfio-pci can be loaded */
	int bind_error;      /* 0: binds succeed */
	int quiesce_error;   /* 0: what stops a device is taken */
	unsigned loads, unloads;
};

void fake_init(struct fake *fake);
void fake_finish(struct fake *fake);
void fake_file(struct fake *fake, const char *text, const char *path);
/* The driver that a device has; "" for none. Valid until the next call. */
const char *fake_driver(struct fake *fake, const char *device);
void fake_give(struct fake *fake, const char *device, const char *driver);

#endif
