# SPDX-License-Identifier: Apache-2.0
# Programs of an unpacked Debian root, run from outside it. Sourced by recipes.

# write_root_program FILE PROGRAM ARGS: writes a script FILE, beside the folder root/, that starts root/PROGRAM with
# the root's own libraries and ARGS (which may use $root) before its own arguments. The script keeps its process id.
write_root_program() {
	loader=$(cd root && find usr/lib usr/lib64 lib lib64 -name 'ld-linux-*.so.*' 2>/dev/null | head -n 1)
	[ -n "$loader" ] || die "the unpacked root has no dynamic loader" "remove $cache and run it again"
	libraries=$(cd root && find usr/lib -name 'libc.so.6' | head -n 1)
	libraries=$(dirname "$libraries")
	cat >"$1" <<END
#!/bin/sh
root=\$(dirname "\$(readlink -f "\$0")")/root
export QEMU_MODULE_DIR="\$root/$libraries/qemu"
exec "\$root/$loader" --argv0 "$(basename "$2")" --inhibit-cache \\
	--library-path "\$root/$libraries:\$root/$libraries/pulseaudio" "\$root$2" $3 "\$@"
END
	chmod +x "$1"
}

# write_chroot_runner FILE: writes a script FILE, beside the folder root/, that runs `PROGRAM ARGS...` inside root/, in a
# mount namespace of its own. Device nodes and processes are the machine's; /tmp is shared, for sockets and results.
write_chroot_runner() {
	mkdir -p root/tmp root/dev root/proc root/run root/etc root/usr/lib64
	for folder in bin sbin lib lib64; do
		[ -e "root/$folder" ] || ln -s "usr/$folder" "root/$folder"
	done
	cat >"$1" <<'END'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
[ "$(id -u)" = 0 ] && own= || own=--map-root-user
exec unshare $own --mount sh -c '
	root=$1; shift
	mount --rbind /dev "$root/dev" && mount --rbind /tmp "$root/tmp" && mount --rbind /proc "$root/proc" || exit 1
	exec chroot "$root" env PATH=/usr/bin:/bin HOME=/tmp "$@"' sh "$root" "$@"
END
	chmod +x "$1"
}
