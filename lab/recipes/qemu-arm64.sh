# SPDX-License-Identifier: Apache-2.0
# qemu-arm64: Debian's QEMU for arm64 machines with its libraries, as a squashfs image: the VMM that ours is measured
# against on emulated boards (bench/vmm.sh). Never part of the product.
what="QEMU for the boards themselves, to measure against (60 MB fetched, half a minute)"
megabytes=900

build() {
	apt_begin arm64 bookworm bookworm-backports
	unpack_with_dependencies root bookworm-backports qemu-system-arm
	mkdir -p pick/bin pick/lib pick/share
	cp root/usr/bin/qemu-system-aarch64 pick/bin/
	find root/lib root/usr/lib -path '*aarch64-linux-gnu*' -name '*.so*' ! -path '*/dri/*' ! -path '*/qemu/*' \
		-exec cp -P {} pick/lib/ \; 2>/dev/null
	cp root/usr/share/qemu/efi-virtio.rom pick/share/ 2>/dev/null || :
	mksquashfs pick image.squashfs -comp zstd -quiet -no-progress -all-root >/dev/null
	rm -rf root pick
	test -s image.squashfs
}
