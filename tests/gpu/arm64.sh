#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# arm64.sh TRACES: recordings drawn by the arm64 build of bulkhead-gpu (interpreted: no LLVM for arm64 is here) give the
# pictures that they give on every other machine. The program is built into build-arm64-gpu/ and run under qemu-user.
cd "$(dirname "$0")/../.." || exit 1
skip() {
	echo "$1"
	exit 77
}
tools/arm64.sh >/dev/null 2>&1 || skip "programs for arm64 cannot be built here"
qemu=$(lab/fetch.sh qemu-user 2>/dev/null)/qemu-aarch64 || skip "QEMU for arm64 programs cannot be fetched"
[ "$(uname -m)" != aarch64 ] || qemu=
cmp -s build-arm64/cross.ini build-arm64-gpu/cross.ini || rm -rf build-arm64-gpu
if [ ! -f build-arm64-gpu/build.ninja ]; then
	mkdir -p build-arm64-gpu
	cp build-arm64/cross.ini build-arm64-gpu/
	machine=--cross-file
	[ -n "$qemu" ] || machine=--native-file
	meson setup build-arm64-gpu "$machine=build-arm64-gpu/cross.ini" --buildtype=release -Dtests=false \
		-Dgpu=disabled >build-arm64-gpu/setup.log || exit 1
fi
ninja -C build-arm64-gpu --quiet src/gpu/server/bulkhead-gpu || exit 1
failed=0
while read -r name hash frames; do
	for threads in 1 3; do
		# shellcheck disable=SC2086
		drawn=$($qemu build-arm64-gpu/src/gpu/server/bulkhead-gpu replay "$1/$name" --hash --threads $threads) || failed=1
		[ "$drawn" = "$hash $frames" ] && continue
		echo "$name with $threads threads: $drawn, not $hash $frames"
		failed=1
	done
done <"$1/hashes"
exit $failed
