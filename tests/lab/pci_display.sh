#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A VM with a screen, a keyboard and a pointer of its own, behind the SMMU of the board `virt`: what it draws is in QEMU's
# picture of the screen, and what is typed into QEMU's monitor reaches it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pci_host.sh"
guest kms events
for_host monitor compare
plan display "cmdline=console=ttyS0 quiet panic=-1 test=list,display" function=0000:00:02.0 function=0000:00:03.0
cat >"$work/board/usb.toml" <<-'END'
	[board]

	[vm.display]
	memory = "256M"
	kernel = "/lab/Image"
	devices = ["0000:00:02.0"]

	[[vm.display.usb]]
	class = "hid"
END
boot virt --memory 2G --cpu max,pauth-impdef=on \
	$(with virtio-gpu-pci,iommu_platform=on,disable-legacy=on,addr=2 qemu-xhci,id=usb,addr=3 usb-kbd,bus=usb.0 usb-tablet,bus=usb.0)
monitor=$(status_of virt monitor)
lab push virt "$work"/board/* /tmp 2>/dev/null

on_board() {
	there ". ./pci_board.sh; $1"
}

# said NAME: what the guest said last under this name.
said() {
	lab exec virt cat /tmp/display.console | tr -d '\r' | sed -n "s/^said $1 //p" | tail -n 1
}

heard() {
	until lab exec virt grep -q "^said $1" /tmp/display.console; do
		there 'bulkhead status display | grep -qE "running|starting"' || return 1
		sleep 0.5
	done
}

check "a keyboard alone is refused, and its controller named" there 'until grep -q 0627 /sys/bus/usb/devices/*-*/idVendor; do sleep 0.1; done
	! bulkhead plan -c usb.toml 2>errors && grep E0578 errors && grep "0627:0001 at port .*add .0000:00:03.0" errors'
check "the screen and the USB controller are taken" on_board 'take 0000:00:02.0 && take 0000:00:03.0'
check "the VM starts" on_board 'begin display'
check "the guest draws" heard mode
check "keyboard and pointer are there" heard inputs
# What the guest has told its card may still be on its way to the screen.
shows_the_picture() {
	for try in $(seq 60); do
		"$work/monitor" "$monitor" "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"$work/screen.ppm\"}}"
		"$work/compare" "$work/screen.ppm" && return
		sleep 0.5
	done
	return 1
}
check "the screen shows the picture, pixel for pixel" shows_the_picture
echo "# $("$work/compare" "$work/screen.ppm"), mode $(said mode)"
[ -z "${SCREEN-}" ] || cp "$work/screen.ppm" "$SCREEN"
check "keys and a pointer's moves are sent" "$work/monitor" "$monitor" \
	'{"execute":"input-send-event","arguments":{"events":[{"type":"key","data":{"down":true,"key":{"type":"qcode","data":"q"}}}]}}' \
	'{"execute":"input-send-event","arguments":{"events":[{"type":"key","data":{"down":false,"key":{"type":"qcode","data":"q"}}}]}}' \
	'{"execute":"input-send-event","arguments":{"events":[{"type":"abs","data":{"axis":"x","value":20000}},{"type":"abs","data":{"axis":"y","value":12345}}]}}'
check "all of them came" heard 'interrupts0x0c0330'
check "the guest got the key" prints "16 0" said key
check "the guest got the pointer's place" prints "1 12345" said pointer
interrupts_came() {
	echo "the guest counted $(said interrupts0x038000) and $(said interrupts0x0c0330)"
	[ "$(said interrupts0x038000)" -gt 0 ] && [ "$(said interrupts0x0c0330)" -gt 0 ]
}
check "the guest counted messages of both" interrupts_came
check "the host's drivers have none" there '! grep -E "xhci_hcd|-cursor$" /proc/interrupts'
lab exec virt cat /tmp/display.console | sed 's/^/# /'
check "both are given back" on_board 'bulkhead stop display; give_back 0000:00:02.0 && give_back 0000:00:03.0'
check "the host's drivers have them" there '
	[ "$(basename "$(readlink /sys/bus/pci/devices/0000:00:02.0/driver)")" = virtio-pci ] &&
	[ "$(basename "$(readlink /sys/bus/pci/devices/0000:00:03.0/driver)")" = xhci_hcd ]'
finish
