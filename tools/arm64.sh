#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds what runs on boards into build-arm64/: static arm64 programs. Natively on arm64, else with the cross compiler
# and the sysroot that lab/fetch.sh keeps in the cache. Prints nothing when there is nothing to do.
set -eu
cd "$(dirname "$0")/.."
sysroot=$(lab/fetch.sh arm64-sysroot)
# Another recipe of the sysroot is another folder.
grep -qsF "'$sysroot/include'" build-arm64/cross.ini || rm -rf build-arm64
if [ ! -f build-arm64/build.ninja ]; then
	mkdir -p build-arm64
	cat >build-arm64/cross.ini <<-END
		[binaries]
		c = 'aarch64-linux-gnu-gcc'
		ar = 'aarch64-linux-gnu-ar'
		strip = 'aarch64-linux-gnu-strip'
		[built-in options]
		c_args = ['-isystem', '$sysroot/include', '-ffunction-sections', '-fdata-sections']
		c_link_args = ['-L$sysroot/lib', '-static', '-Wl,--gc-sections']
		[host_machine]
		system = 'linux'
		cpu_family = 'aarch64'
		cpu = 'armv8-a'
		endian = 'little'
	END
	machine=--cross-file=build-arm64/cross.ini
	[ "$(uname -m)" != aarch64 ] || machine=--native-file=build-arm64/cross.ini
	meson setup build-arm64 "$machine" --buildtype=minsize -Dtests=false >/dev/null
fi
ninja -C build-arm64 --quiet
