/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/boards.h"

#include <string.h>

/* High slots: what a user adds with --qemu-arg gets the low ones. */
static const char *const virt_devices[] = {
	"-netdev", "user,id=lab-net",
	"-device", "virtio-net-pci,netdev=lab-net,romfile=,addr=0x1c",
	"-device", "virtio-blk-pci,drive=lab-disk,addr=0x1d",
	"-device", "virtio-serial-pci,addr=0x1e",
	"-device", "virtserialport,chardev=line,name=bulkhead.lab",
	NULL,
};

static const char *const imx8mp_devices[] = {"-nic", "user", NULL};

const struct bh_lab_board bh_lab_boards[] = {
	{
		.name = "virt",
		.summary = "Arm server board: GICv3 with ITS, SMMUv3, PCIe",
		.machine = "virt,virtualization=on,iommu=smmuv3",
		.cpu = "cortex-a76",
		.cpus = 2,
		.max_cpus = 8,
		.memory = 2ull << 30,
		.max_memory = 64ull << 30,
		.ram_base = 0x40000000,
		.gic = "3",
		.console = "ttyAMA0",
		.line = BH_LAB_VIRTIO_PORT,
		.devices = virt_devices,
		.disk = "if=none,id=lab-disk,format=raw,readonly=on,file=%s",
		.user_disk = "virtio-blk-pci",
	},
	{
		.name = "imx8mp-evk",
		.summary = "NXP i.MX 8M Plus EVK: no IOMMU, FEC Ethernet, USDHC, DWC3",
		.machine = "imx8mp-evk",
		.cpus = 4,
		.max_cpus = 4,
		.memory = 2ull << 30,
		.max_memory = 6ull << 30,
		.ram_base = 0x40000000,
		.tree = "freescale/imx8mp-evk.dtb",
		.console = "ttymxc1",
		.line = BH_LAB_UART,
		.line_device = "ttymxc2",
		/* The FEC waits for the efuses, where its address is kept; the card slot for its
		 * regulator. */
		.modules = "fixed,nvmem-imx-ocotp,fec",
		.devices = imx8mp_devices,
		/* In place of the third USDHC's eMMC. QEMU's cards must be writable; what is
		 * written is forgotten. */
		.disk = "if=sd,bus=2,unit=0,id=lab-disk,format=raw,snapshot=on,file=%s",
		.card_slot = "/soc@0/bus@30800000/mmc@30b50000",
		.card = "if=sd,bus=1,unit=0,id=disk0,format=raw,file=%s",
		.serials = 1,
	},
	{.name = NULL},
};

const struct bh_lab_board *bh_lab_board(const char *name)
{
	for (const struct bh_lab_board *board = bh_lab_boards; board->name; board++) {
		if (!strcmp(board->name, name))
			return board;
	}
	return NULL;
}
