# SPDX-License-Identifier: Apache-2.0
# mesa: what the virtual GPU is tried with and measured against: Debian 13's Mesa (its virpipe driver), glmark2,
# virgl_test_server, and an X server without a screen. `run PROGRAM...` runs a program of it.
what="Debian 13's Mesa, glmark2 and virgl_test_server (150 MB fetched, half a minute)"
megabytes=1500

build() {
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgl1 libglx-mesa0 \
		glmark2-es2 glmark2-data virgl-server mesa-utils-bin xvfb coreutils dash
	mkdir -p root/tmp root/dev root/proc root/run root/etc root/usr/lib64
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	# Device nodes come from the machine; /tmp is shared, for sockets.
	cat >run <<'END'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
[ "$(id -u)" = 0 ] && own= || own=--map-root-user
exec unshare $own --mount sh -c '
	root=$1; shift
	mount --rbind /dev "$root/dev" && mount --rbind /tmp "$root/tmp" && mount --rbind /proc "$root/proc" || exit 1
	exec chroot "$root" env PATH=/usr/bin:/bin HOME=/tmp "$@"' sh "$root" "$@"
END
	chmod +x run
	./run glmark2-es2 --version
}
