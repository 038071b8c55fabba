# SPDX-License-Identifier: Apache-2.0
# pci-guest: the initial RAM disk of a guest that owns PCI functions: busybox and drivers.
what="a guest with drivers of PCI devices (a second)"
megabytes=60

variant() {
	fetch kernel busybox
	cat "$lab/initrd.sh" "$lab/board/dhcp" "$lab/../tests/lab/pci/init"
}

build() {
	. "$lab/initrd.sh"
	initrd_begin
	cp "$lab/../tests/lab/pci/init" initrd/init
	cp "$lab/board/dhcp" initrd/etc/
	chmod 755 initrd/init initrd/etc/dhcp
	initrd_modules e1000e igb nvme virtio_gpu xhci_pci usbhid hid_generic evdev
	initrd_end pci-guest.cpio
}
