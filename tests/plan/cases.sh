#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cases.sh BULKHEAD CASE: plans CASE.toml on CASE.dts (those of PCI share pci.dts and pci.snapshot), prints plan, decisions and the guests' device nodes, and compares
# all of it with CASE.golden. UPDATE=1 writes the golden file instead.
set -eu
bulkhead=$(realpath "$1")
case=$(realpath -m "$2")
command -v dtc >/dev/null || {
	echo "skipped: dtc (device-tree-compiler) is not installed"
	exit 77
}
dts=$case.dts
snapshot=$case.snapshot
case $(basename "$case") in
pci_*)
	[ -f "$dts" ] || dts=$(dirname "$case")/pci.dts
	[ -f "$snapshot" ] || snapshot=$(dirname "$case")/pci.snapshot
	;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dtc -q -@ -I dts -O dtb -i "$(dirname "$case")" -o "$work/board.dtb" "$dts"
cp "$case.toml" "$work/bulkhead.toml"
[ ! -f "$snapshot" ] || cp "$snapshot" "$work/snapshot.toml"
[ ! -f "$case.board" ] || cp "$case.board" "$work/board.toml"
cd "$work"
{
	"$bulkhead" plan -t board.dtb || echo "(plan: exit $?)"
	first=$(sed -n 's/^devices = \["\([^"]*\)".*/\1/p' bulkhead.toml | head -1)
	echo "== device explain $first"
	"$bulkhead" device explain -c bulkhead.toml -t board.dtb "$first" || echo "(explain: exit $?)"
	if "$bulkhead" dt guest guest -t board.dtb -f devices >guest.dts 2>/dev/null; then
		echo "== dt guest"
		cat guest.dts
		"$bulkhead" dt guest guest -t board.dtb -f machine | grep -E '^(device|memory|scmi|function|pci.window64)' || true
		"$bulkhead" dt guest guest -t board.dtb -f dtb -o guest.dtb
		dtc -q -I dtb -O dtb -o /dev/null guest.dtb
		"$bulkhead" dt check guest.dtb
	fi
} 2>&1 | sed 's/, tree [0-9a-f]\{16\}$//; s/fingerprint is [0-9a-f]\{16\}/fingerprint is X/' >actual
if [ "${UPDATE-}" ]; then
	cp actual "$case.golden"
else
	diff -u "$case.golden" actual
fi
