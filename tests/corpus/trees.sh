#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trees.sh BUILD RECIPE: reading, references and writing on all trees of a kernel; the summary is golden for the release
# it was made with (UPDATE=1 writes it anew). The overlays are applied beside libfdt, and a
# sample of the trees is taken through dtc in both directions.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=$("$here/../../lab/fetch.sh" "$2") || {
	echo "skipped: the trees of recipe $2 cannot be had"
	exit 77
}
golden=$here/trees-$(cat "$folder/release").txt
[ -f "$golden" ] || [ "${UPDATE-}" ] || {
	echo "the trees are of a release without a golden summary: 95 % are asked for, the numbers are not compared"
	golden=
}
"$build/tests/corpus/trees" "$folder/dtbs" $golden
"$build/tests/corpus/overlays" "$folder/dtbs"
command -v dtc >/dev/null || {
	echo "no dtc: its view of the trees is not compared"
	exit 0
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
for tree in $(find "$folder/dtbs" -name '*.dtb' | sort | awk 'NR % 60 == 1'); do
	"$build/tests/corpus/rewrite" "$tree" "$work/again.dtb" "$work/text.dts"
	dtc -q -s -I dtb -O dts "$tree" >"$work/before"
	dtc -q -s -I dtb -O dts "$work/again.dtb" >"$work/after"
	cmp "$work/before" "$work/after"
	dtc -q -I dts -O dtb "$work/text.dts" | dtc -q -s -I dtb -O dts >"$work/after"
	cmp "$work/before" "$work/after"
	count=$((count + 1))
done
echo "$count trees, written as a blob and as text, are the same to dtc"
