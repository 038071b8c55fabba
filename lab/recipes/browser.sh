# SPDX-License-Identifier: Apache-2.0
# browser: Chromium of Debian 13, to look at the pages that bulkhead-gpu writes and to draw WebGL with it, through Mesa; and
# weston, on which it can have a window. `run PROGRAM...` runs a program of it.
what="Debian 13's Chromium and weston, without a screen (300 MB fetched, a minute)"
megabytes=2000

build() {
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie chromium libegl1 libegl-mesa0 libgl1-mesa-dri libgles2 \
		weston xkb-data fonts-dejavu-core coreutils dash grep sed
	. "$lab/root.sh"
	write_chroot_runner run
	./run chromium --no-sandbox --version
}
