# SPDX-License-Identifier: Apache-2.0
# kernel: Debian's 6.12 for arm64, the one kernel of all lab boards and guests: Image, modules/ (unpacked, for busybox
# cannot read xz), dtbs/, config, and the release in a file.
what="Debian's 6.12 arm64 kernel with its modules and device trees (110 MB fetched, half a minute)"
megabytes=1200

build() {
	apt_begin arm64 bookworm-backports
	package=$(depends_on linux-image-arm64 '^linux-image-6\.12\.')
	unpack root "$package"
	release=${package#linux-image-}
	mv "root/boot/vmlinuz-$release" Image
	mv "root/boot/config-$release" config
	mv "root/boot/System.map-$release" System.map
	mv "root/usr/lib/linux-image-$release" dtbs
	mkdir -p modules/lib/modules
	mv "root/lib/modules/$release" modules/lib/modules/
	rm -rf root
	say "kernel: unpacking its modules"
	find modules -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P "$(nproc)" xz -d
	/sbin/depmod -b modules -F System.map "$release"
	echo "$release" >release
	test -s Image
	test -s "dtbs/freescale/imx8mp-evk.dtb"
}
