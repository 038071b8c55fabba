#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guests without a kernel (vmm/bare.c) on the board `virt`: a hostile one against the SCMI server, and one that writes a
# journal while its VMM is killed, again and again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

bare attack.image s || skip_all "the bare guest cannot be built"
bare journal.image j
bare odd.image o
bare restart.image r
bare hung.image w
cp build-arm64/src/cmd/bulkhead "$work/board/"
"$MKMANIFEST" "$work/board/restart" memory=16M kernel=/tmp/restart.image
"$MKMANIFEST" "$work/board/hung" memory=16M kernel=/tmp/hung.image watchdog=yes restart=on-failure
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/journal" tests/lab/vmm/journal.c
"$MKMANIFEST" "$work/board/attack" vcpus=2 memory=16M kernel=/tmp/attack.image scmi=73010000.test
"$MKMANIFEST" "$work/board/odd" memory=16M kernel=/tmp/odd.image transport=mmio disk=/tmp/disk
"$MKMANIFEST" "$work/board/storage" memory=16M kernel=/tmp/journal.image transport=mmio disk=/tmp/disk

lab dtb virt "$work/virt.dtb"
iommu=$(fdtget -t x "$work/virt.dtb" /smmuv3@9050000 phandle)
sed "s/@IOMMU@/0x$iommu/" tests/lab/ko_virt.dtso | dtc -q -I dts -O dtb -o "$work/ko.dtbo" -
boot virt --overlay "$work/ko.dtbo"
run_there virt vmm_bare_board.sh
