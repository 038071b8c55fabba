/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bindings that all boards share. What is marked W waits: Linux 6.12 to 7.x does not probe the
 * consumer before the supplier (its table of supplier bindings, drivers/of/property.c).
 */
#include "dt/rules.h"

#define W        BH_RULE_SUPPLIER
#define OPTIONAL BH_RULE_OPTIONAL
#define LIST(name, what, cells_, names_, flags_)                                   \
	{                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_LIST, \
		.cells = (cells_), .names = (names_), .flags = (flags_)            \
	}
#define MAYBE_CELLS(name, what, cells_, names_, flags_)                                \
	{                                                                              \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_OPTIONAL, \
		.cells = (cells_), .names = (names_), .flags = (flags_)                \
	}
/* Nothing but phandles. */
#define PLAIN(name, what, names_, flags_)                                           \
	{                                                                           \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_FIXED, \
		.names = (names_), .flags = (flags_)                                \
	}
#define FIXED(name, what, args_, flags_)                                            \
	{                                                                           \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_FIXED, \
		.args = (args_), .flags = (flags_)                                  \
	}
#define REST(name, what, args_, flags_)                                            \
	{                                                                          \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_REST, \
		.args = (args_), .flags = (flags_)                                 \
	}
#define SHAPE(name, what, shape_, cells_, flags_)                                      \
	{                                                                              \
		.property = (name), .kind = BH_REF_##what, .shape = BH_SHAPE_##shape_, \
		.cells = (cells_), .flags = (flags_)                                   \
	}
#define PATTERN(id_, name, what, shape_, cells_, except_, flags_)                   \
	{                                                                           \
		.property = (name), .id = (id_), .kind = BH_REF_##what,             \
		.shape = BH_SHAPE_##shape_, .cells = (cells_), .except = (except_), \
		.flags = (flags_)                                                   \
	}

const struct bh_dt_rule bh_standard_rules[] = {
	/* clocks, resets, power */
	LIST("clocks", CLOCK, "#clock-cells", "clock-names", W),
	LIST("assigned-clocks", ASSIGNED_CLOCK, "#clock-cells", NULL, 0),
	LIST("assigned-clock-parents", ASSIGNED_CLOCK, "#clock-cells", NULL, 0),
	LIST("resets", RESET, "#reset-cells", "reset-names", W),
	LIST("power-domains", POWER_DOMAIN, "#power-domain-cells", "power-domain-names", W),
	LIST("performance-domains", POWER_DOMAIN, "#performance-domain-cells", NULL, 0),
	PLAIN("regulator-coupled-with", REGULATOR, NULL, 0),
	PLAIN("power-supplies", DEVICE, NULL, W | OPTIONAL),
	PLAIN("monitored-battery", CONFIG, NULL, 0),
	PLAIN("mmc-pwrseq", DEVICE, NULL, 0),
	LIST("pses", DEVICE, "#pse-cells", NULL, W),
	/* pins and lines */
	LIST("gpio", GPIO, "#gpio-cells", NULL, W | BH_RULE_NOT_HOG),
	LIST("gpios", GPIO, "#gpio-cells", NULL, W | BH_RULE_NOT_HOG),
	FIXED("gpio-ranges", PINCTRL, "gpio pin count", 0),
	/* interrupts */
	SHAPE("interrupts", INTERRUPT, INTERRUPTS, NULL, W),
	SHAPE("interrupts-extended", INTERRUPT, INTERRUPTS_EXTENDED, NULL, W),
	SHAPE("interrupt-map", INTERRUPT, INTERRUPT_MAP, NULL, W),
	PLAIN("interrupt-parent", INTERRUPT, NULL, W),
	PLAIN("wakeup-parent", INTERRUPT, NULL, W),
	PLAIN("interrupt-affinity", CPU, NULL, 0),
	MAYBE_CELLS("msi-parent", MSI, "#msi-cells", NULL, W),
	SHAPE("msi-map", MSI, ID_MAP, "#msi-cells", 0),
	/* memory and DMA */
	LIST("iommus", IOMMU, "#iommu-cells", NULL, BH_RULE_WEAK),
	SHAPE("iommu-map", IOMMU, ID_MAP, "#iommu-cells", BH_RULE_WEAK),
	SHAPE("iommu-addresses", DEVICE, IOMMU_ADDRESSES, NULL, BH_RULE_REVERSE),
	LIST("dmas", DMA, "#dma-cells", "dma-names", BH_RULE_WEAK),
	MAYBE_CELLS("memory-region", MEMORY, "#memory-region-cells", "memory-region-names", 0),
	PLAIN("sram", SRAM, NULL, 0),
	PLAIN("shmem", SHMEM, NULL, 0),
	LIST("mboxes", MAILBOX, "#mbox-cells", "mbox-names", W),
	LIST("hwlocks", HWLOCK, "#hwlock-cells", "hwlock-names", W),
	LIST("interconnects", INTERCONNECT, "#interconnect-cells", "interconnect-names",
	     W | BH_RULE_PAIRS),
	MAYBE_CELLS("nvmem-cells", NVMEM, "#nvmem-cell-cells", "nvmem-cell-names", W),
	PLAIN("nvmem", NVMEM, "nvmem-names", 0),
	LIST("access-controllers", DEVICE, "#access-controller-cells", "access-controller-names",
	     W),
	/* PHYs and networks */
	LIST("phys", PHY, "#phy-cells", "phy-names", W),
	PLAIN("usb-phy", PHY, NULL, 0),
	PLAIN("phy", PHY, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("phy-handle", MDIO, NULL, 0),
	PLAIN("pcs-handle", MDIO, "pcs-handle-names", 0),
	PLAIN("pcsphy-handle", MDIO, NULL, 0),
	PLAIN("tbi-handle", MDIO, NULL, 0),
	PLAIN("mdio-parent-bus", MDIO, NULL, 0),
	PLAIN("sfp", SFP, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("ethernet", DEVICE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("link", DEVICE, NULL, BH_RULE_AMBIGUOUS | BH_RULE_REVERSE),
	PLAIN("ptp-timer", DEVICE, NULL, 0),
	/* display, sound, camera */
	PLAIN("remote-endpoint", GRAPH, NULL, W | BH_RULE_REVERSE),
	PLAIN("ports", GRAPH, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("backlight", BACKLIGHT, NULL, W | BH_RULE_AMBIGUOUS),
	PLAIN("panel", PANEL, NULL, W | BH_RULE_AMBIGUOUS),
	PLAIN("native-mode", CONFIG, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("ddc-i2c-bus", DEVICE, NULL, 0),
	PLAIN("ddc", DEVICE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("hdmi-phandle", DEVICE, NULL, 0),
	PLAIN("leds", LED, "led-names", W | BH_RULE_AMBIGUOUS),
	PLAIN("flash-leds", LED, NULL, 0),
	MAYBE_CELLS("trigger-sources", LED, "#trigger-source-cells", NULL, OPTIONAL),
	PLAIN("lens-focus", DEVICE, NULL, 0),
	LIST("pwms", PWM, "#pwm-cells", "pwm-names", W),
	LIST("io-channels", IO_CHANNEL, "#io-channel-cells", "io-channel-names", W),
	LIST("io-backends", IO_CHANNEL, "#io-backend-cells", "io-backend-names", W),
	PLAIN("extcon", EXTCON, NULL, W),
	LIST("mux-controls", DEVICE, "#mux-control-cells", "mux-control-names", 0),
	LIST("mux-states", DEVICE, "#mux-state-cells", "mux-state-names", 0),
	LIST("sound-dai", SOUND, "#sound-dai-cells", NULL, 0),
	LIST("i2s-controller", SOUND, "#sound-dai-cells", NULL, BH_RULE_AMBIGUOUS),
	PLAIN("dais", SOUND, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("links", SOUND, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("playback", SOUND, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("capture", SOUND, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("audio-cpu", SOUND, NULL, 0),
	PLAIN("audio-codec", SOUND, NULL, 0),
	PLAIN("audio-asrc", SOUND, NULL, 0),
	PLAIN("audio-amplifier", SOUND, NULL, 0),
	PLAIN("audio-aux-devs", SOUND, NULL, 0),
	PLAIN("aux-devs", SOUND, NULL, 0),
	PLAIN("ssi-controller", SOUND, NULL, 0),
	PLAIN("spdif-controller", SOUND, NULL, 0),
	PLAIN("esai-controller", SOUND, NULL, 0),
	PLAIN("bitclock-master", SOUND, NULL, BH_RULE_AMBIGUOUS | BH_RULE_REVERSE),
	PLAIN("frame-master", SOUND, NULL, BH_RULE_AMBIGUOUS | BH_RULE_REVERSE),
	/* CPUs, frequencies, heat */
	PLAIN("cpu", CPU, NULL, 0),
	PLAIN("cpus", CPU, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("affinity", CPU, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("next-level-cache", CPU, NULL, 0),
	PLAIN("l2-cache", CPU, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("cpu-idle-states", CPU, NULL, 0),
	PLAIN("domain-idle-states", CPU, NULL, 0),
	PLAIN("cci-control-port", CPU, NULL, 0),
	PLAIN("operating-points-v2", OPP, NULL, 0),
	PLAIN("required-opps", OPP, NULL, 0),
	PLAIN("devfreq", DEVICE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("devfreq-events", DEVICE, NULL, 0),
	LIST("thermal-sensors", THERMAL, "#thermal-sensor-cells", "thermal-sensor-names", 0),
	PLAIN("trip", THERMAL, NULL, BH_RULE_AMBIGUOUS),
	LIST("cooling-device", THERMAL, "#cooling-cells", NULL, OPTIONAL),
	/* other devices, and register blocks shared by many */
	PLAIN("syscon", SYSCON, NULL, BH_RULE_AMBIGUOUS),
	REST("regmap", SYSCON, "offset", BH_RULE_AMBIGUOUS),
	PLAIN("i2c-bus", DEVICE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("i2c-parent", DEVICE, NULL, 0),
	PLAIN("companion", DEVICE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("peer-hub", DEVICE, NULL, BH_RULE_REVERSE),
	PLAIN("firmware", FIRMWARE, NULL, BH_RULE_AMBIGUOUS),
	PLAIN("secure-monitor", FIRMWARE, NULL, 0),
	PLAIN("fpga-mgr", DEVICE, NULL, 0),
	PLAIN("fpga-bridges", DEVICE, NULL, 0),
	PLAIN("ecc-engine", DEVICE, NULL, 0),
	PLAIN("nand-ecc-engine", DEVICE, NULL, 0),
	PLAIN("post-init-providers", DEVICE, NULL, BH_RULE_REVERSE),
	PLAIN("wakeup-source", CPU, NULL, OPTIONAL | BH_RULE_AMBIGUOUS),
	PLAIN("pinctrl", PINCTRL, NULL, BH_RULE_AMBIGUOUS),
	/* patterns: after all plain names */
	PATTERN("pinctrl-N", "pinctrl-%", PINCTRL, FIXED, NULL, NULL, W),
	PATTERN("*-supply", "*-supply", REGULATOR, FIXED, NULL, NULL, W),
	PATTERN("*-gpio", "*-gpio", GPIO, LIST, "#gpio-cells", NULL, W),
	PATTERN("*-gpios", "*-gpios", GPIO, LIST, "#gpio-cells", "*,nr-gpios", W),
	PATTERN("*,aux-devs", "*,aux-devs", SOUND, FIXED, NULL, NULL, 0),
	PATTERN("*,bitclock-master", "*,bitclock-master", SOUND, FIXED, NULL, NULL,
		BH_RULE_AMBIGUOUS | BH_RULE_REVERSE),
	PATTERN("*,frame-master", "*,frame-master", SOUND, FIXED, NULL, NULL,
		BH_RULE_AMBIGUOUS | BH_RULE_REVERSE),
};

const size_t bh_standard_rule_count = sizeof(bh_standard_rules) / sizeof(*bh_standard_rules);
