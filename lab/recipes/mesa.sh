# SPDX-License-Identifier: Apache-2.0
# mesa: what the virtual GPU is tried with and measured against: Debian 13's Mesa (its virpipe driver), glmark2,
# virgl_test_server, and an X server without a screen. `run PROGRAM...` runs a program of it.
what="Debian 13's Mesa, glmark2 and virgl_test_server (150 MB fetched, half a minute)"
megabytes=1500

build() {
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgl1 libglx-mesa0 \
		glmark2-es2 glmark2-data virgl-server mesa-utils-bin xvfb coreutils dash
	. "$lab/root.sh"
	write_chroot_runner run
	./run glmark2-es2 --version
}
