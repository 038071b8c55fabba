#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The i.MX 8M Plus board: what it has of its own, and the line to its agent, which is a UART and a window of memory.
. "$(dirname "$0")/lib.sh"

truncate -s 8M "$work/card.img"
boot imx8mp-evk --disk "$work/card.img"

uses_kvm() {
	lab push imx8mp-evk "$KVM_PROBE" /tmp/kvm_probe && prints "kvm works" lab exec imx8mp-evk -- /tmp/kvm_probe
}
check "KVM runs a guest" uses_kvm

fec_has_lease() {
	set -- $(lab exec imx8mp-evk -- net-up)
	lab exec imx8mp-evk -- readlink "/sys/class/net/$1/device/driver" | grep '/fec$' && ping_gateway "$3"
}
ping_gateway() {
	lab exec imx8mp-evk -- ping -c 3 "$1"
}
check "the FEC takes an address by DHCP and pings the gateway" fec_has_lease

no_iommu() {
	[ -z "$(lab exec imx8mp-evk -- ls /sys/kernel/iommu_groups)" ]
}
check "there is no IOMMU" no_iommu

check "its device tree is the kernel's" prints "NXP i.MX8MPlus EVK board" \
	lab exec imx8mp-evk -- sh -c 'tr -d "\0" </proc/device-tree/model'

writes_card() {
	# The kernel looks into the slot in its own time.
	await "$(status_of imx8mp-evk qemu)" lab exec imx8mp-evk -- test -b /dev/mmcblk1 &&
		lab exec imx8mp-evk -- sh -c 'echo written >/dev/mmcblk1; sync' &&
		[ "$(head -c 7 "$work/card.img")" = written ]
}
check "a card in its slot keeps what is written" writes_card

head -c 8000000 /dev/urandom >"$work/random"
copies() {
	lab push imx8mp-evk "$work/random" /tmp/copy && lab pull imx8mp-evk /tmp/copy "$work/back" &&
		cmp "$work/random" "$work/back" &&
		prints "$(sha256sum <"$work/random")" lab exec imx8mp-evk -- sh -c 'sha256sum </tmp/copy'
}
check "a file of 8 MB pushed and pulled is the same" copies

echoes() {
	lab exec imx8mp-evk -- cat <"$work/random" >"$work/back" && cmp "$work/random" "$work/back"
}
check "8 MB of any bytes come through input and output" echoes

# Short pieces go over the UART itself, where nothing may be lost.
many_pieces() {
	seq 1 2000 >"$work/numbers"
	lab exec imx8mp-evk -- sh -c 'while read -r n; do echo "$n"; done' <"$work/numbers" >"$work/back" &&
		cmp "$work/numbers" "$work/back"
}
check "many short pieces come through" many_pieces

several() {
	for i in 1 2 3 4; do
		head -c 1000000 /dev/urandom >"$work/several.$i"
		lab exec imx8mp-evk -- sh -c "cat; exit $i" <"$work/several.$i" >"$work/several.$i.back" &
		eval "pid$i=$!"
	done
	for i in 1 2 3 4; do
		eval "wait \$pid$i"
		[ $? = $i ] && cmp "$work/several.$i" "$work/several.$i.back" || return 1
	done
}
check "four commands at once do not mix" several

pid=$(status_of imx8mp-evk qemu)
breaks_line() {
	lab exec imx8mp-evk -- sh -c 'while :; do echo nonsense >/dev/ttymxc2; done' 2>"$work/err"
	[ $? = 255 ] && grep 'error\[E0713\]' "$work/err" && ! kill -0 "$pid" 2>/dev/null
}
check "an agent that does not keep to the protocol ends the board" breaks_line
finish
