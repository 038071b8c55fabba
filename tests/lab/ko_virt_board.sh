#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the emulated board `virt`, with the tree of ko_virt.dtso, in a folder with `probe` and bulkhead.ko.
# One line a behaviour, as ko_board.sh says.
cd "$(dirname "$0")" || exit 1
. ./ko_board.sh
rtc=9010000.pl031 gpio=9030000.pl061 fake=73010000.test

start_board
modprobe fixed
insmod ./bulkhead.ko memory=vm-named,vm-nomap call_rate=1 call_burst=64

refused_without_consent() {
	! bind $amba $rtc 2>/dev/null && dmesg | grep -q "$rtc: refused: no IOMMU stands before it"
}
is refused_without_consent refused_without_consent
echo "other,$rtc" >$settings/no_dma
is bound_with_consent bind $amba $rtc
is not_in_use [ "$(cat $amba/devices/$rtc/in_use $amba/devices/$rtc/dma | tr '\n' ' ')" = "0 unguarded " ]
is registers_mapped ./probe identity $rtc 00141031
is level_interrupt_masks_itself_and_fires_again ./probe alarm $rtc 20
is early_interrupt_is_not_lost ./probe early $rtc
moderated() {
	before=$(cat $settings/moderation_us)
	echo 10000 >$settings/moderation_us
	./probe moderate $rtc 10000
	code=$?
	echo "$before" >$settings/moderation_us
	return $code
}
is interrupt_that_comes_back_at_once_waits moderated
is eventfd_loop_does_not_hang ./probe loop $rtc
is wrong_arguments_refused ./probe refused $rtc
is other_version_refused ./probe version $rtc
is killed_holder killed hold $rtc
is quiet_after_kill [ -z "$(grep bulkhead: /proc/interrupts)" ]
is used_again_after_kill ./probe early $rtc
is hostile_calls ./probe hostile $rtc 4000 1
is given_back give_back $amba $rtc
is host_driver_works hwclock -r -f /dev/"$(ls $amba/devices/$rtc/rtc | head -n 1)"

echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
is bound_behind_the_iommu bind $amba $gpio
is guarded [ "$(cat $amba/devices/$gpio/dma)" = iommu ]
is registers_mapped_behind_the_iommu ./probe identity $gpio 00041061
is hostile_calls_behind_the_iommu ./probe hostile $gpio 1000 2
is given_back_behind_the_iommu give_back $amba $gpio

echo "$fake" >$settings/no_dma
is fake_bound bind $platform $fake
cat >expected <<END
clock 0 core on 12000000
clock 1 none absent
clock 2 bus on 32768
reset 0 core off
reset 1 bus off
supply 0 vcc on
END
is controls_listed lists_controls $fake
is controls_reach_the_host ./probe switch $fake
is controls_put_back lists_controls $fake
is calls_limited ./probe limit $fake

# What the host says stops the device.
quiesce=$platform/devices/$fake/quiesce
refuses() {
	! echo "$1" >$quiesce
}
is nothing_but_its_reset_stops_it grep -q reset $platform/devices/$fake/stopped_by
echo 'write 0 0x10 0xffffffff 0x12345678; write 0 0x14 0xff00 0xab00; wait 0 0x10 0xff 0x78
write 1 0xc 0xffffffff 7' >$quiesce
cp $quiesce listed
for wrong in 'write 9 0 1 1' 'write 0 0x10000 1 1' 'write 0 0xfffffffc 1 1' 'write 0 2 1 1' 'write 0 0 1 2' \
	'write 0 0 0 0' 'wait 0 0 1' 'wait 0 0 1 1 1' 'poke 0 0 1 1' 'write 0 0 1 x' "$(yes 'write 0 0 1 1' | head -n 17)"; do
	refuses "$wrong" || echo "$wrong" >>accepted
done 2>/dev/null
is wrong_steps_are_refused [ ! -e accepted ]
is a_refused_list_changes_nothing cmp listed $quiesce
is killed_while_it_runs killed running $fake
is register_written ./probe bits $fake 0 0x10 0xffffffff 0x12345678
is register_masked ./probe bits $fake 0 0x14 0xffffffff 0x1122ab44
is register_written_in_small_region ./probe bits $fake 1 0xc 0xffffffff 7
echo >$quiesce
is list_can_be_taken_back [ -z "$(cat $quiesce)" ]
echo 1000000000 >$settings/call_rate
is hostile_calls_to_controls ./probe hostile $fake 4000 3
is controls_put_back_after_hostile_calls lists_controls $fake
is fake_given_back give_back $platform $fake
is clocks_released [ "$(cat /sys/kernel/debug/clk/mmc0/clk_enable_count)" = 0 ]

is memory_by_compatible ./probe memory vm-ram
is memory_by_parameter ./probe memory vm-named@71000000
is killed_with_dirty_memory killed dirty vm-ram
is memory_zeroed_for_the_next killed dirty vm-ram
is memory_not_given_out ./probe no-memory vm-other vm-nomap registers nothing vm-ram@1 ""
is no_map_explained sh -c 'dmesg | grep -q "vm-nomap@72800000 is not given out: it says \"no-map\""'

is unloaded rmmod bulkhead
is no_complaint is_quiet
finish
