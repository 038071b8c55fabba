#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt`, in a folder with bulkhead, bulkhead-vmm, bulkhead.toml and bulkhead.ko.
cd "$(dirname "$0")" || exit 1
. ./ko_board.sh
PATH=$PWD:$PATH
rtc=9010000.pl031
warm=5

# What there is of everything that could leak; one line each.
things() {
	echo "processes $(ls -d /proc/[0-9]*/exe 2>/dev/null | while read -r p; do readlink "$p"; done |
		grep -v busybox | sort | tr '\n' ' ')"
	echo "descriptors $(for process in /proc/[0-9]*; do
		case $(readlink "$process/exe") in *busybox | '') ;; *) ls "$process/fd" 2>/dev/null ;; esac
	done | wc -l)"
	echo "mounts $(wc -l </proc/mounts)"
	echo "vfio $(ls /dev/vfio | tr '\n' ' ')"
	echo "vms $(ls -d /sys/kernel/debug/kvm/*-* 2>/dev/null | wc -l)"
	echo "module $(cat /sys/module/bulkhead/refcnt)"
	echo "driver $(basename "$(readlink $amba/devices/$rtc/driver)")"
	echo "interrupts $(grep -c bulkhead: /proc/interrupts)"
	echo "run $(find /run/bulkhead ! -name lock ! -name devices | sort | tr '\n' ' ')"
	echo "groups $(find /sys/fs/cgroup -type d 2>/dev/null | sort | tr '\n' ' ')"
}

# KiB that the kernel cannot get back, beside what it keeps for speed.
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(MemFree|Cached|Buffers|SReclaimable):/ { sum += $2 } END { print sum }' /proc/meminfo
}

runs() {
	bulkhead status cycle | grep -q '^cycle *running'
}

launcher_is_gone() {
	bulkhead status cycle | grep -q '^cycle *lost'
}

cycle() {
	bulkhead apply >said 2>&1 && runs || return 1
	if [ $(($1 % 10)) = 0 ]; then
		kill -9 "$(sed -n 's/^launcher //p' /run/bulkhead/vm/cycle/state)"
		wait_for launcher_is_gone
	fi
	bulkhead apply --down >>said 2>&1
}

cycles() {
	round=0
	while [ $round -lt "$1" ]; do
		round=$((round + 1))
		cycle $round || {
			echo "cycle $round:"
			cat said /run/bulkhead/vm/cycle/log
			return 1
		}
	done
}

start_board
insmod ./bulkhead.ko
is first_cycles cycles $warm
things >before
memory >memory.before
cat /proc/slabinfo >slab.before
is it_comes_and_goes_$(cat cycles)_times cycles "$(cat cycles)"
things >after
memory >memory.after
cat /proc/slabinfo >slab.after
is nothing_is_left diff before after
lost=$(($(cat memory.before) - $(cat memory.after)))
echo "# $lost KiB less memory after $(cat cycles) cycles"
echo "# of it: $(awk '/nr_dying_descendants/ { print $2 }' /sys/fs/cgroup/cgroup.stat) control groups that the kernel still lets die"
awk 'NR == FNR { had[$1] = $3 * $4; next } $4 > 0 { grew = $3 * $4 - had[$1]; if (grew > 8192) print "# grew:", $1, grew }' \
	slab.before slab.after
# What the kernel keeps at hand for each CPU moves by megabytes: runs of 20 cycles differ by two.
is no_memory_is_lost [ $lost -lt $(($(cat cycles) * 32 + 4096)) ]
is host_driver_works hwclock -r -f /dev/"$(ls $amba/devices/$rtc/rtc | head -n 1)"
is unloaded rmmod bulkhead
is no_complaint is_quiet
finish
