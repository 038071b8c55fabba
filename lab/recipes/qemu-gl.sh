# SPDX-License-Identifier: Apache-2.0
# qemu-gl: Debian 13's QEMU (10.0) for arm64 and x86-64 machines, and what its own virtio-gpu-gl needs on a machine
# without a GPU: Mesa, SDL and an X server. `run PROGRAM...` runs a program of it; qemu-system-* are started without
# entering it.
what="Debian 13's QEMU 10 with GL (250 MB fetched, half a minute)"
megabytes=2000

build() {
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie qemu-system-arm qemu-system-x86 qemu-system-data qemu-system-gui \
		qemu-system-modules-opengl libgl1-mesa-dri libegl1 libegl-mesa0 libgles2 libgl1 libglx-mesa0 xvfb \
		coreutils dash
	mkdir -p root/tmp root/dev root/proc root/run root/etc root/usr/lib64 root/machine
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	# Device nodes and files come from the machine; /tmp is shared, for sockets.
	cat >run <<'RUN'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
[ "$(id -u)" = 0 ] && own= || own=--map-root-user
exec unshare $own --mount sh -c '
	root=$1; shift
	mount --rbind /dev "$root/dev" && mount --rbind /tmp "$root/tmp" && mount --rbind /proc "$root/proc" || exit 1
	mount --rbind / "$root/machine" || exit 1
	exec chroot "$root" env PATH=/usr/bin:/bin HOME=/tmp "$@"' sh "$root" "$@"
RUN
	chmod +x run
	. "$lab/root.sh"
	for arch in aarch64 x86_64; do
		write_root_program qemu-system-$arch /usr/bin/qemu-system-$arch '-L "$root/usr/share/qemu" -L "$root/usr/share/seabios"'
		./qemu-system-$arch -device help | grep -q vhost-user-gpu-pci
	done
}
