#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM, from one TOML file: `bulkhead apply` on the board `imx8mp-evk`, while the host uses the
# controller. The guest, a stock Debian kernel, takes an address, moves bytes both ways, is killed and started again; then
# the host's driver has the controller back. The network's other end runs here and judges.
#
# NET_BYTES: how many bytes each way in the first life; NET_LATER: in those after; RESTARTS, KILLS: how many of them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
bytes=${NET_BYTES-4194304}
later=${NET_LATER-1048576}
restarts=${RESTARTS-0}
kills=${KILLS-1}
board=imx8mp-evk
sys=/sys/bus/platform/devices/30be0000.ethernet

tools/arm64.sh >"$work/arm64.log" 2>&1 || {
	sed 's/^/# /' "$work/arm64.log"
	skip_all "programs for boards cannot be built here"
}
guest=$(lab/fetch.sh net-guest 2>/dev/null) || skip_all "the guest cannot be built here"
build_probe
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm "$guest/net-guest.cpio" "$work/board/"
cc -O2 -Wall -Wextra -Werror -o "$work/serve" tests/lab/net/serve.c

there() {
	lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH && $1"
}

# The other end listens for the life of the board, always on the same port.
"$work/serve" "$bytes" "$later" "$work/port" >"$work/heard.txt" &
server=$!
trap 'kill $server 2>/dev/null; clean_up' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
sed "s/@PORT@/$(cat "$work/port")/" tests/lab/net_imx8mp.toml >"$work/board/bulkhead.toml"

# heard LIVES: waits until the guest has told all of so many lives, or the VM is gone.
heard() {
	while [ "$(grep -c '^over' "$work/heard.txt")" -lt "$1" ]; do
		there 'bulkhead status net | grep -qE "running|starting|waiting"' || {
			there 'cat /run/bulkhead/vm/net/log'
			return 1
		}
		sleep 1
	done
}

# lives SIZE COUNT: so many lives moved so many bytes, both ways, and what arrived is what was sent.
lives_moved() {
	[ "$(grep -c "^sent $1 bytes" "$work/heard.txt")" = "$2" ] &&
		[ "$(grep -c "^received $1 bytes, all right" "$work/heard.txt")" = "$2" ]
}

# Each interrupt moves at most a ring of frames: so many bytes need many.
counted_many() {
	awk '/^guest [0-9]+ interrupts$/ && $2 >= 100 { n++ } END { exit n != '"$1"' }' "$work/heard.txt"
}

# The host's kernel must take a level interrupt, to hold it back until the guest has served it. What it does not have is a
# driver of its own on the line: all handlers are the module's, and they count what the guest counts. After the guest has
# told its count it tells some more, so the host counts a few more.
same_interrupts() {
	guest=$(sed -n 's/^guest \([0-9]*\) interrupts$/\1/p' "$work/heard.txt" | tail -n 1)
	host=$(there 'cat /proc/interrupts' | awk '/30be0000.ethernet/ { sum += $2 + $3 + $4 + $5; lines++ }
		/30be0000.ethernet/ && !/bulkhead:30be0000.ethernet/ { others++ } END { print sum + 0, lines + 0, others + 0 }')
	echo "guest $guest; host: interrupts, lines, lines of others: $host"
	set -- $host
	[ "$2" = 4 ] && [ "$3" = 0 ] && [ "$1" -ge "$guest" ] && [ "$1" -le $((guest + guest / 20 + 100)) ]
}

kill_vmm() {
	there 'kill -9 $(bulkhead status net --json | sed -n "s/.*\"process\": \([0-9]*\).*/\1/p")'
}

# several COUNT COMMAND...: each time the guest lives again, takes an address and moves bytes.
several() {
	rounds=$1
	shift
	while [ "$rounds" -gt 0 ]; do
		"$@" && lives=$(cat "$work/lives") && heard $((lives + 1)) || return 1
		echo $((lives + 1)) >"$work/lives"
		rounds=$((rounds - 1))
	done
}

lab dtb $board "$work/board.dtb"
"$BULKHEAD" dt host -c "$work/board/bulkhead.toml" -t "$work/board.dtb" >"$work/host.dts"
dtc -q -@ -I dts -O dtb -o "$work/host.dtbo" "$work/host.dts"
boot $board --overlay "$work/host.dtbo"
lab push $board "$work"/board/* /tmp 2>/dev/null
check "the configuration has fewer than 20 lines" [ "$(wc -l <"$work/board/bulkhead.toml")" -lt 20 ]
check "the module is loaded" there 'modprobe vfio_iommu_type1 && insmod bulkhead.ko'
check "the host uses the controller" there 'net-up >/dev/null && ping -c 2 -W 30 10.0.2.2'
check "the configuration is applied all the same" there 'bulkhead apply 2>errors'
check "the interface that went is named, with its address" there 'grep "E1130.* was up" errors && grep "it had 10.0.2.15" errors'
check "its VMM has no rights" has_no_rights '$(bulkhead status net --json | sed -n "s/.*\"process\": \([0-9]*\).*/\1/p")'
echo 1 >"$work/lives"
check "the guest has come to its end" heard 1
check "the guest drives the controller with the host's compatible" grep -q 'fsl,imx8mp-fec' "$work/heard.txt"
check "the guest has an address by DHCP" grep -q '^10[.]0[.]2[.][0-9]* 10[.]0[.]2[.]2' "$work/heard.txt"
check "all $bytes bytes arrived, both ways" lives_moved "$bytes" 1
check "interrupts were counted in the guest" counted_many 1
check "the host counts the same interrupts, for the module alone" same_interrupts
check "none of the guest's commands to the host were refused" \
	there '! bulkhead status net | grep -q refused'
[ "$restarts" = 0 ] || check "it works after each of $restarts restarts" several "$restarts" there 'bulkhead restart net'
check "it works after each of $kills SIGKILLs of the VMM" several "$kills" kill_vmm
check "all bytes arrived, both ways, in each life" lives_moved "$later" $((restarts + kills))
check "interrupts were counted in each life" counted_many $((1 + restarts + kills))
check "the launcher counted the kills" there "bulkhead status net | grep -q 'restarted $kills times'"

# The VMM goes with its launcher, and nothing starts it again: what stopped the controller is the kernel module. ECNTRL's
# ETHEREN says whether it may move anything.
enabled() {
	there "./probe bits 30be0000.ethernet 0 0x24 0x2 $1"
}
dies_in_the_middle() {
	told=$(grep -c fsl,imx8mp-fec "$work/heard.txt")
	there 'bulkhead restart net' || return 1
	while [ "$(grep -c fsl,imx8mp-fec "$work/heard.txt")" = "$told" ]; do sleep 0.2; done
	there 'cp /run/bulkhead/vm/net/state . && kill -9 $(sed -n "s/^launcher //p" state)
		vmm=$(sed -n "s/^vmm //p" state)
		while [ -e /proc/$vmm ] && grep -q "^State:.*[^Z]" /proc/$vmm/status; do sleep 0.1; done
		until grep -q 0 '$sys'/in_use; do sleep 0.1; done'
}
check "the board's data says what stops the controller" there "grep -q 'write 0 0x24 0x2 0x0' $sys/quiesce"
check "launcher and VMM die while bytes move" dies_in_the_middle
check "the controller's DMA has stopped" enabled 0
check "without that data" there "cat $sys/quiesce >kept && echo >$sys/quiesce"
check "launcher and VMM die once more" dies_in_the_middle
check "its DMA goes on" enabled 0x2
# The host's driver would meet a controller that never stopped interrupting.
stops_at_close() {
	there "cat kept >$sys/quiesce" && enabled 0x2 && enabled 0
}
check "with the data again, its next close stops it" stops_at_close
check "all is taken down" there 'bulkhead apply --down'
check "the host's driver has the controller" there "until [ -e $sys/net ]; do sleep 0.1; done"
check "the host's driver works" there 'net-up >/dev/null && ping -c 2 -W 30 10.0.2.2'
check "the kernel found no fault" there '! dmesg | grep -B4 -A45 -E "WARNING|BUG|Oops|Unbalanced|Call trace"'
sort "$work/heard.txt" | uniq -c | sed 's/^ */# heard: /'
finish
