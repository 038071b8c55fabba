#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An Ethernet controller in a VM, from one TOML file: `bulkhead apply` on the board `imx8mp-evk`, while the host uses the
# controller. The guest, a stock Debian kernel, takes an address, moves bytes both ways, is killed and started again; then
# the host's driver has the controller back. The network's other end runs here and judges.
# For more of it see net_host.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ko_host.sh"
. tests/lab/net_host.sh
board=imx8mp-evk
sys=/sys/bus/platform/devices/30be0000.ethernet

tools/arm64.sh >"$work/arm64.log" 2>&1 || {
	sed 's/^/# /' "$work/arm64.log"
	skip_all "programs for boards cannot be built here"
}
guest=$(lab/fetch.sh net-guest 2>/dev/null) || skip_all "the guest cannot be built here"
build_probe
cp build-arm64/src/cmd/bulkhead build-arm64/src/vmm/bulkhead-vmm "$guest/net-guest.cpio" "$work/board/"
other_end tests/lab/net_imx8mp.toml

there() {
	lab exec $board sh -c "cd /tmp && PATH=/tmp:\$PATH && $1"
}

# The host's kernel must take a level interrupt, to hold it back until the guest has served it. What it does not have is a
# driver of its own on the line: all handlers are the module's, and they count what the guest counts. After the guest has
# told its count it tells some more, so the host counts a few more; and the module keeps back those that rise together with another.
module_alone() {
	guest=$(sed -n 's/^guest \([0-9]*\) interrupts$/\1/p' "$work/heard.txt" | tail -n 1)
	host=$(there 'cat /proc/interrupts' | awk '/30be0000.ethernet/ { sum += $2 + $3 + $4 + $5; lines++ }
		/30be0000.ethernet/ && !/bulkhead:30be0000.ethernet/ { others++ } END { print sum + 0, lines + 0, others + 0 }')
	echo "guest $guest; host: interrupts, lines, lines of others: $host"
	set -- $host
	[ "$2" = 4 ] && [ "$3" = 0 ] && [ "$1" -ge "$guest" ] && [ "$1" -le $((2 * guest + guest / 10 + 200)) ]
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
check "its VMM has no rights" has_no_rights "$vmm"
check "the guest has come to its end" heard 1
check "the guest drives the controller with the host's compatible" grep -q 'fsl,imx8mp-fec' "$work/heard.txt"
check "the guest has an address by DHCP" grep -q '^10[.]0[.]2[.][0-9]* 10[.]0[.]2[.]2' "$work/heard.txt"
check "all $bytes bytes arrived, both ways" lives_moved "$bytes" 1
# A driver may move many frames at an interrupt, but not more than a ring.
check "interrupts were counted in the guest" counted_many 1 20
check "the host counts its interrupts, for the module alone" module_alone
check "none of the guest's commands to the host were refused" \
	there '! bulkhead status net | grep -q refused'
[ "$restarts" = 0 ] || check "it works after each of $restarts restarts" several "$restarts" there 'bulkhead restart net'
check "it works after each of $kills SIGKILLs of the VMM" several "$kills" kill_vmm
check "all bytes arrived, both ways, in each life" lives_moved "$later" $((restarts + kills))
check "interrupts were counted in each life" counted_many $((1 + restarts + kills)) 20
check "the launcher counted the kills" there "bulkhead status net | grep -q 'restarted $kills times'"

# Before each cache maintenance a driver asks CTR_EL0 for the size of a line, several times a packet. From the first interrupt on
# that is no exit. Class 24: a system register.
registers_cost_no_exits() {
	told=$(grep -c fsl,imx8mp-fec "$work/heard.txt")
	there "bulkhead restart net" || return 1
	while [ "$(grep -c fsl,imx8mp-fec "$work/heard.txt")" = "$told" ]; do sleep 0.2; done
	there "mount -t tracefs none /sys/kernel/tracing 2>/dev/null; echo hist:keys=ret,esr_ec >$exits/trigger"
	heard $(($(cat "$work/lives") + 1)) || return 1
	count=$(there "cat $exits/hist; echo '!hist:keys=ret,esr_ec' >$exits/trigger" |
		awk '/^{/ { gsub(/[{},:]/, " "); all += $6; if ($2 == 2 && $4 == 24) sum += $6 } END { if (all) print sum + 0 }')
	echo "$count exits for $((2 * later / 1460)) packets"
	[ "$count" -lt $((2 * later / 1460 / 2)) ]
}
exits=/sys/kernel/tracing/events/kvm/kvm_exit
[ "$later" -lt 1048576 ] || check "cache maintenance costs no exits" registers_cost_no_exits

# The VMM goes with its launcher, and nothing starts it again: what stopped the controller is the kernel module. ECNTRL's
# ETHEREN says whether it may move anything.
enabled() {
	there "./probe bits 30be0000.ethernet 0 0x24 0x2 $1"
}
# The host's driver asks for a line, then unmasks frames that were sent, and only then sets up the controller: one of the
# guest's that it still told of would call the host for ever.
silent() {
	there './probe bits 30be0000.ethernet 0 0x8 0xffffffff 0' && there './probe bits 30be0000.ethernet 0 0x4 0xffffffff 0'
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
check "it has no interrupt to tell of" silent
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
