#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verbs.sh BULKHEAD: what the verbs about devices say when something is missing, and their exit codes.
set -u
bulkhead=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
command -v dtc >/dev/null || {
	echo "skipped: dtc (device-tree-compiler) is not installed"
	exit 77
}
printf '/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; dev: serial@1000 { compatible = "x,y"; reg = <0 0x1000 0 0x1000>; }; };\n' |
	dtc -q -@ -I dts -O dtb -o board.dtb -
printf '[board]\ntree = "board.dtb"\n[vm.a]\ndevices = ["dev"]\n' >bulkhead.toml
failed=0

# expect CODE WORD ARGUMENTS...: exit code, and a word that must be said.
expect() {
	code=$1 word=$2
	shift 2
	"$bulkhead" "$@" >out 2>&1
	got=$?
	[ $got = "$code" ] || {
		echo "bulkhead $*: exit $got, not $code"
		failed=1
	}
	[ -z "$word" ] || grep -q -- "$word" out || {
		echo "bulkhead $*: says nothing of $word:"
		cat out
		failed=1
	}
}

expect 2 E0592 dt guest b
expect 1 E0593 dt check no-such-file
expect 1 E0593 plan --svg no-such-folder/x.svg
expect 4 '<svg' plan --svg -
expect 4 '"bulkhead.plan/1"' plan --json
expect 0 '"assignable": true' device explain dev --json
expect 0 '"class": "serial"' device list --json
expect 0 '"overlay"' dt host --json
expect 0 '"changes"' dt diff a --json
expect 0 '"dts"' dt guest a --json
expect 0 '"valid": true' dt check board.dtb --json
expect 0 'snapshot = 1' board probe --root "$work"
expect 0 imx8mp-evk board list
expect 0 '' dt host --merged -o host.dtb
[ -s host.dtb ] || {
	echo "dt host --merged wrote nothing"
	failed=1
}
if [ ! -e /sys/firmware/fdt ]; then
	mkdir empty && cd empty && expect 2 E0591 device list
fi
exit $failed
