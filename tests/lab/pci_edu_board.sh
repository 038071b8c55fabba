#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs and manifests.
cd "$(dirname "$0")" || exit 1
. ./pci_board.sh
edu=0000:00:02.0 nvme=0000:00:03.0

vmm_of() {
	bulkhead status "$1" --json | sed -n 's/.*"process": \([0-9]*\).*/\1/p'
}

beats() {
	said "$1" beat
}

goes_on() {
	before=$(beats "$1")
	grows() { [ "$(beats "$1")" -gt "$before" ]; }
	wait_for grows "$1"
}

start_board
take $edu
take $nvme
is a_vm_without_devices_starts begin other
is a_vm_with_a_disk_starts begin disk
is a_vm_with_the_device_starts begin edu
is the_guest_with_the_disk_has_written await disk written
is the_guest_drives_the_disk_by_its_line [ "$(said disk function | awk '{ print $4, $5 }')" = "nvme line" ]
is the_guest_read_the_disk [ "$(said disk disk)" = "$(cat disk.md5)" ]

# What the device is to reach for: a page of the host, and of another VM: its kernel's text.
mkfifo own.input
./page own <own.input >own &
exec 8>own.input
wait_for grep -q 0x own
is the_other_guest_runs await other beat
other=$(vmm_of other)
# The page that is compared must be one that its owner does not change.
offset=0x400000
./page of "$other" $offset >other.before
sleep 1
./page of "$other" $offset >other.again
is the_other_vms_page_rests cmp other.before other.again
targets="$(head -n 1 own) $(cut -d' ' -f1 other.before) 0xffffff000"
echo "# the device reaches for $targets"
is the_guest_is_ready await edu asks
echo "$targets" >edu.typing
is the_device_has_tried_all await edu outside 3
is dma_inside_the_vms_memory_works [ "$(said edu inside)" = moved ]
is the_device_read_nothing_outside [ "$(all_said edu outside | grep -c blank)" = 3 ]
./page of "$other" $offset >other.after
is no_byte_of_the_other_vm_changed cmp other.before other.after
exec 8>&-
wait_for grep -qE "kept|changed" own
is no_byte_of_the_host_changed grep -q kept own
faults_are_told() { bulkhead status edu | grep -q "faults.*$edu: "; }
wait_for faults_are_told
bulkhead status edu | sed 's/^/# /'
is status_names_the_device_and_the_address sh -c \
	"bulkhead status edu | grep -qE 'faults +[0-9]+, last $edu: (write to|read of) 0x[0-9a-f]+ \\(F_TRANSLATION, '"
is events_name_it_too grep -q "$edu: write to $(head -n 1 own) " /run/bulkhead/events
wait_for grep -q "$edu: [0-9]* more, last " /run/bulkhead/events
grep fault /run/bulkhead/events | sed 's/^/# /'
faults=$(bulkhead status edu | sed -n "s/.*faults *\([0-9]*\),.*/\1/p")
is further_faults_are_told_as_sums [ "$(grep -c " fault edu " /run/bulkhead/events)" -lt "$faults" ]
is the_other_vm_goes_on goes_on other
is the_vm_with_the_disk_goes_on goes_on disk
is the_devices_own_vm_goes_on goes_on edu
is no_fault_is_another_vms sh -c '! bulkhead status other | grep -q faults && ! bulkhead status disk | grep -q faults'

written=$(said disk written)
for vm in edu disk other; do
	bulkhead stop $vm
done
give_back $edu
give_back $nvme
wait_for [ -b /dev/nvme0n1 ]
is the_hosts_driver_has_the_disk [ "$(basename "$(readlink $pci/devices/$nvme/driver)")" = nvme ]
is what_the_guest_wrote_is_on_it [ "$(head -c 1048576 /dev/nvme0n1 | md5sum | cut -d' ' -f1)" = "$written" ]
finish
