#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stock guest's driver holds its device's reset line over SCMI: it ends the reset when it takes the device, and resets it when it
# lets go. The line is a bit of a reset controller that the host's stock driver has; QEMU's monitor sees it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/vmm_host.sh

guest dw_wdt
cc -O2 -Wall -Wextra -Werror -o "$work/monitor" tests/lab/pci/monitor.c
cp build-arm64/src/cmd/bulkhead tests/lab/pci_board.sh "$work/board/"
cat >"$work/board/bulkhead.toml" <<-'END'
	[board]

	[vm.dog]
	memory = "256M"
	kernel = "/lab/Image"
	initrd = "/tmp/guest.cpio"
	devices = ["watchdog@901000"]
	unsafe-dma = "I accept"
	cmdline = "quiet console=ttyS0 panic=-1 test=reset"
END
lab dtb imx8mp-evk "$work/plain.dtb"
dtc -q -@ -I dts -O dtb -o "$work/reset.dtbo" tests/lab/reset_imx8mp.dtso
fdtoverlay -i "$work/plain.dtb" -o "$work/board.dtb" "$work/reset.dtbo"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot imx8mp-evk --overlay "$work/reset.dtbo" --overlay "$work/host.dtbo"
monitor=$(status_of imx8mp-evk monitor)
lab push imx8mp-evk "$work"/board/* /tmp 2>/dev/null

on_board() {
	lab exec imx8mp-evk sh -c "cd /tmp && . ./pci_board.sh && export BULKHEAD_MODULE=/tmp/bulkhead.ko && $1"
}

# line_is WORD: what the reset controller's register says of the device's line, and of all others nothing.
line_is() {
	"$work/monitor" "$monitor" \
		"{\"execute\":\"pmemsave\",\"arguments\":{\"val\":$((0x900000)),\"size\":4,\"filename\":\"$work/register\"}}" &&
		[ "$(od -An -tx4 "$work/register" | tr -d ' ')" = "$1" ]
}
deasserted=00000000 asserted=00000020

# step WORD: the guest goes on, and has said that its driver is so.
step() {
	on_board "echo >dog.typing && await dog 'driver $1'"
}

check "the configuration is applied" on_board 'start_board && bulkhead apply'
check "the guest's driver has the device" on_board "follow dog && await dog 'driver bound'"
check "its line is not asserted" line_is $deasserted
check "the guest's driver lets the device go" step gone
check "its line, and no other, is asserted in the host" line_is $asserted
check "the guest's driver takes the device again" step back
check "its line is deasserted in the host" line_is $deasserted
check "the guest's driver lets it go once more" step left
check "its line is asserted again" line_is $asserted
check "nothing was refused" on_board '! bulkhead status dog | grep -i refused'
check "the VM is taken down" on_board 'bulkhead apply --down'
check "the host finds the line deasserted" line_is $deasserted
check "the kernel found no fault" on_board is_quiet
finish
