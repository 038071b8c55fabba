#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM beside the same one driven by the host, on the emulated i.MX 8M Plus board: TCP to and from
# a program on this machine, in turns, ROUNDS times. First the board has one CPU and counts instructions: its nanosecond is
# one instruction. Then it has four, and its time is this machine's, so only the ratio counts. Exits are counted, and what
# an exit costs is measured beside them.
set -eu
bulkhead=$PWD/build/src/cmd/bulkhead
board=fec
bytes=${FEC_BYTES-8388608}
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work"
server=
trap '[ -z "$server" ] || kill $server; "$bulkhead" lab down --all 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

skip() {
	echo "$1" >&2
	exit 77
}

case $(uname -m) in aarch64) cc=gcc ;; *) cc=aarch64-linux-gnu-gcc ;; esac
command -v $cc >/dev/null || skip "$cc is not installed"
module=$(lab/fetch.sh module) && guest=$(lab/fetch.sh net-guest) || skip "module or guest cannot be built here"
tools/arm64.sh >&2
cc -O2 -o "$work/serve" tests/lab/net/serve.c
$cc -static -O2 -s -Wall -Wextra -Werror -o "$work/exit" bench/vmm/exit.c
"$work/serve" "$bytes" "$bytes" "$work/port" >"$work/heard" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
port=$(cat "$work/port")
# The board's kernel has no KASLR, and so no page tables apart for user space either: nor has the guest's.
sed "s/@PORT@/$port nokaslr/" tests/lab/net_imx8mp.toml >"$work/bulkhead.toml"
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
		mount -t tracefs none /sys/kernel/tracing 2>/dev/null; ./exit 20000' >"$into/exit"
}

# The same as the guest does (tests/lab/net/init), by the host. The FEC has no more than one queue in either.
host_round() {
	there "net-up >/dev/null 2>&1; up() { cut -d' ' -f1 /proc/uptime; }
		irqs() { awk '/ethernet/ { sum += \$2 + \$3 + \$4 + \$5 } END { print sum + 0 }' /proc/interrupts; }
		i=\$(irqs); a=\$(up); echo GET | nc 10.0.2.2 $port >/tmp/data; b=\$(up); (echo PUT; cat /tmp/data) | nc 10.0.2.2 $port
		c=\$(up); echo \"took \$a \$b \$c\"; echo \"interrupts \$((\$(irqs) - i))\"; rm /tmp/data" >>"$into/host"
}

# kvm NAME: one of KVM's counters.
kvm() {
	there "cat /sys/kernel/debug/kvm/$1"
}

trace=/sys/kernel/tracing/events/kvm/kvm_exit
vm_round() {
	lives=$(grep -c '^over' "$work/heard" || true)
	there 'bulkhead apply' >&2
	until [ "$(grep -c '^10[.]0[.]2[.]' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.1; done
	user=$(kvm mmio_exit_user) all=$(kvm exits)
	[ -z "$1" ] || there "echo 'hist:keys=ret,esr_ec' >$trace/trigger"
	until [ "$(grep -c '^received' "$work/heard" || true)" -gt "$moved" ]; do sleep 0.1; done
	moved=$((moved + 1))
	echo "exits $(($(kvm exits) - all)) $(($(kvm mmio_exit_user) - user))" >>"$into/vm"
	[ -z "$1" ] || there "cat $trace/hist" >"$into/kinds"
	until [ "$(grep -c '^over' "$work/heard" || true)" -gt "$lives" ]; do sleep 0.2; done
	grep '^took' "$work/heard" | tail -n 1 >>"$into/vm"
	sed -n 's/^guest \(.*\) interrupts/interrupts \1/p' "$work/heard" | tail -n 1 >>"$into/vm"
	there 'bulkhead apply --down' >&2
}

# rounds FOLDER OPTION...: of one board.
rounds() {
	into=$work/$1
	shift
	mkdir "$into"
	boot "$@"
	round=0
	while [ $round -lt "${ROUNDS-3}" ]; do
		moved=$(grep -c '^received' "$work/heard" || true)
		host_round
		moved=$((moved + 1))
		vm_round ""
		round=$((round + 1))
	done
	# Once more, with each kind of exit counted.
	[ -z "${KINDS-}" ] || vm_round kinds
	"$bulkhead" lab down $board >&2
	KINDS=
}

# rate FILE FROM TO: the median of MB/s between two of the times.
rate() {
	awk -v from="$2" -v to="$3" -v bytes="$bytes" '$1 == "took" && $to > $from { print bytes / 1e6 / ($to - $from) }' "$1" |
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

# mean FILE NAME FIELD: of the lines with this name, a packet of 1460 bytes.
mean() {
	awk -v bytes="$bytes" -v name="$2" -v field="$3" '$1 == name { sum += $field; n++ }
		END { print sum / n / (2 * bytes / 1460) }' "$1"
}

# kind RETURN CLASS: exits of this kind a packet.
kind() {
	awk -v bytes="$bytes" -v ret="$1" -v class="$2" '/^{/ { gsub(/[{},:]/, " "); if ($2 == ret && (class == "" || $4 == class)) sum += $6 }
		END { printf "%.2f", sum / (2 * bytes / 1460) }' "$work/counted/kinds"
}

KINDS=yes
rounds counted --cpus 1 --icount
rounds timed
compare counted "FEC in a VM, by instructions"
compare timed "FEC in a VM, by this machine's time"
printf 'FEC in a VM: exits to the VMM a packet\t%.4f\t-\t-\n' "$(mean "$work/counted/vm" exits 3)"
printf 'FEC in a VM: interrupts a packet\t%.2f\t%.2f\t-\n' "$(mean "$work/counted/vm" interrupts 2)" \
	"$(mean "$work/counted/host" interrupts 2)"
printf 'FEC in a VM: exits a packet\t%.2f\t-\t-\n' "$(mean "$work/counted/vm" exits 2)"
# Class 24: a system register was read; 1: the guest waits.
printf 'FEC in a VM: of them by interrupts, CTR_EL0, waiting\t%s, %s, %s\t-\t-\n' "$(kind 0 "")" "$(kind 2 24)" "$(kind 2 1)"
for how in counted timed; do
	cost=$(sed -n 's/^exit //p' "$work/$how/exit")
	exits=$(mean "$work/$how/vm" exits 2)
	packet=$(awk -v bytes="$bytes" '$1 == "took" { sum += $4 - $2; n++ } END { print sum / n / (2 * bytes / 1460) * 1e9 }' "$work/$how/host")
	echo "$exits $cost $packet" | awk -v how=$how '{ printf "FEC, %s: empty exits of a packet alone\t%.1f us\tall of a packet, host %.1f us\t%.2f\n",
		how, $1 * $2 / 1000, $3 / 1000, $3 / ($3 + $1 * $2) }'
done
