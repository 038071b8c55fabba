#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the emulated board `imx8mp-evk`, with its own tree, in a folder with `probe` and bulkhead.ko: a real
# Ethernet controller goes to bulkhead and back. One line a behaviour, as in ko_virt_board.sh.
cd "$(dirname "$0")" || exit 1
. ./ko_board.sh
fec=30be0000.ethernet gpu=38000000.gpu

start_board
insmod ./bulkhead.ko
echo "$fec" >$settings/allow_unsafe_dma
echo "$gpu" >$settings/no_dma

modprobe nvmem-imx-ocotp
# This driver forbids that a device is taken from it by name.
rmmod fec 2>/dev/null
is bound bind $platform $fec
cat >expected <<END
clock 0 ipg on 266666666
clock 1 ahb on 266666666
clock 2 ptp on 100000000
clock 3 enet_clk_ref on 125000000
clock 4 enet_out on 50000000
END
is clocks_listed_with_their_rates lists_controls $fec
is four_level_interrupts ./probe parts $fec 0x10000 4
told_by_one() {
	echo 10000 >$settings/moderation_us
	./probe together $fec 100
	code=$?
	echo 200 >$settings/moderation_us
	return $code
}
is lines_that_rise_together_are_told_by_one told_by_one
is hostile_calls ./probe hostile $fec 500 4
is clocks_put_back lists_controls $fec
is given_back give_back $platform $fec
modprobe fec
is host_driver_has_it wait_for [ -e $platform/devices/$fec/net ]
net_works() {
	interface=$(ls $platform/devices/$fec/net)
	ip link set "$interface" up
	wait_for grep -q 1 "/sys/class/net/$interface/carrier"
	ip address add 10.0.2.15/24 dev "$interface" 2>/dev/null
	ping -c 2 -W 30 10.0.2.2
}
is host_driver_works net_works

rmmod fec
is taken_from_the_host_driver bind $platform $fec
is taken_with_its_clocks lists_controls $fec
is given_back_once_more give_back $platform $fec
modprobe fec
is host_driver_has_it_again wait_for [ -e $platform/devices/$fec/net ]
is host_driver_works_again net_works

domain_is() {
	grep -q "^$1 *$2" /sys/kernel/debug/pm_genpd/pm_genpd_summary
}
is domain_off_before domain_is gpu3d off
is gpu_bound bind $platform $gpu
is domain_held domain_is gpu3d on
is domain_switched ./probe domain $gpu gpu3d
is domain_put_back domain_is gpu3d on
is gpu_given_back give_back $platform $gpu
is domain_released domain_is gpu3d off

is unloaded rmmod bulkhead
is no_complaint is_quiet
finish
