# SPDX-License-Identifier: Apache-2.0
# headers: what builds a module for the kernel of the recipe `kernel`, here: make -C FOLDER/build M=$PWD modules.
what="kernel headers for building modules (20 MB fetched, a few seconds)"
megabytes=500

# The same kernel: its release is part of this folder's name.
variant() {
	cat "$(fetch kernel)/release"
}

build() {
	release=$(variant)
	version=${release%-arm64}
	apt_begin arm64 bookworm-backports
	unpack root "linux-headers-$release" "linux-headers-$version-common"
	# The tools in it run on this machine.
	apt_begin "$(native_arch)" bookworm-backports
	unpack root "linux-kbuild-$version"
	mv "root/usr/src/linux-headers-$release" build
	mv "root/usr/src/linux-headers-$version-common" common
	mv "root/usr/lib/linux-kbuild-$version" kbuild
	rm -rf root

	# Debian's trees name each other by where the packages put them.
	for tree in build common; do
		ln -sfn ../kbuild/scripts $tree/scripts
		ln -sfn ../kbuild/tools $tree/tools
	done
	echo 'include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../common/Makefile' >build/Makefile
	# The compiler's version in Debian 12; on a later machine it is another.
	sed -i 's/gcc-[0-9]*$/gcc/' build/.kernelvariables
	# Without it kbuild does not look for pahole; nothing here reads a module's BTF.
	rm -f build/vmlinux
}
