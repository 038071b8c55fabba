#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds.sh: makes the seeds of fuzz_plan from the cases.
set -eu
cd "$(dirname "$0")"
for case in glue_and_core_share_a_stream_id stream_ids_overlap_by_their_masks both_macs_of_one_mdio_bus \
	a_phy_that_nobody_else_uses_comes_along an_interrupt_through_a_nexus a_pci_host_bridge_stays \
	interrupts_of_other_controllers_are_passed_on empty_entries_keep_their_places \
	device_and_phy_are_each_others_supplier suppliers_without_compatible_belong_to_their_device \
	a_chip_that_cannot_go_is_left_out memory_set_aside_is_where_dma_reaches shared_clocks_are_kept_on_and_rates_kept_in_range pci_functions_go_to_a_vm \
	pci_function_given_twice pci_usb_rule_needs_the_controller; do
	dts=cases/$case.dts
	[ -f "$dts" ] || dts=cases/pci.dts
	dtc -q -@ -I dts -O dtb -o /tmp/seed.$$ "$dts"
	size=$(wc -c <"cases/$case.toml")
	{
		printf "\\$(printf %o $((size % 256)))\\$(printf %o $((size / 256)))"
		cat "cases/$case.toml" /tmp/seed.$$
	} >"fuzz_plan.seeds/$case"
	rm /tmp/seed.$$
done
