# SPDX-License-Identifier: Apache-2.0
# root-7: a Debian 13 root with the headers of its newest arm64 kernel, a cross compiler and DKMS: those headers' tools
# want a newer C library than Debian 12 has. `run PROGRAM...` runs a program of it; `release` names the kernel.
what="a Debian 13 root with the headers of a 7.x kernel and DKMS (130 MB fetched, half a minute)"
megabytes=1500

build() {
	apt_begin arm64 trixie-backports
	package=$(depends_on linux-headers-arm64 '^linux-headers-[0-9]')
	release=${package#linux-headers-}
	unpack root "$package" "linux-headers-${release%-arm64}-common"
	apt_begin "$(native_arch)" trixie trixie-backports
	unpack_with_dependencies root trixie-backports "linux-kbuild-${release%-arm64}"
	apt_begin "$(native_arch)" trixie
	unpack_with_dependencies root trixie gcc-aarch64-linux-gnu make dash bash coreutils sed grep gawk findutils diffutils \
		kmod file patch dkms cpio xz-utils perl-base util-linux debianutils lsb-release libc-bin
	mkdir -p root/tmp root/dev root/proc root/run root/sys root/etc root/usr/lib64 root/var/lib/dkms root/root
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	ln -sfn gawk root/usr/bin/awk
	ln -sfn dash root/usr/bin/sh
	# Without it kbuild does not look for pahole; nothing here reads a module's BTF.
	rm -f "root/usr/src/linux-headers-$release/vmlinux"
	cat >run <<'END'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
[ "$(id -u)" = 0 ] && own= || own=--map-root-user
exec unshare $own --mount sh -c '
	root=$1; shift
	mount --rbind /dev "$root/dev" && mount --rbind /tmp "$root/tmp" && mount --rbind /proc "$root/proc" || exit 1
	exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@"' sh "$root" "$@"
END
	chmod +x run
	./run aarch64-linux-gnu-gcc --version
	echo "$release" >release
}
