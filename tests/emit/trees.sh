#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trees.sh BULKHEAD CASE: what `dt check` says about CASE.dts, compared with CASE.golden. UPDATE=1 writes it.
set -eu
bulkhead=$(realpath "$1")
case=$(realpath -m "$2")
command -v dtc >/dev/null || {
	echo "skipped: dtc (device-tree-compiler) is not installed"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dtc -q -f -I dts -O dtb -o "$work/tree.dtb" "$case.dts" 2>/dev/null
cd "$work"
{ "$bulkhead" dt check tree.dtb && echo "(no fault)" || echo "(exit $?)"; } >actual 2>&1
if [ "${UPDATE-}" ]; then
	cp actual "$case.golden"
else
	diff -u "$case.golden" actual
fi
