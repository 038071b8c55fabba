#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM, from one TOML file: `bulkhead apply` on the board `imx8mp-evk`. The guest, a stock Debian
# kernel, takes an address, moves bytes both ways, is killed and started again; then the host's driver has the controller
# back. The network's other end runs here and judges. NET_BYTES: how many bytes each way.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
bytes=${NET_BYTES-4194304}
board=imx8mp-evk

tools/arm64.sh >"$work/arm64.log" 2>&1 || {
	sed 's/^/# /' "$work/arm64.log"
	skip_all "programs for boards cannot be built here"
}
guest=$(lab/fetch.sh net-guest 2>/dev/null) || skip_all "the guest cannot be built here"
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm "$guest/net-guest.cpio" "$work/board/"
cc -O2 -Wall -Wextra -Werror -o "$work/serve" tests/lab/net/serve.c

there() {
	lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH && $1"
}

# The other end listens for the life of the board, always on the same port.
"$work/serve" "$bytes" "$work/port" >"$work/heard.txt" &
server=$!
trap 'kill $server 2>/dev/null; clean_up' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
sed "s/@PORT@/$(cat "$work/port")/" tests/lab/net_imx8mp.toml >"$work/board/bulkhead.toml"

# heard LIVES: waits until the guest has told all of so many lives, or the VM is gone.
heard() {
	while [ "$(grep -c '^over' "$work/heard.txt")" -lt "$1" ]; do
		there 'bulkhead status net | grep -qE "running|starting|waiting"' || {
			there 'cat /run/bulkhead/vm/net/log'
			return 1
		}
		sleep 2
	done
}

moved_all() {
	cat "$work/heard.txt"
	[ "$(grep -c "^sent $bytes bytes" "$work/heard.txt")" = "$1" ] &&
		[ "$(grep -c "^received $bytes bytes, all right" "$work/heard.txt")" = "$1" ]
}

# Each interrupt moves at most a ring of frames: so many bytes need many.
counted_many() {
	grep interrupts "$work/heard.txt"
	awk '/^[0-9]+ interrupts$/ && $1 >= 100 { n++ } END { exit n != '"$1"' }' "$work/heard.txt"
}

lab dtb $board "$work/board.dtb"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot $board --overlay "$work/host.dtbo"
lab push $board "$work"/board/* /tmp 2>/dev/null
check "the module is loaded" there 'modprobe vfio_iommu_type1 && insmod bulkhead.ko'
check "the configuration is applied" there 'bulkhead apply'
check "the guest has come to its end" heard 1
check "the guest drives the controller with the host's compatible" grep -q 'fsl,imx8mp-fec' "$work/heard.txt"
check "all bytes arrived, both ways" moved_all 1
check "interrupts were counted in the guest" counted_many 1
check "none of the guest's commands to the host were refused" \
	there '! bulkhead status net | grep -q refused'
check "the VMM is killed" there 'kill -9 $(bulkhead status net --json | sed -n "s/.*\"process\": \([0-9]*\).*/\1/p")'
check "the guest has come to its end again" heard 2
check "all bytes arrived, both ways, after the kill" moved_all 2
check "interrupts were counted after the kill" counted_many 2
check "the launcher counted the restart" there 'bulkhead status net | grep -q "restarted 1 times"'
check "all is taken down" there 'bulkhead apply --down'
check "the host's driver has the controller" \
	there 'until [ -e /sys/bus/platform/devices/30be0000.ethernet/net ]; do sleep 0.1; done'
check "the host's driver works" there 'i=$(ls /sys/bus/platform/devices/30be0000.ethernet/net); ip link set $i up
	until grep -q 1 /sys/class/net/$i/carrier; do sleep 0.1; done
	ip address add 10.0.2.15/24 dev $i 2>/dev/null; ping -c 2 -W 30 10.0.2.2'
check "the kernel found no fault" there '! dmesg | grep -E "WARNING|BUG|Oops|Unbalanced|Call trace"'
sed 's/^/# heard: /' "$work/heard.txt"
finish
