# SPDX-License-Identifier: Apache-2.0
# virtiofsd: Debian 13's server of shared folders for arm64, with the libraries that it needs; `run` starts it.
what="Debian 13's virtiofsd for arm64 (5 MB fetched, seconds)"
megabytes=60

build() {
	apt_begin arm64 trixie
	unpack all virtiofsd libc6 libseccomp2 libcap-ng0 libgcc-s1
	mkdir -p root/lib
	cp "$(find all -name virtiofsd -type f | grep -m 1 libexec)" root/
	for library in ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libseccomp.so.2 libcap-ng.so.0 libgcc_s.so.1; do
		cp -L "$(find all -name "$library" | head -n 1)" root/lib/
	done
	rm -rf all
	cat >root/run <<-'END'
		#!/bin/sh
		here=$(dirname "$0")
		exec "$here/lib/ld-linux-aarch64.so.1" --library-path "$here/lib" "$here/virtiofsd" "$@"
	END
	chmod 755 root/run root/virtiofsd root/lib/ld-linux-aarch64.so.1
	file root/virtiofsd 2>/dev/null | grep -q aarch64 || test -s root/virtiofsd
}
