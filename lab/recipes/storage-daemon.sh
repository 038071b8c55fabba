# SPDX-License-Identifier: Apache-2.0
# storage-daemon: Debian 13's qemu-storage-daemon for arm64 with the libraries that it needs, a back end of disks that is
# not ours; `run` starts it.
what="Debian 13's qemu-storage-daemon for arm64 (15 MB fetched, seconds)"
megabytes=200

# needed FILE: the libraries that a program or library names.
needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'
}

# keep FILE: its libraries, with theirs, into root/lib.
keep() {
	for library in $(needed "$1"); do
		[ ! -e "root/lib/$library" ] || continue
		cp -L "$(find all -name "$library" | head -n 1)" root/lib/
		keep "root/lib/$library"
	done
}

build() {
	apt_begin arm64 trixie
	unpack_with_dependencies all trixie qemu-utils
	mkdir -p root/lib
	cp "$(find all -name qemu-storage-daemon -type f | head -n 1)" root/
	keep root/qemu-storage-daemon
	rm -rf all
	test -s root/lib/ld-linux-aarch64.so.1
	cat >root/run <<-'END'
		#!/bin/sh
		here=$(dirname "$0")
		exec "$here/lib/ld-linux-aarch64.so.1" --library-path "$here/lib" "$here/qemu-storage-daemon" "$@"
	END
	chmod 755 root/run root/qemu-storage-daemon root/lib/ld-linux-aarch64.so.1
}
