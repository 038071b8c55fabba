#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller (e1000e) in a VM behind the SMMU of the board `virt`, from one TOML file: an address by DHCP,
# bytes both ways, messages counted by the guest; the VMM is killed and the guest moves bytes again; then the host's driver
# has it back. The network's other end runs here and judges. Two functions that share an IOMMU group go together or not at all.
#
# CARD: another card of QEMU's. For more see net_host.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pci_host.sh"
. tests/lab/net_host.sh
card=${CARD-e1000e}
nic=0000:00:02.0
sys=/sys/bus/pci/devices/$nic
guest
other_end tests/lab/pci_nic.toml

# group NAME DEVICES: a VM with functions of one group.
group() {
	cat >"$work/board/$1.toml" <<-END
		[board]

		[vm.pair]
		memory = "256M"
		kernel = "/lab/Image"
		initrd = "/tmp/pci-guest.cpio"
		devices = [$2]
		cmdline = "quiet test=list,live"
	END
}
group one '"0000:00:04.0"'
group both '"0000:00:04.0", "0000:00:04.1"'

# The host's kernel takes each message and hands it on. What it does not have is a driver of its own on any of them: all
# are VFIO's. Messages that come while one is pending in the guest are one there, so the host may count more.
for_vfio_alone() {
	told=$(sed -n 's/^guest \([0-9]*\) interrupts$/\1/p' "$work/heard.txt" | tail -n 1)
	host=$(there "cd $sys/msi_irqs && for i in *; do grep \"^ *\$i:\" /proc/interrupts; done" | awk '
		{ sum += $2 + $3; lines++ } !/vfio-msix/ { others++ } END { print sum + 0, lines + 0, others + 0 }')
	echo "guest $told; host: messages, vectors, vectors of others: $host"
	set -- $host
	[ "$2" -gt 0 ] && [ "$3" = 0 ] && [ "$1" -ge "$told" ]
}

# The accesses to the function that the VMM saw: setting it up, and none for packets.
no_exits_for_packets() {
	accesses=$(there './ask /run/bulkhead/vm/net/control stats' | sed -n "s/^mmio.$nic.accesses //p" |
		awk '{ sum += $1 } END { print sum + 0 }')
	echo "accesses $accesses"
	[ "$accesses" -lt 300 ]
}

"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/ask" tests/lab/vmm/ask.c
boot virt --memory 2G --cpu max,pauth-impdef=on --qemu-arg -netdev --qemu-arg user,id=lan \
	$(with "$card,netdev=lan,addr=2,mac=52:54:00:00:00:02,romfile=" nvme,serial=a,addr=4.0,multifunction=on \
		nvme,serial=b,addr=4.1)
lab push virt "$work"/board/* /tmp 2>/dev/null
driver=$(there "basename \$(readlink $sys/driver)")
check "the configuration has fewer than 20 lines" [ "$(wc -l <"$work/board/bulkhead.toml")" -lt 20 ]
check "the configuration is applied" there 'bulkhead apply'
check "vfio-pci has the function" there "[ \$(basename \$(readlink $sys/driver)) = vfio-pci ]"
check "status tells where it came from" there "bulkhead status | grep -q '$nic of $driver'"
check "its VMM has no rights" has_no_rights "$vmm"
check "the guest has come to its end" heard 1
check "the guest drives it with message interrupts" grep -q "^driver $driver msix" "$work/heard.txt"
check "the guest has an address by DHCP" grep -q '^address 10[.]0[.]2[.]' "$work/heard.txt"
check "the guest is answered" grep -q '^answered' "$work/heard.txt"
check "all $bytes bytes arrived, both ways" lives_moved "$bytes" 1
# A card may wait a little and tell of many frames at once.
check "messages were counted in the guest" counted_many 1 20
check "the host takes them for VFIO alone" for_vfio_alone
check "no packet passed through the VMM" no_exits_for_packets
[ "$restarts" = 0 ] || check "it works after each of $restarts restarts" several "$restarts" there 'bulkhead restart net'
check "it works after each of $kills SIGKILLs of the VMM" several "$kills" kill_vmm
check "all bytes arrived, both ways, in each life" lives_moved "$later" $((restarts + kills))
check "messages were counted in each life" counted_many $((1 + restarts + kills)) 20
check "the launcher counted the kills" there "bulkhead status net | grep -q 'restarted $kills time'"
check "no fault was seen" there '! bulkhead status net | grep faults'
check "all is taken down" there 'bulkhead apply --down'
check "the host's driver has it back" there "until [ -e $sys/net ]; do sleep 0.1; done
	[ \$(basename \$(readlink $sys/driver)) = $driver ]"
check "the host's driver works" there "net-up \$(ls $sys/net) >/dev/null && ping -c 2 -W 30 -I \$(ls $sys/net) 10.0.2.2"

# The board's functions of slot 4 have no isolation from each other.
check "one function of a group is refused, and the other named" there '! bulkhead apply -c one.toml 2>errors &&
	grep "E0576" errors && grep "0000:00:04.1" errors && [ "$(basename "$(readlink /sys/bus/pci/devices/0000:00:04.0/driver)")" = nvme ]'
check "both functions of a group go to one VM" there 'bulkhead apply -c both.toml && . ./pci_board.sh && follow pair && await pair beat'
check "its guest drives both" there '. ./pci_board.sh; all_said pair function; [ "$(all_said pair function | grep -c "nvme msix")" = 2 ]'
check "both are given back" there 'bulkhead apply --down -c both.toml &&
	until [ "$(basename "$(readlink /sys/bus/pci/devices/0000:00:04.1/driver)")" = nvme ]; do sleep 0.1; done'
check "the kernel found no fault" there '! dmesg | grep -E "WARNING|BUG|Oops|Call trace"'
sort "$work/heard.txt" | uniq -c | sed 's/^ */# heard: /'
finish
