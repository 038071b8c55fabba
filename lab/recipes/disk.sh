# SPDX-License-Identifier: Apache-2.0
# disk: what boards mount at /lab: kernel modules, and kernel and initial RAM disk for guests.
what="the boards' disk with kernel modules and a guest (ten seconds)"
megabytes=1200

variant() {
	fetch kernel busybox
	cat "$lab/initrd.sh" "$lab/board/guest-init"
}

build() {
	. "$lab/initrd.sh"
	kernel=$(fetch kernel)
	mkdir -p disk
	cp -al "$kernel/Image" "$kernel/release" "$kernel/config" disk/
	cp -al "$kernel/modules/lib/modules" disk/modules
	initrd_begin
	cp "$lab/board/guest-init" initrd/init
	initrd_modules virtio_blk virtio_mmio virtio_net
	initrd_end disk/guest.cpio
	mksquashfs disk lab.squashfs -quiet -no-progress -comp lz4 -all-root -mkfs-time 0 -all-time 0
	rm -rf disk
	# A card's size is a power of two; what is added takes no room.
	truncate -s 512M lab.squashfs
}
