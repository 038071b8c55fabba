# SPDX-License-Identifier: Apache-2.0
# gpu-guest-arm64: Debian 13 for arm64 with Mesa's virgl driver, glmark2 and weston, and its kernel: what the virtual GPU
# is tried with under QEMU.
what="a Debian 13 guest for arm64 that draws (250 MB fetched, a minute)"
megabytes=2500

variant() {
	cat "$lab"/gpu/*
}

build() {
	. "$lab/gpu/root.sh"
	gpu_guest arm64
}
