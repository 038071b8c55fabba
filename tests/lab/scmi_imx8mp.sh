#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stock guest's driver switches a power domain and clocks of the board `imx8mp-evk` over SCMI: those of the GPU, which the
# emulated board has no registers for, and whose driver does not mind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

guest etnaviv
cp build-arm64/src/cmd/bulkhead tests/lab/pci_board.sh "$work/board/"
cat >"$work/board/bulkhead.toml" <<-'END'
	[board]

	[vm.gpu]
	memory = "256M"
	kernel = "/lab/Image"
	initrd = "/tmp/guest.cpio"
	devices = ["gpu@38000000"]
	unsafe-dma = "I accept"
	cmdline = "quiet console=ttyS0 panic=-1 test=domain"
END
lab dtb imx8mp-evk "$work/board.dtb"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot imx8mp-evk --overlay "$work/host.dtbo"
run_there imx8mp-evk scmi_imx8mp_board.sh
