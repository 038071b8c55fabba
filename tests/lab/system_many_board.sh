# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt`: sixteen VMs.
cd "$(dirname "$0")" || exit 1
. ./system_board.sh
vms=$(seq 16 | sed 's|^|vm|')

for vm in vm13 vm14 vm15 vm16; do
	dd if=/dev/zero of=$vm.img bs=1k count=1024 2>/dev/null
done
modprobe -a tun vhost_net vhost_vsock bridge sch_ingress cls_bpf
begun=$(cut -d. -f1 /proc/uptime)
is sixteen_vms_come_up bulkhead apply
[ -d /run/bulkhead/vm/vm16 ] || finish_early
for vm in $vms; do
	bulkhead console $vm </dev/null >$vm.console 2>/dev/null &
done
# Their user space says so on the console.
are_up() {
	for vm in $vms; do
		until grep -q 'said up' $vm.console; do
			[ "$(state $vm phase)" = running ] || return 1
			sleep 0.5
		done
	done
}
is all_guests_reach_their_user_space are_up
echo "# after $(($(cut -d. -f1 /proc/uptime) - begun)) s"
all_run() {
	for vm in $vms; do
		[ "$(state $vm phase)" = running ] && is_ready $vm || {
			echo "$vm: $(state $vm phase)"
			cat /run/bulkhead/vm/$vm/log
			return 1
		}
	done
}
is all_run all_run
# Each began before any guest said that it was ready: seconds since the board's boot, by the launchers' word.
began_together() {
	bulkhead events | awk '$3 == "started" { n++; if ($1 > last) last = $1 }
		$3 == "ready" && $2 ~ /^vm1[3-6]$/ && !first { first = $1 } END {
		print n, "started, the last at", last, "the first ready at", first; exit n != 16 || last + 0 > first + 0 }'
}
is all_started began_together
for vm in $vms; do
	echo "# $vm: monitor $(own_memory "$(state $vm vmm)" 65536) KiB, launcher $(own_memory "$(state $vm launcher)" 0) KiB"
done
# within VM KIB
within() {
	for vm in $1; do
		kib=$(own_memory "$(state "$vm" vmm)" 65536)
		[ "$kib" -gt 0 ] && [ "$kib" -le "$2" ] || {
			echo "$vm needs $kib KiB"
			return 1
		}
	done
}
is at_most_1536_KiB_beside_the_guest_at_boot within "$(seq 12 | sed 's|^|vm|')" 1536
is at_most_2560_KiB_with_disk_network_and_vsock within "vm13 vm14 vm15 vm16" 2560
adds_up() {
	bulkhead status | tail -n 3
	bulkhead status --json | tr -d ' \n' | tr '{' '\n' | awk -F'[:,]' '/"guest":/ {
		for (i = 1; i < NF; i++) v[$i] = $(i + 1)
		if (v["\"guest-resident\""] + v["\"monitor\""] + v["\"launcher\""] + v["\"servers\""] != v["\"taken\""] + 0) exit 1; n++ } END { exit n != 16 }'
}
is what_status_says_of_memory_adds_up adds_up
is all_are_taken_down bulkhead apply --down
is board_is_quiet is_quiet
finish
