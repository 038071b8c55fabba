#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guests without a kernel (vmm/bare.c) on the board `virt`: a hostile one against the SCMI server, and one that writes a
# journal while its VMM is killed, again and again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

# bare FILE MODE
bare() {
	"$compiler" -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -mgeneral-regs-only -mstrict-align \
		-fno-stack-protector -fno-pic -no-pie -Wl,--build-id=none,-z,noexecstack,--no-warn-rwx-segments \
		-T tests/lab/vmm/bare.ld -DMODE="'$2'" -o "$work/bare.elf" tests/lab/vmm/bare.S tests/lab/vmm/bare.c &&
		"${compiler%gcc}objcopy" -O binary "$work/bare.elf" "$work/board/$1"
}
bare attack.image s || skip_all "the bare guest cannot be built"
bare journal.image j
"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/journal" tests/lab/vmm/journal.c
"$MKMANIFEST" "$work/board/attack" vcpus=2 memory=16M kernel=/tmp/attack.image scmi=73010000.test
"$MKMANIFEST" "$work/board/storage" memory=16M kernel=/tmp/journal.image transport=mmio disk=/tmp/disk

lab dtb virt "$work/virt.dtb"
iommu=$(fdtget -t x "$work/virt.dtb" /smmuv3@9050000 phandle)
sed "s/@IOMMU@/0x$iommu/" tests/lab/ko_virt.dtso | dtc -q -I dts -O dtb -o "$work/ko.dtbo" -
boot virt --overlay "$work/ko.dtbo"
run_there virt vmm_bare_board.sh
