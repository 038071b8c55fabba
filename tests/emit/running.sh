#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# running.sh BULKHEAD FOLDER: what the manifests of a system of VMs say about networks, order, readiness, restarts, balloons,
# cpus and USB, as a reader sees it. UPDATE=1 writes the golden files instead.
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
dtc -q -I dts -O dtb -@ -i "$folder/../../plan/cases" -o "$work/board.dtb" - <<'TREE'
/dts-v1/;
/include/ "board.dtsi"
&soc {
	usb: usb@10000000 {
		compatible = "test,usb";
		reg = <0x10000000 0x1000>;
		iommus = <&smmu 1>;
	};
};
TREE
cd "$work"
for vm in gate app; do
	"$bulkhead" dt guest $vm -t board.dtb -f machine | grep -E '^(restart|ready|host-cpus|after|usb|virtio.*(kind|name|host|bridge|uplink|address|forwards|mtu|mac|cid|floor))' >$vm.txt
	"$bulkhead" dt guest $vm -t board.dtb | grep -o 'vmm.notify_socket[^ "]*' >>$vm.txt || true
	[ -z "${UPDATE-}" ] || cp $vm.txt "$folder"
	diff -u "$folder/$vm.txt" $vm.txt
done
