#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verbs.sh BULKHEAD: what the verbs about devices say when something is missing, and their exit codes.
set -u
bulkhead=$(realpath "$1") cases=$(realpath "$(dirname "$0")/../plan/cases")
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
expect 0 '"format": "dts"' dt guest a --json
expect 0 'vcpus = 1' dt guest a --json -f machine
expect 2 E0599 dt guest a --json -f dtb
expect 2 'did you mean dts' dt guest a -f dtd
expect 2 E0614 dt guest a -f picture
expect 0 '"format": "dtb"' dt guest a --json -f dtb -o guest.dtb
expect 2 E0599 dt host --merged --json
expect 0 '"output": "host.dtb"' dt host --merged --json -o host.dtb
expect 2 E0599 plan --svg - --json
expect 2 '"E0313"' device list -t no-such-file --json
expect 2 '"E0230"' config show -c no-such-file --json
expect 0 '"valid": true' dt check board.dtb --json
# Lists know what the configuration says of the board: the page size, what is kept.
dtc -q -@ -I dts -O dtb -i "$cases" -o pages.dtb "$cases/larger_pages_tie_more_devices.dts"
printf '[board]\npage-size = "64K"\n[vm.a]\n' >pages.toml
expect 0 'E0549' device list -c pages.toml -t pages.dtb
dtc -q -@ -I dts -O dtb -i "$cases" -o pci.dtb "$cases/pci.dts"
printf '[board]\nsnapshot = "%s"\nkeep = ["nic"]\n[vm.a]\n' "$cases/pci.snapshot" >pci.toml
expect 0 '^0000:00:02.0 .* E0546' device list -c pci.toml -t pci.dtb
expect 0 'snapshot = 1' board probe --root "$work"
expect 0 imx8mp-evk board list
expect 0 '' dt host --merged -o host.dtb
[ -s host.dtb ] || {
	echo "dt host --merged wrote nothing"
	failed=1
}

# The tree changes between plan and deed: an overlay that the boot loader applies, another kernel's tree.
printf '/dts-v1/;\n/plugin/;\n&{/} { more { }; };\n&dev { clock-frequency = <1>; };\n' |
	dtc -q -@ -I dts -O dtb -o more.dtbo -
printf '[board]\ntree = "board.dtb"\noverlays = ["more.dtbo"]\n[vm.a]\nkernel = "k"\ndevices = ["dev"]\n' >later.toml
expect 1 E0598 dt guest a -f manifest
expect 1 E0598 apply --check
printf 'kernel = "k"\n' >>bulkhead.toml
export BULKHEAD_RUN="$work/run" BULKHEAD_FDT="$work/board.dtb"
mkdir -p run/plan
expect 0 '' dt guest a -f manifest -o run/plan/a
expect 4 '' plan
grep -q E0597 out && echo "a plan on the same tree is said to be of another" && failed=1
expect 4 E0597 plan -c later.toml
expect 4 'take 1000.serial' apply --check
expect 3 E0596 apply --check -c later.toml
grep -q 'no longer there: /more' out && grep -q 'changed: /serial@1000 (clock-frequency)' out || {
	echo "apply does not say what differs:"
	cat out
	failed=1
}
fingerprint=$("$bulkhead" plan | sed -n 's/^board: .*, tree //p')
{
	printf '[board]\ntree = "board.dtb"\nfingerprint = "%s"\n' "$fingerprint"
	sed 1,2d bulkhead.toml
} >pinned.toml
expect 4 "tree $fingerprint" plan -c pinned.toml
sed 's/^tree = .*/&\noverlays = ["more.dtbo"]/' pinned.toml >drifted.toml
expect 3 E0595 plan -c drifted.toml
expect 3 E0595 apply -c drifted.toml
expect 3 E0595 plan -c drifted.toml --json
unset BULKHEAD_FDT
if [ ! -e /sys/firmware/fdt ]; then
	mkdir empty && cd empty && expect 2 E0591 device list
fi
exit $failed
