# SPDX-License-Identifier: Apache-2.0
# initrd: what boards boot into: busybox, the agent, and the modules that reach the disk. LAB_AGENT names the agent.
what="the boards' initial RAM disk (a second)"
megabytes=50

variant() {
	[ -n "${LAB_AGENT-}" ] || die "LAB_AGENT does not name the agent's program" "set it to build/lab/agent"
	fetch kernel busybox
	cat "$lab/initrd.sh" "$lab"/board/* "$LAB_AGENT" | sha256sum
}

build() {
	. "$lab/initrd.sh"
	initrd_begin
	cp "$LAB_AGENT" initrd/bin/agent
	chmod 755 initrd/bin/agent
	cp "$lab/board/inittab" "$lab/board/start" "$lab/board/agent" "$lab/board/dhcp" initrd/etc/
	cp "$lab/board/net-up" initrd/bin/
	ln -s bin/busybox initrd/init
	ln -s ../lab/modules initrd/lib/modules
	initrd_modules virtio_blk sdhci-esdhc-imx squashfs
	initrd_end initrd.cpio
}
