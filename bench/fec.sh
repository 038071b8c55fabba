#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM beside the same one driven by the host, on the emulated i.MX 8M Plus board: TCP to and from
# a program on this machine, in turns, ROUNDS times. First the board has one CPU and counts instructions: its nanosecond is
# one instruction. Then it has four, and its time is this machine's, so only the ratio counts. Exits are counted, and what
# an exit costs is measured beside them.
set -eu
. bench/board.sh
board=fec
module=$(lab/fetch.sh module) && guest=$(lab/fetch.sh net-guest) || skip "module or guest cannot be built here"
tools/arm64.sh >&2
cc -O2 -o "$work/serve" tests/lab/net/serve.c
$cc -static -O2 -s -Wall -Wextra -Werror -o "$work/exit" bench/vmm/exit.c
rounds=$((${ROUNDS-3} + 1))

# serve BYTES: the other end, for so many each way a round.
serve() {
	[ -z "$server" ] || kill "$server"
	bytes=$1 packets=$((rounds * 2 * $1 / 1460))
	rm -f "$work/port"
	"$work/serve" "$bytes" "$bytes" "$work/port" >"$work/heard" &
	server=$!
	until [ -s "$work/port" ]; do sleep 0.1; done
	port=$(cat "$work/port")
	# The board's kernel has no KASLR, and so no page tables apart for user space either: nor has the guest's.
	sed "s/@PORT@/$port nokaslr test.rounds=$rounds/" tests/lab/net_imx8mp.toml >"$work/bulkhead.toml"
}
serve 8388608
"$bulkhead" lab dtb imx8mp-evk "$work/board.dtb"
"$bulkhead" dt host -c "$work/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"

there() {
	"$bulkhead" lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH BULKHEAD_MODULE=/tmp/bulkhead.ko && export BULKHEAD_MODULE && $1"
}

# boot OPTION...
boot() {
	"$bulkhead" lab up imx8mp-evk --name $board --overlay "$work/host.dtbo" "$@" >&2
	"$bulkhead" lab push $board "$work/bulkhead.toml" "$module/bulkhead.ko" "$guest/net-guest.cpio" "$work/exit" \
		build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm /tmp >&2
	there 'modprobe vfio_iommu_type1; mount -t debugfs none /sys/kernel/debug 2>/dev/null
		mount -t tracefs none /sys/kernel/tracing 2>/dev/null; ./exit 5000' >"$into/exit"
}

# The same as the guest does (tests/lab/net/init), by the host. The FEC has no more than one queue in either.
host_rounds() {
	there "net-up >/dev/null 2>&1; up() { cut -d' ' -f1 /proc/uptime; }
		irqs() { awk '/ethernet/ { sum += \$2 + \$3 + \$4 + \$5 } END { print sum + 0 }' /proc/interrupts; }
		i=\$(irqs); for round in \$(seq $rounds); do
			a=\$(up); echo GET | nc 10.0.2.2 $port >/tmp/data; b=\$(up); (echo PUT; cat /tmp/data) | nc 10.0.2.2 $port
			echo \"took \$a \$b \$(up)\"
		done; echo \"interrupts \$((\$(irqs) - i))\"; rm /tmp/data" >"$into/host"
}

# kvm NAME: one of KVM's counters.
kvm() {
	there "cat /sys/kernel/debug/kvm/$1"
}

received() {
	grep -c '^received' "$work/heard" || true
}

# vm_rounds [TRACE]: one life of the VM.
trace=/sys/kernel/tracing/events/kvm/kvm_exit
vm_rounds() {
	lives=$(grep -c '^over' "$work/heard" || true) moved=$(received)
	there 'bulkhead apply' >&2
	until [ "$(grep -c '^10[.]0[.]2[.]' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.1; done
	[ -z "${1-}" ] || there "echo 'hist:keys=ret,esr_ec' >$trace/trigger"
	user=$(kvm mmio_exit_user) all=$(kvm exits)
	until [ "$(received)" -ge $((moved + rounds)) ]; do sleep 0.1; done
	all=$(($(kvm exits) - all)) user=$(($(kvm mmio_exit_user) - user))
	[ -z "${1-}" ] || there "cat $trace/hist" >"$into/kinds"
	until [ "$(grep -c '^over' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.2; done
	[ -n "${1-}" ] || {
		grep '^took' "$work/heard" | tail -n $rounds
		sed -n 's/^guest \(.*\) interrupts/interrupts \1/p' "$work/heard" | tail -n 1
		echo "exits $all"
		echo "user $user"
	} >"$into/vm"
	there 'bulkhead apply --down' >&2
}

# rate FILE FROM TO: the median of MB/s between two of the times. The first round is not counted: each side's first
# connection is slow.
rate() {
	awk -v from="$2" -v to="$3" -v bytes="$bytes" '$1 == "took" && n++ && $to > $from { print bytes / 1e6 / ($to - $from) }' "$1" |
		sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# compare FOLDER WHAT
compare() {
	for way in "receiving 2 3" "sending 3 4"; do
		set -- "$1" "$2" $way
		echo "$(rate "$work/$1/vm" "$4" "$5") $(rate "$work/$1/host" "$4" "$5")" |
			awk -v name="$2: $3" '{ printf "%s\t%.2f MB/s\t%.2f MB/s\t%.2f\n", name, $1, $2, $1 / $2 }'
	done
}

# each FILE NAME: this count, a packet of 1460 bytes.
each() {
	awk -v packets=$packets -v name="$2" '$1 == name { print $2 / packets }' "$1"
}

# kind RETURN CLASS: exits of this kind a packet.
kind() {
	awk -v packets=$packets -v ret="$1" -v class="$2" '/^{/ { gsub(/[{},:]/, " "); if ($2 == ret && (class == "" || $4 == class)) sum += $6 }
		END { printf "%.2f", sum / packets }' "$work/counted/kinds"
}

# exits_alone FOLDER: what the exits of a packet took if they did nothing, beside all that the host does for a packet.
exits_alone() {
	cost=$(sed -n 's/^exit //p' "$work/$1/exit")
	exits=$(each "$work/$1/vm" exits)
	packet=$(awk -v bytes="$bytes" '$1 == "took" && n++ { sum += $4 - $2 } END { print sum / (n - 1) / (2 * bytes / 1460) * 1e9 }' "$work/$1/host")
	echo "$exits $cost $packet" | awk -v how="$1" '{ printf "FEC, %s: exits alone, were they empty\t%.1f us a packet\thost, all of a packet: %.1f us\t-\n",
		how, $1 * $2 / 1000, $3 / 1000 }'
}

into=$work/counted
mkdir "$into"
boot --cpus 1 --icount
host_rounds
vm_rounds
vm_rounds kinds
"$bulkhead" lab down $board >&2
compare counted "FEC in a VM, by instructions"
printf 'FEC in a VM: exits to the VMM a packet\t%.4f\t-\t-\n' "$(each "$work/counted/vm" user)"
printf 'FEC in a VM: interrupts a packet\t%.2f\t%.2f\t-\n' "$(each "$work/counted/vm" interrupts)" \
	"$(each "$work/counted/host" interrupts)"
printf 'FEC in a VM: exits a packet\t%.2f\t-\t-\n' "$(each "$work/counted/vm" exits)"
# Class 24: a system register was read; 1: the guest waits.
printf 'FEC in a VM: of them by interrupts, CTR_EL0, waiting\t%s, %s, %s\t-\t-\n' "$(kind 0 "")" "$(kind 2 24)" "$(kind 2 1)"
exits_alone counted

serve ${FEC_BYTES-2097152}
into=$work/timed
mkdir "$into"
boot
host_rounds
vm_rounds

compare timed "FEC in a VM, by this machine's time"
exits_alone timed
