#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel module on the board `virt`: with and without an IOMMU, controls, memory.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"

build_probe
lab dtb virt "$work/virt.dtb"
iommu=$(fdtget -t x "$work/virt.dtb" /smmuv3@9050000 phandle)
sed "s/@IOMMU@/0x$iommu/" tests/lab/ko_virt.dtso | dtc -q -I dts -O dtb -o "$work/ko.dtbo" -
boot virt --overlay "$work/ko.dtbo"
run_there virt ko_virt_board.sh
