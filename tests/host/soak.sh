#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# soak.sh BULKHEAD FAKE_VMM MAKE_MANIFEST: three VMs with networks, whose monitors (stand-ins) are killed at random; all
# come back, nothing leaks, and what is counted is what was done. In a network namespace of its own. DURATION and INTERVAL in
# seconds, SEED of the choice.
set -u
[ "${SOAK_INSIDE-}" ] || {
	SOAK_INSIDE=1 unshare -n true 2>/dev/null && [ -c /dev/net/tun ] || {
		echo "1..0 # SKIP network namespaces and taps are not for us here"
		exit 0
	}
	SOAK_INSIDE=1 exec unshare -n "$0" "$@"
}
. "$(dirname "$0")/../tap.sh"
bulkhead=$(realpath "$1") make_manifest=$(realpath "$3")
BULKHEAD_VMM=$(realpath "$2")
export BULKHEAD_VMM BULKHEAD_ISOLATION=off
duration=${DURATION-60} interval=${INTERVAL-1} seed=${SEED-$$}
work=$(mktemp -d)
export BULKHEAD_RUN="$work/run"
vms="gate app store"
trap 'for vm in $vms; do "$bulkhead" stop $vm 2>/dev/null; done; rm -rf "$work"' EXIT
cd "$work" || exit 1

state() {
	sed -n "s/^$2 //p" "run/vm/$1/state"
}

runs() {
	[ "$(state "$1" ready)" = 1 ] && [ "$(state "$1" phase)" = running ]
}

number=0
for vm in $vms; do
	number=$((number + 1))
	"$make_manifest" $vm runs bh$number.0 bh-lan >$vm.manifest
	check "$vm starts" "$bulkhead" start $vm -m $vm.manifest
	[ -f run/vm/$vm/state ] || exit 1
done
launchers() {
	for vm in $vms; do
		state $vm launcher
	done
}
# Descriptors and KiB of the launchers.
# The least of some looks, for they open and close files in between.
count() {
	for pid in $(launchers); do
		for _ in 1 2 3 4 5 6 7; do
			ls /proc/"$pid"/fd 2>/dev/null | wc -l
			sleep 0.01
		done | sort -n | head -n 1
	done | tr '\n' ' '
}
size() {
	for pid in $(launchers); do
		awk '/^VmRSS/ { print $2 }' /proc/"$pid"/status
	done | tr '\n' ' '
}
before=$(count) interfaces=$(ip -o link | wc -l) processes=$(launchers)
echo "# for $duration s, a kill every $interval s, seed $seed; launchers: descriptors $before, KiB $(size)"
uptime() {
	cut -d. -f1 /proc/uptime
}
end=$(($(uptime) + duration)) kills=0 kills_gate=0 kills_app=0 kills_store=0 missed=0
while [ "$(uptime)" -lt $end ]; do
	kills=$((kills + 1))
	vm=$(awk -v seed=$((seed + kills)) -v which="$vms" 'BEGIN { srand(seed); n = split(which, v); print v[1 + int(rand() * n)] }')
	until runs "$vm"; do sleep 0.05; done
	kill -9 "$(state "$vm" vmm)" && eval "kills_$vm=\$((kills_$vm + 1))" || missed=$((missed + 1))
	# Its launcher may take a moment to see that.
	eval "wanted=\$kills_$vm"
	until [ "$(state "$vm" restarts)" -ge "$wanted" ] && runs "$vm"; do sleep 0.05; done
	sleep "$interval"
done
echo "# $kills kills: gate $kills_gate, app $kills_app, store $kills_store; launchers: descriptors $(count), KiB $(size)"
check "every kill met a monitor" [ $missed = 0 ]
for vm in $vms; do
	eval "wanted=\$kills_$vm"
	check "$vm was started again as often as it was killed" [ "$(state $vm restarts)" = "$wanted" ]
	check "status counts it for $vm" sh -c '"$1" status $2 --json | grep -q "\"restarts\": $3,"' sh "$bulkhead" $vm "$wanted"
	check "events tell of each kill of $vm" \
		[ "$("$bulkhead" events $vm | grep -c 'ended *killed by signal 9')" = "$wanted" ]
done
check "the launchers are those of before" [ "$(launchers)" = "$processes" ]
check "no descriptor leaks in them" [ "$(count)" = "$before" ]
check "no interface leaks" [ "$(ip -o link | wc -l)" = "$interfaces" ]
for vm in $vms; do
	check "$vm stops" "$bulkhead" stop $vm
done
check "no bridge or tap is left" sh -c '! ip -o link | grep -q ": bh"'
check "no folder is left" [ -z "$(ls run/vm)" ]
finish
