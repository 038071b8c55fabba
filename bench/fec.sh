#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM beside the same one driven by the host, on the emulated i.MX 8M Plus board: TCP to and from
# a program on this machine, in turns, ROUNDS times. The board's time is this machine's, so only the ratio counts.
set -eu
bulkhead=$PWD/build/src/cmd/bulkhead
board=fec
bytes=${FEC_BYTES-16777216}
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work"
server=
trap '[ -z "$server" ] || kill $server; "$bulkhead" lab down --all 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

skip() {
	echo "$1" >&2
	exit 77
}

module=$(lab/fetch.sh module) && guest=$(lab/fetch.sh net-guest) || skip "module or guest cannot be built here"
tools/arm64.sh >&2
cc -O2 -o "$work/serve" tests/lab/net/serve.c
"$work/serve" "$bytes" "$bytes" "$work/port" >"$work/heard" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
port=$(cat "$work/port")
sed "s/@PORT@/$port/" tests/lab/net_imx8mp.toml >"$work/bulkhead.toml"
"$bulkhead" lab dtb imx8mp-evk "$work/board.dtb"
"$bulkhead" dt host -c "$work/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
"$bulkhead" lab up imx8mp-evk --name $board --overlay "$work/host.dtbo" >&2
"$bulkhead" lab push $board "$work/bulkhead.toml" "$module/bulkhead.ko" "$guest/net-guest.cpio" \
	build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm /tmp >&2

there() {
	"$bulkhead" lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH BULKHEAD_MODULE=/tmp/bulkhead.ko && export BULKHEAD_MODULE && $1"
}

# The same as the guest does (tests/lab/net/init), by the host. The FEC has no more than one queue in either.
host_round() {
	there "net-up >/dev/null 2>&1; up() { cut -d' ' -f1 /proc/uptime; }
		a=\$(up); echo GET | nc 10.0.2.2 $port >/tmp/data; b=\$(up); (echo PUT; cat /tmp/data) | nc 10.0.2.2 $port; c=\$(up)
		echo \"took \$a \$b \$c\"; rm /tmp/data" >>"$work/host"
}

exits() {
	there 'cat /sys/kernel/debug/kvm/mmio_exit_user'
}

vm_round() {
	lives=$(grep -c '^over' "$work/heard" || true)
	there 'bulkhead apply' >&2
	until [ "$(grep -c '^boot' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.2; done
	before=$(exits)
	until [ "$(grep -c '^over' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.5; done
	echo "exits $(($(exits) - before))" >>"$work/vm"
	grep '^took' "$work/heard" | tail -n 1 >>"$work/vm"
	there 'bulkhead apply --down' >&2
}

there 'modprobe vfio_iommu_type1; mount -t debugfs none /sys/kernel/debug 2>/dev/null; true'
round=0
while [ $round -lt "${ROUNDS-3}" ]; do
	host_round
	vm_round
	round=$((round + 1))
done

# rate FILE FROM TO: the median of MB/s between two of the times.
rate() {
	awk -v from="$2" -v to="$3" -v bytes="$bytes" '$1 == "took" && $to > $from { print bytes / 1e6 / ($to - $from) }' "$1" |
		sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

compare() {
	echo "$(rate "$work/vm" "$2" "$3") $(rate "$work/host" "$2" "$3")" |
		awk -v name="$1" '{ printf "%s\t%.2f MB/s\t%.2f MB/s\t%.2f\n", name, $1, $2, $1 / $2 }'
}
compare "FEC in a VM, host's driver: receiving" 2 3
compare "FEC in a VM, host's driver: sending" 3 4
awk -v bytes="$bytes" '$1 == "exits" { sum += $2; n++ } END { printf "FEC in a VM: exits to the VMM a packet\t%.4f\t-\t-\n", sum / n / (2 * bytes / 1460) }' \
	"$work/vm"
