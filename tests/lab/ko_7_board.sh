#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# /init of the board `virt` with a 7.x kernel: bulkhead.ko is loaded, and holds the real-time clock.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs none /sys/kernel/debug
cd /test || exit
. ./ko_board.sh
rtc=9010000.pl031
modprobe() {
	insmod vfio.ko && insmod "$1.ko"
}
start_board
is module_is_loaded insmod ./bulkhead.ko
refused_without_consent() {
	! bind $amba $rtc && dmesg | grep -q "$rtc: refused: no IOMMU stands before it"
}
is device_is_refused_without_consent refused_without_consent
echo $rtc >$settings/no_dma
is device_is_bound_with_consent bind $amba $rtc
is registers_are_mapped ./probe identity $rtc 00141031
is level_interrupt_masks_itself_and_fires_again ./probe alarm $rtc 20
is early_interrupt_is_not_lost ./probe early $rtc
echo 10000 >$settings/moderation_us
is interrupt_that_comes_back_at_once_waits ./probe moderate $rtc 10000
is eventfd_loop_does_not_hang ./probe loop $rtc
is wrong_arguments_are_refused ./probe refused $rtc
is another_version_is_refused ./probe version $rtc
is holder_is_killed killed hold $rtc
is device_is_used_again_after_that ./probe early $rtc
is hostile_calls_do_no_harm ./probe hostile $rtc 4000 1
is device_is_given_back give_back $amba $rtc
host_driver_works() {
	ls -l $amba/devices/$rtc/driver
	dmesg | tail -n 5
	hwclock -r -f /dev/"$(ls $amba/devices/$rtc/rtc | head -n 1)"
}
is hosts_driver_works_again host_driver_works
is module_is_unloaded rmmod bulkhead
is kernel_found_no_fault is_quiet
finish
poweroff -f
