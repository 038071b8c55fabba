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
