#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds bulkhead-gpu for boards into build-arm64-gpu/: static, with interpreted shaders. A folder of its own, because
# few need it and the rest of the programs for boards does not wait for it.
set -eu
cd "$(dirname "$0")/.."
tools/arm64.sh
if [ ! -f build-arm64-gpu/build.ninja ]; then
	machine=--cross-file=build-arm64/cross.ini
	[ "$(uname -m)" != aarch64 ] || machine=--native-file=build-arm64/cross.ini
	meson setup build-arm64-gpu "$machine" --buildtype=release -Dtests=false -Dgpu=disabled >/dev/null
fi
ninja -C build-arm64-gpu --quiet src/gpu/server/bulkhead-gpu
