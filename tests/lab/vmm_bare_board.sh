# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt`: guests that do what no kernel would.
cd "$(dirname "$0")" || exit 1
. ./vmm_board.sh
fake=73010000.test

start_board
modprobe fixed
insmod ./bulkhead.ko call_rate=100000 call_burst=100000
echo "$fake" >$settings/no_dma
is device_bound bind $platform $fake
./probe controls $fake >controls.before

run attack
is hostile_guest_powers_off ended 0
is own_clock_is_served guest_says own_clock 0
is own_clock_has_the_hosts_rate guest_says rate 12000000
is id_out_of_range_is_not_found guest_says id_out_of_range -4
is id_of_another_vm_is_not_found guest_says id_of_another_vm -4
is rate_without_the_right_is_denied guest_says no_right_to_the_rate -3
is reset_without_the_right_is_denied guest_says no_right_to_the_reset -3
is reset_out_of_range_is_not_found guest_says reset_out_of_range -4
is protocol_without_entries_is_not_there guest_says no_power_domains -1
is message_too_short_is_a_protocol_error guest_says length_too_short -10
is message_of_no_length_is_a_protocol_error guest_says length_zero -10
is message_of_huge_length_is_a_protocol_error guest_says length_huge -10
is another_function_is_not_supported guest_says another_function -1
is page_changed_while_it_is_parsed_does_no_harm guest_says calls_that_failed_in_the_storm 0
is own_clock_is_served_after_the_storm guest_says own_clock_afterwards 0
is rate_is_the_same_after_the_storm guest_says rate_afterwards 12000000
is each_refusal_has_a_line grep -q 'SCMI: refused: rate 1000 for clock "core": its rate is the host.s' log
is host_saw_no_change diff controls.before - <<END
$(./probe controls $fake)
END

# Accesses that the processor does not describe.
dd if=/dev/zero of=disk bs=1M count=4 2>/dev/null
run odd
is an_access_that_cannot_be_emulated_ends_the_vm ended 1
is pair_is_loaded guest_says pair_magic 1953655158
is pair_is_loaded_whole guest_says pair_version 2
is load_with_post_index guest_says post_index_magic 1953655158
is base_changed_by_post_index guest_says post_index_moved 4
is base_changed_by_pre_index guest_says pre_index_moved 20
is store_with_pre_index guest_says pre_index_stored 1
is vector_is_loaded guest_says vector_capacity 8192
is device_address_and_instruction_are_named \
	grep -q 'instruction 0x885f7c41 at 0x[0-9a-f]* cannot be emulated, on disk0 at 0xa000000' log

# A restart stays in the process, as often as the guest likes.
run restart
booted_often() {
	[ "$(fact status boots)" -ge 20 ]
}
wait_for booted_often
is reboot_stays_in_the_process kill -0 $vmm
is stop_over_the_control_socket ./ask control stop
is stopped_has_its_own_code ended 5

# A watchdog that is not fed: the launcher does as the VM's policy says.
bitten() {
	./bulkhead status plain | grep -q 'restarted [1-9][0-9]* times, ended last with 6: the guest fed its watchdog no more'
}
is vm_with_a_watchdog_is_started ./bulkhead start plain --manifest hung
wait_for bitten
is vm_starts_again_and_status_says_why bitten
is vm_is_stopped ./bulkhead stop plain

# What was flushed is there, however often the VMM is killed.
kills=${KILLS:-50}
survives_kills() {
	round=0
	while [ $round -lt $kills ]; do
		run storage
		wait_for has_said "flushed $((1 + round % 7))"
		kill -9 $vmm
		wait $vmm 2>/dev/null
		./journal disk "$(said seed)" "$(said flushed)" || return 1
		round=$((round + 1))
	done
}
dd if=/dev/zero of=disk bs=1M count=4 2>/dev/null
is flushed_writes_survive_50_kills survives_kills
is nothing_is_left_of_them [ -z "$(ls -A /proc/*/exe 2>/dev/null | grep bulkhead-vmm)" ]
is board_is_quiet is_quiet
finish
