# SPDX-License-Identifier: Apache-2.0
# Runs on the board `imx8mp-evk` in the folder with bulkhead, its configuration and bulkhead.ko.
cd "$(dirname "$0")" || exit 1
. ./pci_board.sh
export BULKHEAD_MODULE=$PWD/bulkhead.ko

domain_is() {
	grep -q "^gpu3d *$1" /sys/kernel/debug/pm_genpd/pm_genpd_summary
}

# step WORD: the guest goes on, and has said that its driver is so.
step() {
	echo >&7
	await gpu "driver $1"
}

start_board
is domain_is_off_without_a_vm domain_is off
is configuration_is_applied bulkhead apply
follow gpu
exec 7<>gpu.typing
is guests_driver_has_the_device await gpu "driver bound"
is domain_is_on_for_it domain_is on
is guests_driver_lets_it_go step gone
is domain_is_off_in_the_host domain_is off
is guests_driver_takes_it_again step back
is domain_is_on_again domain_is on
is nothing_was_refused sh -c '! bulkhead status gpu | grep -i refused'
is vm_is_taken_down bulkhead apply --down
is domain_is_off_at_the_end domain_is off
is no_complaint is_quiet
finish
