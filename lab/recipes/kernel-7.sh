# SPDX-License-Identifier: Apache-2.0
# kernel-7: Debian's newest arm64 kernel in backports, with the modules that bulkhead.ko needs: Image, modules/, and the
# release in a file.
what="Debian's 7.x arm64 kernel with VFIO's modules (100 MB fetched, half a minute)"
megabytes=700

build() {
	apt_begin arm64 trixie-backports
	package=$(depends_on linux-image-arm64 '^linux-image-[0-9]')
	release=${package#linux-image-}
	unpack root "linux-binary-$release" "linux-modules-$release"
	mv "root/usr/lib/modules/$release/vmlinuz" Image
	mkdir modules
	for name in vfio vfio_iommu_type1; do
		xz -dc "root/usr/lib/modules/$release/kernel/drivers/vfio/$name.ko.xz" >"modules/$name.ko"
	done
	rm -rf root
	echo "$release" >release
}
