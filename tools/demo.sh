#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make demo`: an emulated i.MX 8M Plus board, whose Ethernet controller goes to a VM by one command. Everything typed on
# the board is shown. Two minutes, plus what is fetched and built the first time.
set -eu
cd "$(dirname "$0")/.."
board=demo
bulkhead=$PWD/build/src/cmd/bulkhead

say() {
	printf '\n== %s\n' "$*"
}

work=$(mktemp -d)
clean_up() {
	"$bulkhead" lab down $board >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# there COMMAND: runs it on the board, and shows that it does.
there() {
	printf '\n[board]# %s\n' "$1"
	"$bulkhead" lab exec $board -- sh -c "cd /demo && PATH=/demo:\$PATH && $1"
}

say "packages (nothing to do when they are there; else one to three minutes)"
tools/setup.sh
say "build (about a minute the first time)"
[ -f build/build.ninja ] || meson setup build --buildtype=release >/dev/null
ninja -C build --quiet
say "programs and kernel module for the board (fetches 200 MB and takes two minutes the first time)"
tools/arm64.sh
module=$(lab/fetch.sh module)
guest=$(lab/fetch.sh net-guest)

cat >"$work/bulkhead.toml" <<-'END'
	[vm.net]
	memory = "256M"
	kernel = "/lab/Image"
	initrd = "/demo/net-guest.cpio"
	devices = ["ethernet@30be0000"]
	unsafe-dma = "I accept"      # this board has no IOMMU
	cmdline = "quiet"
END
"$bulkhead" lab dtb imx8mp-evk "$work/board.dtb"
"$bulkhead" dt host -c "$work/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"

say "boot the board, with the memory set aside that \`bulkhead dt host\` asks for (ten to thirty seconds)"
"$bulkhead" lab up imx8mp-evk --name $board --overlay "$work/host.dtbo"
"$bulkhead" lab exec $board -- mkdir /demo
"$bulkhead" lab push $board "$work/bulkhead.toml" "$module/bulkhead.ko" "$guest/net-guest.cpio" \
	build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm /demo

say "on the board: what a VM with the Ethernet controller needs, and gets"
there 'modprobe vfio_iommu_type1 && insmod bulkhead.ko'
there 'cat bulkhead.toml'
there 'bulkhead plan || [ $? = 4 ]'
there 'bulkhead device explain ethernet@30be0000'
there 'bulkhead apply'
there 'bulkhead status'
say "the VM's console, until its network works (half a minute)"
there 'until bulkhead console net </dev/null | tee console | grep -q "guest: ready"; do sleep 1; done; sed -n "/guest: eth0/,\$p" console'
there 'grep bulkhead: /proc/interrupts'
there 'bulkhead apply --down'
say "done: the VM owned the controller, and the host's driver has it back"
