#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ko_virt.sh BUILD: the kernel module on the board `virt`: with and without an IOMMU, controls, memory.
cd "$(dirname "$0")/../.."
. tests/lab/ko_host.sh

"$bulkhead" lab dtb virt "$work/virt.dtb"
iommu=$(fdtget -t x "$work/virt.dtb" /smmuv3@9050000 phandle)
sed "s/@IOMMU@/0x$iommu/" tests/lab/ko_virt.dtso | dtc -q -I dts -O dtb -o "$work/ko.dtbo" -
run_board ko_virt_board.sh virt --overlay "$work/ko.dtbo"
