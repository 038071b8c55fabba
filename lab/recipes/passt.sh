# SPDX-License-Identifier: Apache-2.0
# passt: Debian's own for this machine, which the VMM's network over a socket is tested with.
what="passt for this machine (0.2 MB, a few seconds)"
megabytes=20

build() {
	apt_begin "$(native_arch)" bookworm
	unpack root passt
	mv root/usr/bin/passt* .
	rm -rf root
	test -x passt
}
