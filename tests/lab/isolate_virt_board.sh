# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs and manifests.
cd "$(dirname "$0")" || exit 1
. ./isolate_board.sh

fresh_disk
start_net tap0 192.168.7.1 &
is a_vm_starts ./bulkhead start app --manifest app
listen app
wait_for has_said disk
user=$(awk '/^Uid/ { print $2 }' "/proc/$(of app)/status")
is it_has_a_user_of_its_own [ "$user" -ge 1879048192 ]
is and_a_group shows app Gid "$user"
is another_vm_starts ./bulkhead start other --manifest other
is another_vm_has_another_user [ "$(awk '/^Uid/ { print $2 }' "/proc/$(of other)/status")" != "$user" ]
for kind in user mnt pid net ipc uts cgroup; do
	is "it_has_a_${kind}_namespace_of_its_own" own_namespace app $kind
done
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	is "no_capabilities_in_$set" shows app $set 0000000000000000
done
is no_new_privileges all_threads_show app NoNewPrivs 1
is every_thread_is_filtered all_threads_show app Seccomp 2
is its_root_folder_is_empty [ -z "$(ls -A "/proc/$(of app)/root/")" ]
is only_its_interface_lo_is_there [ "$(awk 'NR > 2 { print $1 }' "/proc/$(of app)/net/dev")" = "lo:" ]
is its_memory_is_limited [ "$(cat /sys/fs/cgroup/bulkhead/app/memory.max)" = 419430400 ]
is its_processes_are_limited [ "$(cat /sys/fs/cgroup/bulkhead/app/pids.max)" = 24 ]
is it_is_in_that_group grep -qx "$(of app)" /sys/fs/cgroup/bulkhead/app/cgroup.procs
is no_core_dumps grep -q 'Max core file size *0 *0' "/proc/$(of app)/limits"
cat "/proc/$(of app)/maps" >maps
is no_memory_is_both_written_and_executed [ "$(grep -c wx maps)" = 0 ]
is status_answers_through_the_door [ "$(./bulkhead status --json | grep -c '"running"')" -ge 2 ]
./ask $BULKHEAD_RUN/vm/app/control status | grep isolation | sed 's/^/# /'
is status_says_how_it_is_isolated [ "$(./ask $BULKHEAD_RUN/vm/app/control status | grep -c '^isolation')" -ge 5 ]
wait_for has_said ping
is the_guest_s_network_answers guest_says ping answered
is the_guest_read_its_disk guest_says disk "$disk_sum"
is the_guest_wrote_its_disk [ "$(said written)" = "$(md5sum <disk | cut -d' ' -f1)" ]
is the_read_only_disk_is_kept guest_says readonly kept

# Only the owner comes in.
stranger() {
	chmod 711 $BULKHEAD_RUN $BULKHEAD_RUN/vm $BULKHEAD_RUN/vm/app
	chmod 666 $BULKHEAD_RUN/vm/app/control
	! ./ask $BULKHEAD_RUN/vm/app/control status 1000 >answer && [ ! -s answer ]
}
is a_stranger_is_not_let_in_even_through_an_open_file stranger
# Neither can who is let in do harm.
launcher_use() {
	ls "/proc/$(state app launcher)/fd" | wc -l
	awk '/^VmRSS/ { print $2 }' "/proc/$(state app launcher)/status"
}
launcher_before=$(launcher_use | tr '\n' ' ')
vmm_before=$(of app)
is a_hostile_client_keeps_nobody_out ./hostile $BULKHEAD_RUN/vm/app/control
is the_vm_is_the_same [ "$(of app)" = "$vmm_before" ]
# A question of the launcher's own may be under way; memory comes in pages.
unharmed() {
	echo "before $launcher_before, after $(launcher_use | tr '\n' ' ')"
	echo "$launcher_before $(launcher_use | tr '\n' ' ')" | awk '{ exit !($3 <= $1 + 2 && $4 <= $2 + 256) }'
}
is and_its_launcher_has_what_it_had unharmed
is pause ./bulkhead pause app
is resume ./bulkhead resume app
is stop ./bulkhead stop app
is other_stops ./bulkhead stop other
is nothing_is_left_of_its_group [ ! -e /sys/fs/cgroup/bulkhead/app ]

fails_at_once() {
	! ./bulkhead start missing --manifest missing 2>error && grep -q E1115 error && grep -q E1023 error
}
is a_missing_kernel_is_told_by_the_launcher fails_at_once

BULKHEAD_VMM=$PWD/compromised-vmm
export BULKHEAD_TEST=attempts
is a_vmm_that_turns_against_its_host_starts ./bulkhead start app --manifest app
log=$BULKHEAD_RUN/vm/app/log
echo "# $(grep -c 'attempt .*: refused' $log) attempts refused"
for kind in loop vcpu disk; do
	count=$(grep -c "attempt .* by $kind: refused" $log)
	is "every_attempt_by_a_${kind}_is_refused" [ "$count" -ge 75 -a -z "$(grep "attempt .* by $kind: [^r]" $log)" ]
	is "and_logged_by_${kind}" [ "$(grep -c "($kind): refused: system call" $log)" -ge "$count" ]
done
is it_stops_nevertheless ./bulkhead stop app

BULKHEAD_TEST=attempts-unfiltered
is without_filters_it_starts ./bulkhead start app --manifest app
echo "# $(grep -c 'attempt .*: failed' $log) attempts failed without filters"
is what_is_left_holds_alone [ -z "$(grep 'attempt .*: SUCCEEDED' $log)" -a "$(grep -c 'attempt .*: failed' $log)" -ge 60 ]
grep 'attempt .*: SUCCEEDED' $log | head -n 5 | sed 's/^/# /'
./bulkhead stop app

# A refused call ends the VMM in its own way: here one that it cannot do without.
BULKHEAD_TEST="without loop 0"
dies_of_a_refused_call() {
	! ./bulkhead start app --manifest app 2>error || return 1
	cat error
	grep -q 'while it was starting (7)' error && grep -q '(loop): refused: system call epoll_pwait' error
}
is a_refused_call_ends_the_vmm_with_a_status_of_its_own dies_of_a_refused_call
finish
