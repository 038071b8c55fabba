#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A device that is told to do DMA outside its VM's memory, behind the SMMU of the board `virt`, while other VMs run; one
# of them has an NVMe controller as its disk, and uses its INTx line.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pci_host.sh"
guest edu
for_board "$work/board" page
quiet="console=ttyS0 quiet panic=-1"
plan other "cmdline=$quiet test=live"
plan disk "cmdline=$quiet pci=nomsi test=list,nvme,live" function=0000:00:03.0
# Its memory is where the board has none: what it takes for an address of its own is nobody else's.
plan edu "cmdline=$quiet test=edu,live" base=0x100000000 function=0000:00:02.0

head -c 67108864 /dev/urandom >"$work/disk"
head -c 1048576 "$work/disk" | md5sum | cut -d' ' -f1 >"$work/board/disk.md5"
boot virt --memory 3G --cpu max,pauth-impdef=on $(with edu,dma_mask=0xffffffffffff,addr=2 nvme,serial=lab,drive=nvme,addr=3) \
	--qemu-arg -drive --qemu-arg "if=none,id=nvme,format=raw,file=$work/disk"
run_there pci_edu_board.sh
