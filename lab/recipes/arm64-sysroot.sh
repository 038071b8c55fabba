# SPDX-License-Identifier: Apache-2.0
# arm64-sysroot: include/ and lib/ to build static arm64 programs against, beside the cross compiler's own C library:
# libfdt, libseccomp, libjansson, and the kernel's newest user-space headers (Debian 12's are 6.1: no kvm_smccc_filter, no iommufd).
what="arm64 libraries and kernel headers for cross builds (3 MB fetched, a few seconds)"
megabytes=100

build() {
	apt_begin arm64 bookworm
	unpack root libfdt-dev libseccomp-dev libjansson-dev
	mkdir -p include lib
	cp -R root/usr/include/. include/
	find root -name '*.a' -exec mv {} lib/ \;
	rm -rf root
	apt_begin arm64 bookworm-backports
	unpack root linux-libc-dev
	for headers in asm-generic linux misc mtd rdma sound video; do
		[ ! -d "root/usr/include/$headers" ] || cp -R "root/usr/include/$headers" include/
	done
	cp -RL root/usr/include/aarch64-linux-gnu/asm include/asm
	rm -rf root
	grep -q kvm_smccc_filter include/asm/kvm.h
	test -s include/linux/iommufd.h
	test -s lib/libfdt.a
	test -s lib/libseccomp.a
	test -s lib/libjansson.a
	test -s include/jansson.h
}
