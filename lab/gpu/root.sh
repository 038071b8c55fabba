# SPDX-License-Identifier: Apache-2.0
# A guest that draws: Debian 13 with Mesa, glmark2 and weston, and Debian's kernel for it. Sourced by recipes.

# gpu_guest ARCH: Image, initrd.cpio and root.squashfs.
gpu_guest() {
	apt_begin "$1" trixie
	package=$(depends_on "linux-image-$1" '^linux-image-6\.12\.')
	release=${package#linux-image-}
	unpack kernel "$package"
	unpack_with_dependencies root trixie busybox-static libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgbm1 \
		glmark2-es2-drm glmark2-data weston seatd udev xkb-data fonts-dejavu-core mesa-utils-bin drm-info
	mv "kernel/boot/vmlinuz-$release" Image
	gpu_guest_initrd
	gpu_guest_disk
	rm -rf kernel root
}

# Modules that reach the disk, and those of screen and input, numbered in the order in which they load.
gpu_guest_initrd() {
	find kernel/usr/lib/modules -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P "$(nproc)" xz -d
	/sbin/depmod -b kernel/usr -F "kernel/boot/System.map-$release" "$release"
	mkdir -p initrd/bin initrd/dev initrd/lib/early initrd/lower initrd/new initrd/proc initrd/sys initrd/upper
	cp root/usr/bin/busybox initrd/bin/
	cp "$lab/gpu/init" initrd/init
	chmod 755 initrd/init initrd/bin/busybox
	number=10
	for module in virtio_pci virtio_blk squashfs overlay virtio_gpu virtio_input evdev; do
		/sbin/modprobe -d kernel/usr -S "$release" --show-depends "$module" ||
			die "the kernel has no module $module" "remove $cache/gpu-guest-* and run it again"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r file; do
		cp "$file" "initrd/lib/early/$number-$(basename "$file")"
		number=$((number + 1))
	done
	find initrd -exec touch -h -d @0 {} +
	(cd initrd && find . | LC_ALL=C sort | cpio --quiet --reproducible -R +0:+0 -o -H newc) >initrd.cpio
	rm -rf initrd
}

# What draws is fast to read; what nobody reads is left out.
gpu_guest_disk() {
	rm -rf root/usr/share/doc root/usr/share/man root/usr/share/locale root/usr/share/X11/locale \
		root/usr/share/libwacom root/usr/lib/systemd/boot
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || [ ! -d "root/usr/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	mkdir -p root/dev root/job root/proc root/root root/run root/sys root/tmp root/var/lib/xkb
	echo 'root::0:0:root:/root:/bin/sh' >root/etc/passwd
	echo 'root:x:0:' >root/etc/group
	for group in input video render tty; do
		echo "$group:x:$((n = ${n-100} + 1)):"
	done >>root/etc/group
	ln -s busybox root/usr/bin/sh
	mksquashfs root root.squashfs -quiet -no-progress -comp lz4 -all-root -mkfs-time 0 -all-time 0
}
