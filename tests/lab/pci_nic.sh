#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller (e1000e) in a VM behind the SMMU of the board `virt`, from one TOML file: an address by DHCP,
# bytes both ways, messages counted by the guest; then the host's driver has it back. The network's other end runs here and
# judges. NET_BYTES: how many bytes each way.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pci_host.sh"
bytes=${NET_BYTES-4194304}
card=${CARD-e1000e}
nic=0000:00:02.0
guest
cc -O2 -Wall -Wextra -Werror -o "$work/serve" tests/lab/net/serve.c

"$work/serve" "$bytes" "$work/port" >"$work/heard.txt" &
server=$!
trap 'kill $server 2>/dev/null; clean_up' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
sed "s/@PORT@/$(cat "$work/port")/" tests/lab/pci_nic.toml >"$work/board/bulkhead.toml"

on_board() {
	there ". ./pci_board.sh; $1"
}

said() {
	lab exec virt cat /tmp/net.console | tr -d '\r' | sed -n "s/^said $1 //p" | tail -n 1
}

# heard NAME TIMES
heard() {
	until [ "$(lab exec virt grep -c "^said $1" /tmp/net.console)" -ge "$2" ]; do
		there 'bulkhead status net | grep -qE "running|starting|waiting"' || {
			there 'bulkhead log net'
			return 1
		}
		sleep 0.5
	done
}

moved_all() {
	cat "$work/heard.txt"
	[ "$(grep -c "^sent $bytes bytes" "$work/heard.txt")" = "$1" ] &&
		[ "$(grep -c "^received $bytes bytes, all right" "$work/heard.txt")" = "$1" ]
}

counted_many() {
	echo "the guest counted $(said interrupts)"
	[ "$(said interrupts)" -ge 100 ]
}

# The accesses to the function that the VMM saw: setting it up, and none for packets.
no_exits_for_packets() {
	before=$(accesses) && echo "accesses $before"
	[ "$before" -lt 300 ]
}

accesses() {
	there './ask /run/bulkhead/vm/net/control stats' | sed -n "s/^mmio.$nic.accesses //p" | awk '{ sum += $1 } END { print sum + 0 }'
}

"$compiler" -static -O2 -s -D_GNU_SOURCE -Wall -Wextra -Werror -o "$work/board/ask" tests/lab/vmm/ask.c
boot virt --memory 2G --cpu max,pauth-impdef=on --qemu-arg -netdev --qemu-arg user,id=lan \
	$(with "$card,netdev=lan,addr=2,mac=52:54:00:00:00:02,romfile=")
lab push virt "$work"/board/* /tmp 2>/dev/null
driver=$(there "basename \$(readlink /sys/bus/pci/devices/$nic/driver)")
check "the configuration is applied" there 'bulkhead apply'
check "vfio-pci has the function" there "[ \$(basename \$(readlink /sys/bus/pci/devices/$nic/driver)) = vfio-pci ]"
check "status tells where it came from" there "bulkhead status | grep -q '$nic of $driver'"
check "its console is followed" on_board 'follow net'
check "the guest has moved its bytes" heard interrupts 1
check "the guest drives it with message interrupts" [ "$(said function | awk '{ print $4, $5 }')" = "$driver msix" ]
check "the guest has an address by DHCP" [ -n "$(said address)" ]
check "the guest is answered" prints answered said ping
check "all bytes arrived, both ways" moved_all 1
check "messages were counted in the guest" counted_many
check "no packet passed through the VMM" no_exits_for_packets
check "the VMM is killed" there 'kill -9 $(bulkhead status net --json | sed -n "s/.*\"process\": \([0-9]*\).*/\1/p")'
check "its console is followed again" on_board 'follow net'
check "the guest has moved its bytes after the kill" heard interrupts 1
check "all bytes arrived after the kill" moved_all 2
check "all is taken down" there 'bulkhead apply --down'
check "the host's driver has it back" there "until [ -e /sys/bus/pci/devices/$nic/net ]; do sleep 0.1; done
	[ \$(basename \$(readlink /sys/bus/pci/devices/$nic/driver)) = $driver ]"
check "the host's driver works" there "i=\$(ls /sys/bus/pci/devices/$nic/net); net-up \$i && ping -c 2 -W 30 10.0.2.2"
check "the kernel found no fault" there '! dmesg | grep -E "WARNING|BUG|Oops|Call trace"'
finish
