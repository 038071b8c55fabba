# SPDX-License-Identifier: Apache-2.0
# net-guest: the initial RAM disk of a guest that owns an Ethernet controller: busybox and drivers.
what="a guest with drivers of Ethernet controllers (a second)"
megabytes=50

variant() {
	fetch kernel busybox
	cat "$lab/initrd.sh" "$lab/board/dhcp" "$lab/../tests/lab/net/init"
}

build() {
	. "$lab/initrd.sh"
	initrd_begin
	cp "$lab/../tests/lab/net/init" initrd/init
	cp "$lab/board/dhcp" initrd/etc/
	chmod 755 initrd/init initrd/etc/dhcp
	initrd_modules fec smsc
	initrd_end net-guest.cpio
}
