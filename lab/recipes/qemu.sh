# SPDX-License-Identifier: Apache-2.0
# qemu: qemu-system-aarch64 of 11.1 or later, the first whose imx8mp-evk model gives KVM guests their interrupts.
# The machine's own where it is new enough, otherwise a private root of Debian 13 and its backports. Nobody enters
# that root: its programs are run through its own dynamic loader, which needs no privilege.
what="QEMU 11.1 or later (40 MB fetched, a few seconds)"
megabytes=600

own_qemu() {
	own=$(command -v qemu-system-aarch64) || return 0
	version=$("$own" --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	[ -n "$version" ] || return 0
	[ "${version% *}" -gt 11 ] || { [ "${version% *}" = 11 ] && [ "${version#* }" -ge 1 ]; } || return 0
	echo "$own"
}

variant() {
	own_qemu
}

build() {
	own=$(own_qemu)
	if [ -n "$own" ]; then
		printf '#!/bin/sh\nexec %s "$@"\n' "$own" >qemu-system-aarch64
	else
		apt_begin "$(native_arch)" trixie trixie-backports
		unpack_with_dependencies root trixie-backports qemu-system-arm qemu-system-data
		. "$lab/root.sh"
		write_root_program qemu-system-aarch64 /usr/bin/qemu-system-aarch64 '-L "$root/usr/share/qemu"'
	fi
	chmod +x qemu-system-aarch64
	./qemu-system-aarch64 -M help | grep -q imx8mp-evk
}
