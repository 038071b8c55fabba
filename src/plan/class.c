/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/class.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	bool slave, sets_rates, needs_dma;
} classes[BH_CLASS_COUNT] = {
	[BH_CLASS_OTHER] = {"other"},
	[BH_CLASS_ETHERNET] = {"ethernet"},
	[BH_CLASS_USB] = {"usb"},
	[BH_CLASS_PCIE] = {"pcie"},
	[BH_CLASS_GPU] = {"gpu", .sets_rates = true},
	[BH_CLASS_DISPLAY] = {"display", .sets_rates = true},
	[BH_CLASS_CAMERA] = {"camera", .sets_rates = true},
	[BH_CLASS_CODEC] = {"codec", .sets_rates = true},
	[BH_CLASS_NPU] = {"npu", .sets_rates = true},
	[BH_CLASS_AUDIO] = {"audio", .slave = true, .sets_rates = true, .needs_dma = true},
	[BH_CLASS_MMC] = {"mmc", .sets_rates = true},
	[BH_CLASS_STORAGE] = {"storage"},
	[BH_CLASS_SERIAL] = {"serial", .slave = true, .sets_rates = true},
	[BH_CLASS_CAN] = {"can", .slave = true},
	[BH_CLASS_I2C] = {"i2c", .slave = true},
	[BH_CLASS_SPI] = {"spi", .slave = true, .sets_rates = true},
	[BH_CLASS_CRYPTO] = {"crypto"},
	[BH_CLASS_PHY] = {"phy", .slave = true},
	[BH_CLASS_GPIO] = {"gpio", .slave = true},
	[BH_CLASS_PINCTRL] = {"pinctrl", .slave = true},
	[BH_CLASS_CLOCK] = {"clock", .slave = true},
	[BH_CLASS_POWER] = {"power", .slave = true},
	[BH_CLASS_RESET] = {"reset", .slave = true},
	[BH_CLASS_SYSCON] = {"syscon", .slave = true},
	[BH_CLASS_INTERRUPT] = {"interrupt", .slave = true},
	[BH_CLASS_IOMMU] = {"iommu"},
	[BH_CLASS_DMA] = {"dma"},
	[BH_CLASS_MAILBOX] = {"mailbox", .slave = true},
	[BH_CLASS_MEMORY] = {"memory", .slave = true},
	[BH_CLASS_TIMER] = {"timer", .slave = true},
	[BH_CLASS_SENSOR] = {"sensor", .slave = true},
	[BH_CLASS_TRACE] = {"trace"},
	[BH_CLASS_REMOTEPROC] = {"remoteproc"},
};

struct entry {
	const char *name;
	enum bh_class class;
};

/* Node names, sorted for bsearch(). */
static const struct entry names[] = {
	{"adc", BH_CLASS_SENSOR},
	{"ahci", BH_CLASS_STORAGE},
	{"asrc", BH_CLASS_AUDIO},
	{"audio", BH_CLASS_AUDIO},
	{"audio-codec", BH_CLASS_AUDIO},
	{"audio-controller", BH_CLASS_AUDIO},
	{"blk-ctrl", BH_CLASS_POWER},
	{"bridge", BH_CLASS_DISPLAY},
	{"camera", BH_CLASS_CAMERA},
	{"camss", BH_CLASS_CAMERA},
	{"can", BH_CLASS_CAN},
	{"cci", BH_CLASS_I2C},
	{"cdns-usb", BH_CLASS_USB},
	{"clk", BH_CLASS_CLOCK},
	{"clock", BH_CLASS_CLOCK},
	{"clock-controller", BH_CLASS_CLOCK},
	{"codec", BH_CLASS_CODEC},
	{"crypto", BH_CLASS_CRYPTO},
	{"cryptobam", BH_CLASS_DMA},
	{"csi", BH_CLASS_CAMERA},
	{"cti", BH_CLASS_TRACE},
	{"dc", BH_CLASS_DISPLAY},
	{"display", BH_CLASS_DISPLAY},
	{"display-controller", BH_CLASS_DISPLAY},
	{"display-subsystem", BH_CLASS_DISPLAY},
	{"dma", BH_CLASS_DMA},
	{"dma-controller", BH_CLASS_DMA},
	{"dma-router", BH_CLASS_DMA},
	{"dmic", BH_CLASS_AUDIO},
	{"dp", BH_CLASS_DISPLAY},
	{"dpi", BH_CLASS_DISPLAY},
	{"dsi", BH_CLASS_DISPLAY},
	{"dwc3", BH_CLASS_USB},
	{"dwc3-usb", BH_CLASS_USB},
	{"easrc", BH_CLASS_AUDIO},
	{"efuse", BH_CLASS_SENSOR},
	{"ethernet", BH_CLASS_ETHERNET},
	{"ethernet-switch", BH_CLASS_ETHERNET},
	{"etm", BH_CLASS_TRACE},
	{"funnel", BH_CLASS_TRACE},
	{"gpio", BH_CLASS_GPIO},
	{"gpu", BH_CLASS_GPU},
	{"hdmi", BH_CLASS_DISPLAY},
	{"hdmi-phy", BH_CLASS_PHY},
	{"hsp", BH_CLASS_MAILBOX},
	{"hwlock", BH_CLASS_SYSCON},
	{"hwspinlock", BH_CLASS_SYSCON},
	{"i2c", BH_CLASS_I2C},
	{"i2s", BH_CLASS_AUDIO},
	{"i3c", BH_CLASS_I2C},
	{"interconnect", BH_CLASS_MEMORY},
	{"interrupt-controller", BH_CLASS_INTERRUPT},
	{"iommu", BH_CLASS_IOMMU},
	{"ir", BH_CLASS_TIMER},
	{"isi", BH_CLASS_CAMERA},
	{"isp", BH_CLASS_CAMERA},
	{"jpeg-decoder", BH_CLASS_CODEC},
	{"jpeg-encoder", BH_CLASS_CODEC},
	{"jpegdec", BH_CLASS_CODEC},
	{"jpegenc", BH_CLASS_CODEC},
	{"larb", BH_CLASS_MEMORY},
	{"lcd-controller", BH_CLASS_DISPLAY},
	{"mailbox", BH_CLASS_MAILBOX},
	{"mdio", BH_CLASS_PHY},
	{"memory-controller", BH_CLASS_MEMORY},
	{"mixer", BH_CLASS_DISPLAY},
	{"mmc", BH_CLASS_MMC},
	{"mmu", BH_CLASS_IOMMU},
	{"msi-controller", BH_CLASS_INTERRUPT},
	{"nand-controller", BH_CLASS_STORAGE},
	{"npu", BH_CLASS_NPU},
	{"ocmc", BH_CLASS_MEMORY},
	{"pci", BH_CLASS_PCIE},
	{"pcie", BH_CLASS_PCIE},
	{"pcie-ep", BH_CLASS_PCIE},
	{"phy", BH_CLASS_PHY},
	{"pin-controller", BH_CLASS_PINCTRL},
	{"pinctrl", BH_CLASS_PINCTRL},
	{"pinmux", BH_CLASS_PINCTRL},
	{"pmu", BH_CLASS_TRACE},
	{"power-controller", BH_CLASS_POWER},
	{"power-domain", BH_CLASS_POWER},
	{"power-management", BH_CLASS_POWER},
	{"pwm", BH_CLASS_TIMER},
	{"qspi", BH_CLASS_SPI},
	{"remoteproc", BH_CLASS_REMOTEPROC},
	{"replicator", BH_CLASS_TRACE},
	{"reset-controller", BH_CLASS_RESET},
	{"rng", BH_CLASS_SENSOR},
	{"rtc", BH_CLASS_TIMER},
	{"sai", BH_CLASS_AUDIO},
	{"sata", BH_CLASS_STORAGE},
	{"serdes", BH_CLASS_PHY},
	{"serial", BH_CLASS_SERIAL},
	{"smi", BH_CLASS_MEMORY},
	{"sound", BH_CLASS_AUDIO},
	{"spdif", BH_CLASS_AUDIO},
	{"spi", BH_CLASS_SPI},
	{"spmi", BH_CLASS_I2C},
	{"sram", BH_CLASS_MEMORY},
	{"syscon", BH_CLASS_SYSCON},
	{"system-controller", BH_CLASS_SYSCON},
	{"system-cache-controller", BH_CLASS_MEMORY},
	{"temperature-sensor", BH_CLASS_SENSOR},
	{"thermal", BH_CLASS_SENSOR},
	{"thermal-sensor", BH_CLASS_SENSOR},
	{"timer", BH_CLASS_TIMER},
	{"tmu", BH_CLASS_SENSOR},
	{"tpiu", BH_CLASS_TRACE},
	{"tsadc", BH_CLASS_SENSOR},
	{"ufs", BH_CLASS_STORAGE},
	{"ufshc", BH_CLASS_STORAGE},
	{"usb", BH_CLASS_USB},
	{"usb-controller", BH_CLASS_USB},
	{"usb-phy", BH_CLASS_PHY},
	{"video-codec", BH_CLASS_CODEC},
	{"video-decoder", BH_CLASS_CODEC},
	{"video-encoder", BH_CLASS_CODEC},
	{"vop", BH_CLASS_DISPLAY},
	{"watchdog", BH_CLASS_TIMER},
};

const char *bh_class_name(enum bh_class class)
{
	return classes[class].name;
}

bool bh_class_is_slave(enum bh_class class)
{
	return classes[class].slave;
}

bool bh_class_sets_rates(enum bh_class class)
{
	return classes[class].sets_rates;
}

bool bh_class_needs_dma(enum bh_class class)
{
	return classes[class].needs_dma;
}

static int compare(const void *key, const void *item)
{
	const struct bh_dt_node *node = key;
	const struct entry *entry = item;
	size_t length = bh_dt_base_name_length(node);
	int order = strncmp(node->name, entry->name, length);

	return order ? order : -(int)(unsigned char)entry->name[length];
}

enum bh_class bh_class_of(const struct bh_dt_node *node)
{
	const struct entry *entry =
		bsearch(node, names, sizeof(names) / sizeof(names[0]), sizeof(names[0]), compare);

	if (entry)
		return entry->class;
	if (bh_dt_has(node, "#iommu-cells"))
		return BH_CLASS_IOMMU;
	if (bh_dt_has(node, "#phy-cells"))
		return BH_CLASS_PHY;
	if (bh_dt_has(node, "#clock-cells"))
		return BH_CLASS_CLOCK;
	if (bh_dt_has(node, "#power-domain-cells"))
		return BH_CLASS_POWER;
	if (bh_dt_has(node, "#reset-cells"))
		return BH_CLASS_RESET;
	if (bh_dt_has(node, "#sound-dai-cells"))
		return BH_CLASS_AUDIO;
	if (bh_dt_is_compatible(node, "syscon"))
		return BH_CLASS_SYSCON;
	return BH_CLASS_OTHER;
}
