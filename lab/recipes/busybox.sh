# SPDX-License-Identifier: Apache-2.0
# busybox: the boards' user space.
what="busybox for the boards (1 MB, a few seconds)"
megabytes=100

build() {
	apt_begin arm64 bookworm
	unpack root busybox-static
	find root -name busybox -type f -exec mv {} . \;
	rm -rf root
	test -x busybox
}
