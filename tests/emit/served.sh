#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# served.sh BULKHEAD FOLDER: what the manifest of a VM says whose GPU, folders and disk other processes serve, and the
# limits that the plan computed. UPDATE=1 writes the golden file instead.
set -eu
bulkhead=$(realpath "$1")
folder=$(realpath "$2")
command -v dtc >/dev/null || {
	echo "skipped: dtc (device-tree-compiler) is not installed"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$folder/system.toml" "$work/bulkhead.toml"
printf '/dts-v1/;\n/include/ "board.dtsi"\n' | dtc -q -I dts -O dtb -@ -i "$folder/../../plan/cases" -o "$work/board.dtb" -
cd "$work"
"$bulkhead" dt guest app -t board.dtb -f machine >machine
grep -E '^(.*-limit|memory.kind|virtio)' machine >app.txt
# It is one that a VMM takes.
"$bulkhead" dt guest app -t board.dtb -f manifest -o manifest
[ -s manifest ]
[ -z "${UPDATE-}" ] || cp app.txt "$folder"
diff -u "$folder/app.txt" app.txt
