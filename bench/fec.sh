#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM beside the same one driven by the host, on the emulated i.MX 8M Plus board: TCP to and from
# a program on this machine, and round trips, by one program (bench/fec/meter.c) that runs in both, in turns. First the board
# has one CPU and counts instructions: its nanosecond is one instruction, and when it has nothing to do its clock goes on like
# this machine's. So a round can only be made slower by what else this machine does: the fastest counts. Then it has four, and
# its time is this machine's, so only the ratio counts. Exits are counted, and what an exit costs is measured beside them.
# TURNS, ROUNDS: turns of each, and rounds in a turn. MODERATION: values of moderation_us to have a turn of a VM with, too.
# PASSES: one of the two.
set -eu
. bench/board.sh
board=fec
module=$(lab/fetch.sh module) && guest=$(lab/fetch.sh net-guest) || skip "module or guest cannot be built here"
tools/arm64.sh >&2
cc -O2 -o "$work/serve" tests/lab/net/serve.c
$cc -static -O2 -s -Wall -Wextra -Werror -o "$work/exit" bench/vmm/exit.c
mkdir "$work/more"
$cc -static -O2 -s -Wall -Wextra -Werror -o "$work/more/meter" bench/fec/meter.c
# A later archive adds to an earlier one.
(cd "$work/more" && echo meter | cpio --quiet -o -H newc) | cat "$guest/net-guest.cpio" - >"$work/net-guest.cpio"
turns=${TURNS-2} rounds=${ROUNDS-6}

"$work/serve" 65536 65536 "$work/port" >"$work/heard" &
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
port=$(cat "$work/port")

there() {
	"$bulkhead" lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH BULKHEAD_MODULE=/tmp/bulkhead.ko && export BULKHEAD_MODULE && $1"
}

# boot NAME BYTES OPTION...
boot() {
	into=$work/$1 bytes=$2
	mkdir "$into"
	shift 2
	# The board's kernel has no KASLR, and so no page tables apart for user space either: nor has the guest's.
	sed "s/@PORT@/$port nokaslr test.meter=$rounds,$bytes/" tests/lab/net_imx8mp.toml >"$work/bulkhead.toml"
	[ -f "$work/host.dtbo" ] || {
		"$bulkhead" lab dtb imx8mp-evk "$work/board.dtb"
		"$bulkhead" dt host -c "$work/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
		dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
	}
	"$bulkhead" lab up imx8mp-evk --name $board --overlay "$work/host.dtbo" "$@" >&2
	"$bulkhead" lab push $board "$work/bulkhead.toml" "$module/bulkhead.ko" "$work/net-guest.cpio" "$work/exit" "$work/more/meter" \
		build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm /tmp >&2
	there 'modprobe vfio_iommu_type1; mount -t debugfs none /sys/kernel/debug 2>/dev/null
		mount -t tracefs none /sys/kernel/tracing 2>/dev/null; ./exit 5000' >"$into/exit"
}

# In seconds, how long the board was up and its CPUs had nothing to do.
uptime='read -r up idle </proc/uptime; echo "up $up $idle"'

host_turn() {
	there "net-up >/dev/null 2>&1; $uptime; ./meter $rounds $bytes $port; $uptime" >>"$into/host"
}

# kvm NAME: one of KVM's counters.
kvm() {
	there "cat /sys/kernel/debug/kvm/$1"
}

# lines TEXT: how many of what was heard begin so.
lines() {
	grep -c "^$1" "$work/heard" || true
}

# vm_turn NAME [TRACE]: one life of the VM. Its first connections, and the first round, come before what is counted.
trace=/sys/kernel/tracing/events/kvm/kvm_exit
vm_turn() {
	lives=$(lines over) moved=$(lines received) heard=$(wc -l <"$work/heard")
	there 'bulkhead apply' >&2
	until [ "$(lines received)" -ge $((moved + 2)) ]; do sleep 0.1; done
	[ -z "${2-}" ] || there "echo 'hist:keys=ret,esr_ec' >$trace/trigger"
	user=$(kvm mmio_exit_user) all=$(kvm exits)
	until [ "$(lines received)" -ge $((moved + 2 + rounds)) ]; do sleep 0.1; done
	echo "exits $(($(kvm exits) - all))" >>"$into/$1"
	echo "user $(($(kvm mmio_exit_user) - user))" >>"$into/$1"
	echo "delayed $(there "cat /sys/bus/platform/devices/30be0000.ethernet/delayed")" >>"$into/$1"
	[ -z "${2-}" ] || there "cat $trace/hist" >"$into/kinds"
	until [ "$(lines over)" -gt "$lives" ]; do sleep 0.2; done
	tail -n +$((heard + 1)) "$work/heard" | grep -E '^(received|sent|interrupts-[a-z]*|trip[a-z-]*) [0-9]*$' >>"$into/$1"
	there 'bulkhead apply --down; until [ -e /sys/bus/platform/devices/30be0000.ethernet/net ]; do sleep 0.1; done' >&2
}

# pick FILE KEY WHICH: the median, least or most of the values.
pick() {
	sed -n "s/^$2 //p" "$into/$1" | sort -n | awk -v which="$3" '{ all[NR] = $1 }
		END { print which == "least" ? all[1] : which == "most" ? all[NR] : all[int((NR + 1) / 2)] }'
}

# speeds FILE KEY: MB/s of the fastest round and, behind it, of the median.
speeds() {
	echo "$(pick "$1" "$2" least) $(pick "$1" "$2" median)" |
		awk -v bytes="$bytes" '{ printf "%.1f (%.1f) MB/s", bytes / $1 * 1e3, bytes / $2 * 1e3 }'
}

ratio() {
	echo "$1 $2" | awk '{ printf "%.2f", $1 / $2 }'
}

# compare VM WHAT
compare() {
	for way in received sent; do
		printf '%s: %s\t%s\t%s\t%s\n' "$2" $way "$(speeds "$1" $way)" "$(speeds host $way)" \
			"$(ratio "$(pick host $way least)" "$(pick "$1" $way least)")"
	done
	for trip in trip trip-after-pause; do
		printf '%s: %s\t%s ns\t%s ns\t%s\n' "$2" $trip "$(pick "$1" $trip median)" "$(pick host $trip median)" \
			"$(ratio "$(pick "$1" $trip median)" "$(pick host $trip median)")"
	done
}

# each COUNT: of all counted rounds of a turn, a packet of 1460 bytes.
each() {
	echo "$1" | awk -v packets=$((rounds * 2 * bytes / 1460)) '{ printf "%.4f", $1 / packets }'
}

# kind RETURN CLASS: exits of this kind a packet.
kind() {
	each "$(awk -v ret="$1" -v class="$2" '/^{/ { gsub(/[{},:]/, " "); if ($2 == ret && (class == "" || $4 == class)) sum += $6 }
		END { print sum + 0 }' "$into/kinds")"
}

# interrupts FILE: a packet, on the way in and on the way out.
interrupts() {
	echo "$(pick "$1" interrupts-received median) $(pick "$1" interrupts-sent median)" |
		awk -v packets=$((bytes / 1460)) '{ printf "%.2f, %.2f", $1 / packets, $2 / packets }'
}

# exits_alone HOW: what the exits of a packet took if they did nothing, beside all that the host does for a packet.
exits_alone() {
	echo "$(each "$(pick vm exits median)") $(sed -n 's/^exit //p' "$into/exit") $(pick host received median) $(pick host sent median)" |
		awk -v how="$1" -v bytes="$bytes" '{ printf "FEC, %s: exits alone, were they empty\t%.1f us a packet\thost, all of a packet: %.1f us\t-\n",
			how, $1 * $2 / 1000, ($3 + $4) / (2 * bytes / 1460) / 1000 }'
}

in_turns() {
	for turn in $(seq "$turns"); do
		host_turn
		vm_turn vm
	done
}

for pass in ${PASSES-counted timed}; do
	case $pass in
	counted)
		boot counted "${FEC_BYTES-8388608}" --cpus 1 --icount
		in_turns
		[ -n "${MODERATION-}" ] || vm_turn traced kinds
		for us in ${MODERATION-}; do
			there "echo $us >/sys/module/bulkhead/parameters/moderation_us"
			vm_turn "vm$us"
		done
		"$bulkhead" lab down $board >&2
		compare vm "FEC in a VM, by instructions"
		for us in ${MODERATION-}; do
			compare "vm$us" "the same, moderation_us=$us"
			printf 'the same: interrupts, exits a packet\t%s; %s\t-\t-\n' "$(interrupts "vm$us")" "$(each "$(pick "vm$us" exits median)")"
		done
		printf 'FEC in a VM: exits to the VMM a packet\t%s\t-\t-\n' "$(each "$(pick vm user median)")"
		printf 'FEC in a VM: interrupts a packet received, sent\t%s\t%s\t-\n' "$(interrupts vm)" "$(interrupts host)"
		printf 'FEC in a VM: exits a packet\t%s\t-\t-\n' "$(each "$(pick vm exits median)")"
		printf 'FEC in a VM: of its interrupts, waited for more work\t%s\t-\t-\n' "$(pick vm delayed median)"
		# Class 24: a system register was read; 1: the guest waits.
		[ -n "${MODERATION-}" ] || printf 'FEC in a VM: of them by interrupts, CTR_EL0, waiting\t%s, %s, %s\t-\t-\n' \
			"$(kind 0 "")" "$(kind 2 24)" "$(kind 2 1)"
		exits_alone counted
		;;
	timed)
		boot timed "${FEC_BYTES-2097152}"
		in_turns
		"$bulkhead" lab down $board >&2
		compare vm "FEC in a VM, by this machine's time"
		exits_alone timed
		;;
	esac
	cat "$into/host" >&2
done
