# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the VMM, its manifests and bulkhead.ko.
cd "$(dirname "$0")" || exit 1
. ./vmm_board.sh
rtc=9010000.pl031 fake=73010000.test

start_board
modprobe -a tun vhost_net vhost_vsock fixed

# Bad input: an error with its code, and nothing left behind.
fails_with() {
	wanted=$1
	shift
	! ./bulkhead-vmm "$@" </dev/null >/dev/null 2>error && grep -q "error\[$wanted\]" error
}
is a_missing_manifest_is_e1028 fails_with E1028 nothing
is something_else_is_no_manifest_e1000 fails_with E1000 ./probe
is an_unknown_console_is_e1029 fails_with E1029 journal --console none=console.sock
is a_control_socket_without_a_folder_is_e1035 fails_with E1035 journal --control /none/control
is something_else_than_kvm_is_e1030 fails_with E1030 journal --kvm /dev/null
is a_gicv2_on_this_board_is_e1033 fails_with E1033 gicv2
is addresses_beyond_the_processor_are_e1031 fails_with E1031 far
is a_call_that_is_not_ours_to_answer_is_e1032 fails_with E1032 reserved

fails_without_descriptors() (
	ulimit -n 16
	fails_with E1034 many
)
is too_few_descriptors_for_vcpus_is_e1034 fails_without_descriptors
is a_missing_kernel_is_e1023 fails_with E1023 nokernel
rm -f disk
is a_missing_disk_is_e1041 fails_with E1041 journal
is a_device_that_is_not_bound_is_e1050 fails_with E1050 board

check_devices pci console3
is pci_interrupts_are_messages guest_says messages 2
check_devices mmio console3

# The journal: whatever the guest had flushed before the kill is there.
flushed_is_stored() {
	last=$(said flushed)
	[ "$last" -ge 1 ] || return 1
	number=1
	while [ $number -le "$last" ]; do
		[ "$(dd if=disk bs=512 skip=$number count=1 2>/dev/null | head -c 8)" = "$(printf '%08d' $number)" ] || {
			echo "$number of $last is not there"
			return 1
		}
		number=$((number + 1))
	done
}
fresh_disk
run journal
wait_for has_said "flushed 5"
kill -9 $vmm
wait $vmm 2>/dev/null
is flushed_writes_survive_a_kill flushed_is_stored

run panic --no-restart
is panic_ends_with_the_code_for_a_restart ended 3
run reboot
booted_twice() {
	[ "$(fact status boots)" -ge 2 ]
}
wait_for booted_twice
is reboot_stays_in_the_process kill -0 $vmm
is stop_over_the_control_socket ./ask control stop
is stopped_has_its_own_code ended 5

# Devices of the board in a VM: the clock's interrupt is up before the VM exists.
insmod ./bulkhead.ko memory=vm-named
is memory_that_is_elsewhere_is_e1022 fails_with E1022 moved
echo "$fake,$rtc" >$settings/no_dma
is rtc_bound bind $amba $rtc
is fake_bound bind $platform $fake
is line_is_up ./raise $rtc
run board
is board_guest_powers_off ended 0
is early_interrupt_reached_the_guest [ "$(said early)" -ge 1 ]
is four_alarms_arrived guest_says alarms 4
is scmi_clocks_have_the_hosts_rates guest_says clocks "bus=32768 core=12000000 "
is host_clocks_run_on ./probe controls $fake
is given_back give_back $amba $rtc
is host_driver_works hwclock -r -f /dev/"$(ls $amba/devices/$rtc/rtc | head -n 1)"
is board_is_quiet is_quiet
finish
