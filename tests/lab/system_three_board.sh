# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt`: three VMs under load, whose VMMs are killed at random.
cd "$(dirname "$0")" || exit 1
. ./system_board.sh
. ./settings
vms="gate app store"

for vm in $vms stranger; do
	dd if=/dev/zero of=$vm.img bs=1k count=1024 2>/dev/null
done
modprobe -a tun vhost_net vhost_vsock bridge sch_ingress cls_bpf
grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup
free_before=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)

is the_system_comes_up bulkhead apply
[ -d /run/bulkhead/vm/store ] || finish_early
is all_are_ready_when_apply_returns is_ready gate
is the_app_is_ready_too is_ready app
ready_at() {
	bulkhead events --json | grep "\"event\": \"$2\"" | grep "\"vm\": \"$1\"" | sed -n 's/.*"uptime": \([0-9.]*\).*/\1/p' | head -n 1
}
is the_app_was_started_when_the_gate_was_ready awk -v a="$(ready_at gate ready)" -v b="$(ready_at app started)" 'BEGIN { exit !(a > 0 && b >= a) }'
is the_app_reaches_the_gate grows app got
is the_store_stores grows store written
is the_host_has_no_address_on_the_bridge sh -c '! ip addr show bh-lan | grep -q inet'
is the_host_has_no_address_on_a_tap sh -c '! ip addr show bh0.0 | grep -q inet'
is the_stranger_asks wait_for_more stranger heard -1
is each_is_in_its_control_group grep -qx "$(state app vmm)" /sys/fs/cgroup/bulkhead/app/cgroup.procs

count_descriptors() {
	for vm in $vms; do
		descriptors "$(state $vm launcher)"
	done | tr '\n' ' '
}
sizes() {
	for vm in $vms; do
		own_memory "$(state $vm launcher)" 0
	done | tr '\n' ' '
}

kills=0 kills_gate=0 kills_app=0 kills_store=0 missed=0
kill_vmm() {
	kills=$((kills + 1))
	kill -9 "$(state "$1" vmm)" && eval "kills_$1=\$((kills_$1 + 1))" || missed=$((missed + 1))
	# Its launcher may take a moment to see that.
	eval "wanted=\$kills_$1"
	until [ "$(state "$1" restarts)" -ge "$wanted" ]; do sleep 0.1; done
}

# The loss of the gate is a pause: the app gets on without being started again.
sees_a_pause() {
	boots=$(noted app 0 boots) got=$(noted app 1 got)
	kill_vmm gate
	until is_ready gate; do sleep 0.2; done
	wait_for_more app got $((got + 1)) && [ "$(noted app 0 boots)" = "$boots" ]
}
is the_loss_of_the_gate_is_a_pause_to_the_app sees_a_pause
descriptors_before=$(count_descriptors) sizes_before=$(sizes)
interfaces_before=$(ls /sys/class/net | wc -l)

# Kills one VMM after the other, of those that are at work, until the time is over.
at_work() {
	for vm in $vms; do
		! is_ready $vm || echo $vm
	done
}
echo "# for $DURATION s, every $INTERVAL s, seed $SEED"
end=$(($(cut -d. -f1 /proc/uptime) + DURATION))
while [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
	until [ -n "$(at_work)" ]; do sleep 0.2; done
	vm=$(at_work | tr '\n' ' ' | awk -v seed=$((SEED + kills)) '{ srand(seed); print $(1 + int(rand() * NF)) }')
	kill_vmm "$vm"
	sleep "$INTERVAL"
done
for vm in $vms; do
	until is_ready $vm; do sleep 0.2; done
done
is all_are_at_work_again [ "$(at_work | wc -l)" = 3 ]
echo "# $kills kills: gate $kills_gate, app $kills_app, store $kills_store; app: $(dd if=app.img bs=512 skip=1 count=1 2>/dev/null | tr -s ' ' | tr -d '\0\n')"
is every_kill_met_a_vmm [ $missed = 0 ]
for vm in $vms; do
	eval "wanted=\$kills_$vm"
	is "${vm}_was_started_again_as_often_as_it_was_killed" [ "$(state $vm restarts)" = "$wanted" ]
	is "${vm}_booted_once_more_than_that" [ "$(noted $vm 0 boots)" = $((wanted + 1)) ]
	is "events_of_${vm}_tell_of_each_kill" [ "$(bulkhead events | grep -c "$vm *ended *killed by signal 9")" = "$wanted" ]
	is "status_counts_the_restarts_of_${vm}" sh -c "bulkhead status $vm --json | grep -q '\"restarts\": $wanted'"
done
is the_app_goes_on grows app got
is the_store_goes_on grows store written
is the_app_never_got_wrong_bytes [ "$(noted app 1 wrong)" = 0 ]
is nothing_flushed_was_lost [ "$(noted store 1 bad)" = 0 ]
is the_stranger_reached_nobody [ "$(noted stranger 1 heard)" = 0 ]
is the_stranger_was_left_alone [ "$(noted stranger 0 boots)" = 1 ]
is no_descriptor_leaks_in_the_launchers [ "$(count_descriptors)" = "$descriptors_before" ]
# The pages that a launcher touches once stay; what grows with each life would be more.
no_growth() {
	echo "before $sizes_before, after $(sizes)"
	echo "$sizes_before $(sizes)" | awk '{ for (i = 1; i <= 3; i++) if ($(i + 3) > $i + 256) exit 1 }'
}
is no_memory_leaks_in_them no_growth
is no_interface_leaks [ "$(ls /sys/class/net | wc -l)" = "$interfaces_before" ]
for vm in $vms; do
	echo "# $vm: $(own_memory "$(state $vm vmm)" 98304) KiB in its VMM, $(own_memory "$(state $vm launcher)" 0) KiB in its launcher"
done
is all_is_taken_down bulkhead apply --down
# Those that nobody has collected yet live no more.
none_lives() {
	for folder in /proc/[0-9]*; do
		case $(cat "$folder/comm" 2>/dev/null) in
		bulkhead-vm | bulkhead-vmm) ! grep -q '^State:[[:space:]]*[^ZX]' "$folder/status" || return 1 ;;
		esac
	done
}
is no_process_is_left none_lives
is no_bridge_or_tap_is_left sh -c '! ls /sys/class/net | grep -q ^bh'
is no_control_group_is_left [ -z "$(find /sys/fs/cgroup/bulkhead -mindepth 1 -type d)" ]
no_lock() {
	for lock in /run/bulkhead/users/*; do
		! grep -q "FLOCK.*:$(ls -i "$lock" | awk '{ print $1 }') " /proc/locks || return 1
	done
}
is no_user_is_taken no_lock
is no_folder_is_left [ -z "$(ls /run/bulkhead/vm)" ]
returned() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	free_after=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
	echo "before $free_before KiB, after $free_after KiB"
	[ $((free_before - free_after)) -lt 16384 ]
}
is memory_comes_back returned
is board_is_quiet is_quiet
finish
