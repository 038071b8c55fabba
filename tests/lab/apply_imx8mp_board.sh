#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the emulated board `imx8mp-evk`, in a folder with bulkhead, bulkhead.toml and bulkhead.ko.
cd "$(dirname "$0")" || exit 1
. ./ko_board.sh
device=$platform/devices/30be0000.ethernet
PATH=$PWD:$PATH

# driver_is NAME: the device has this driver ("" for none).
driver_is() {
	[ "$(basename "$(readlink $device/driver)")" = "$1" ]
}

fails_with() {
	wanted=$1
	shift
	"$@" 2>error.txt
	[ $? = 1 ] && grep -q "error\[$wanted\]" error.txt || {
		cat error.txt
		return 1
	}
}

net_works() {
	wait_for [ -e $device/net ]
	interface=$(ls $device/net)
	ip link set "$interface" up
	wait_for grep -q 1 "/sys/class/net/$interface/carrier"
	ip address add 10.0.2.15/24 dev "$interface" 2>/dev/null
	ping -c 2 -W 30 10.0.2.2
}

says_changes() {
	bulkhead apply --check >changes.txt
	[ $? = 4 ] && grep -q 'take 30be0000.ethernet' changes.txt
}

start_board
is host_driver_has_the_device driver_is fec
is pending_changes_are_shown says_changes
is nothing_is_done_without_the_module fails_with E1105 bulkhead apply
is host_driver_still_has_it driver_is fec
# Built, not installed: the file is named.
export BULKHEAD_MODULE=$PWD/bulkhead.ko

# The host's driver forbids to be unbound: its module goes, and comes back.
is applied bulkhead apply
is device_taken driver_is bulkhead
is status_tells_where_it_came_from sh -c 'bulkhead status | grep -q "30be0000.ethernet of fec"'
is nothing_left_to_do bulkhead apply --check
is applied_twice bulkhead apply
is machine_is_shown sh -c 'bulkhead show net | grep -q 30be0000.ethernet'
is given_back bulkhead apply --down
is host_driver_has_it_again driver_is fec
is host_driver_works net_works

# A supplier that is not loaded is found and loaded.
modprobe -r fec
modprobe -r nvmem-imx-ocotp
is missing_supplier_is_loaded bulkhead apply
is device_taken_after_its_supplier driver_is bulkhead
is given_back_without_a_driver bulkhead apply --down
is no_complaint is_quiet
finish
