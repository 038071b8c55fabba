#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boards.sh BULKHEAD CASE: runs the command lines of CASE.cmd (a first line "# tree RECIPE PATH" names the board's
# blob, the rest of the comment lines up to the first command are bulkhead.toml) and compares what they print.
set -eu
bulkhead=$(realpath "$1")
case=$(realpath -m "$2")
here=$(cd "$(dirname "$0")" && pwd)
read -r mark word recipe blob <"$case.cmd"
[ "$mark $word" = "# tree" ]
folder=$("$here/../../lab/fetch.sh" "$recipe") || {
	echo "skipped: the trees of recipe $recipe cannot be had"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$folder/dtbs/$blob" "$work/board.dtb"
sed -n 's/^# \{0,1\}//p' "$case.cmd" | sed 1d >"$work/bulkhead.toml"
cd "$work"
grep -v '^#' "$case.cmd" | while read -r line; do
	echo "\$ bulkhead $line"
	eval "\"\$bulkhead\" $line" || echo "(exit $?)"
done >actual 2>&1
if [ "${UPDATE-}" ]; then
	cp actual "$case.golden"
else
	diff -u "$case.golden" actual
fi
