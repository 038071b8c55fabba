# SPDX-License-Identifier: Apache-2.0
# qemu-user: runs single arm64 programs on this machine.
what="QEMU for arm64 programs (4 MB fetched, a few seconds)"
megabytes=200

build() {
	apt_begin "$(native_arch)" trixie
	unpack root qemu-user
	mv root/usr/bin/qemu-aarch64 .
	rm -rf root
	./qemu-aarch64 --version
}
