/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of device a node is, by its name: bindings fix node names per class of device. */
#ifndef BH_PLAN_CLASS_H
#define BH_PLAN_CLASS_H

#include "dt/tree.h"

enum bh_class {
	BH_CLASS_OTHER,
	BH_CLASS_ETHERNET,
	BH_CLASS_USB,
	BH_CLASS_PCIE,
	BH_CLASS_GPU,
	BH_CLASS_DISPLAY,
	BH_CLASS_CAMERA,
	BH_CLASS_CODEC,
	BH_CLASS_NPU,
	BH_CLASS_AUDIO,
	BH_CLASS_MMC,
	BH_CLASS_STORAGE,
	BH_CLASS_SERIAL,
	BH_CLASS_CAN,
	BH_CLASS_I2C,
	BH_CLASS_SPI,
	BH_CLASS_CRYPTO,
	BH_CLASS_PHY,
	BH_CLASS_GPIO,
	BH_CLASS_PINCTRL,
	BH_CLASS_CLOCK,
	BH_CLASS_POWER,
	BH_CLASS_RESET,
	BH_CLASS_SYSCON,
	BH_CLASS_INTERRUPT,
	BH_CLASS_IOMMU,
	BH_CLASS_DMA,
	BH_CLASS_MAILBOX,
	BH_CLASS_MEMORY,
	BH_CLASS_TIMER,
	BH_CLASS_SENSOR,
	BH_CLASS_TRACE,
	BH_CLASS_REMOTEPROC,
	BH_CLASS_COUNT,
};

const char *bh_class_name(enum bh_class class);
enum bh_class bh_class_of(const struct bh_dt_node *node);

/* It never puts addresses on the bus itself: without an IOMMU it is harmless all the same. */
bool bh_class_is_slave(enum bh_class class);

/* Its driver sets clock rates as part of its work: a fixed clock is not enough. */
bool bh_class_sets_rates(enum bh_class class);

/* Its driver cannot move data without a DMA channel of another device. */
bool bh_class_needs_dma(enum bh_class class);

#endif
