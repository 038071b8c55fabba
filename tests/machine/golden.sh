#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# golden.sh PRINT FOLDER: what the test machine's dump and device tree look like to a reader. `dtc` must not warn.
set -eu
print=$1
folder=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$print" dump >"$work/manifest.txt"
"$print" tree >"$work/tree.dtb"
# Newer versions of dtc write lists of strings as such.
dtc -q -I dtb -O dts "$work/tree.dtb" | sed 's/\\0/", "/g' >"$work/tree.dts"
dtc -I dtb -O dtb -o /dev/null "$work/tree.dtb" 2>"$work/warnings"
if [ "${UPDATE-}" ]; then
	cp "$work/manifest.txt" "$work/tree.dts" "$folder"
fi
diff -u "$folder/manifest.txt" "$work/manifest.txt"
diff -u "$folder/tree.dts" "$work/tree.dts"
cat "$work/warnings"
[ ! -s "$work/warnings" ]
