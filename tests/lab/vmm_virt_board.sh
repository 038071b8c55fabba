# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the VMM, its manifests and bulkhead.ko.
cd "$(dirname "$0")" || exit 1
. ./vmm_board.sh
rtc=9010000.pl031 gpio=9030000.pl061 fake=73010000.test

start_board
modprobe -a tun vhost_net vhost_vsock fixed
PATH=$PWD:$PATH

# Bad input: an error with its code, and nothing left behind.
fails_with() {
	wanted=$1
	shift
	! ./bulkhead-vmm "$@" </dev/null >/dev/null 2>error && grep -q "error\[$wanted\]" error
}
is a_missing_manifest_is_e1028 fails_with E1028 nothing
is something_else_is_no_manifest_e1000 fails_with E1000 ./probe
is an_unknown_console_is_e1029 fails_with E1029 broken --console none=console.sock
is a_control_socket_without_a_folder_is_e1035 fails_with E1035 broken --control /none/control
is something_else_than_kvm_is_e1030 fails_with E1030 broken --kvm /dev/null
is a_gicv2_on_this_board_is_e1033 fails_with E1033 gicv2
is addresses_beyond_the_processor_are_e1031 fails_with E1031 far
is a_call_that_is_not_ours_to_answer_is_e1032 fails_with E1032 reserved

fails_without_descriptors() (
	ulimit -n 16
	fails_with E1034 many
)
is too_few_descriptors_for_vcpus_is_e1034 fails_without_descriptors
is a_cpu_that_the_host_has_not_is_e1136 fails_with E1136 elsewhere
is a_missing_kernel_is_e1023 fails_with E1023 nokernel
rm -f disk
is a_missing_disk_is_e1041 fails_with E1041 broken
is a_device_that_is_not_bound_is_e1050 fails_with E1050 board

insmod ./bulkhead.ko memory=vm-named
check_devices pci console3
is pci_interrupts_are_messages guest_says messages 2
is each_cpu_has_a_pair_of_the_networks_queues guest_says pairs 4
check_devices mmio console3

run panic --no-restart
is panic_ends_with_the_code_for_a_restart ended 3
# A stock driver's watchdog, fed and then no more.
run watchdog
is watchdog_bites ended 6
is it_was_fed_before guest_says fed yes
is pair_of_registers_loaded_by_a_program guest_says pair 65536

# Devices of the board in a VM: the clock's interrupt is up before the VM exists.
is memory_that_is_elsewhere_is_e1022 fails_with E1022 moved
echo "$fake,$rtc" >$settings/no_dma
is rtc_bound bind $amba $rtc
is fake_bound bind $platform $fake
is line_is_up ./raise $rtc
echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
is gpio_bound_behind_the_iommu bind $amba $gpio
clock=/sys/kernel/debug/clk/bus-mmc0/clk_enable_count
clock_is() {
	wait_for has_said "clock $1"
	[ "$(cat $clock)" = "$2" ]
}
rm -f console
./bulkhead-vmm board --control "$PWD/control" --console - <typing >console 2>log &
vmm=$!
exec 7>typing
is clock_is_switched_off_by_the_guest clock_is off 0
is memory_is_mapped_for_dma_behind_the_iommu grep -q '^VmLck:.* 262144 kB' /proc/$vmm/status
is all_threads_run_on_their_cpu_alone [ "$(sed -n 's/^Cpus_allowed_list:.//p' /proc/$vmm/task/*/status | sort -u)" = 1 ]
echo >&7
is clock_is_switched_on_by_the_guest clock_is on 1
echo >&7
is board_guest_powers_off ended 0
exec 7>&-
is early_interrupt_reached_the_guest [ "$(said early)" -ge 1 ]
is four_alarms_arrived [ "$(said alarms)" -ge 4 ]
is system_suspend_ends_with_an_interrupt [ "$(said slept)" -ge 1 ]
is scmi_clocks_have_the_hosts_rates guest_says clocks "bus=32768 core=12000000 "
is gpio_given_back give_back $amba $gpio
is host_clocks_run_on ./probe controls $fake
is given_back give_back $amba $rtc
is host_driver_works hwclock -r -f /dev/"$(ls $amba/devices/$rtc/rtc | head -n 1)"
is board_is_quiet is_quiet
finish
