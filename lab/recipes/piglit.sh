# SPDX-License-Identifier: Apache-2.0
# piglit: the OpenGL test suite, with Debian 13's Mesa and virgl_test_server beside it. `run PROGRAM...` runs a program
# of it, as in the recipe mesa.
what="piglit with Mesa and virgl_test_server (300 MB fetched, two minutes)"
megabytes=4500

build() {
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie piglit libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgl1 libglx-mesa0 \
		virgl-server xvfb coreutils dash python3 python3-mako python3-numpy waffle-utils
	mkdir -p root/tmp root/dev root/proc root/run root/etc root/usr/lib64
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	sed 's/PATH=[^ ]*/& PYTHONDONTWRITEBYTECODE=1/' "$(fetch mesa)/run" >run
	chmod +x run
	test -x root/usr/bin/piglit
}

variant() {
	fetch mesa
}
