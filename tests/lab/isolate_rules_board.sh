# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs and manifests.
cd "$(dirname "$0")" || exit 1
. ./isolate_board.sh

export BULKHEAD_VMM="$PWD/compromised-vmm"
# Which rules a VM's life uses; the second VM has what the first has not.
export BULKHEAD_TEST=count
gave() {
	[ "$(./ask $BULKHEAD_RUN/vm/"$1"/control status | sed -n 's/^balloon.given //p')" -ge 50000000 ]
}
lives_through_all() {
	fresh_disk
	start_net "$2" 192.168.7.1 &
	./bulkhead start "$1" --manifest "$1" || return 1
	rm -f console typing
	mkfifo typing
	./bulkhead console "$1" <>typing >console 2>/dev/null &
	listener=$!
	wait_for has_said ping
	echo typed >typing
	./bulkhead pause "$1" && ./bulkhead resume "$1" || return 1
	# Those that have one give something.
	if ./bulkhead balloon "$1" 200M 2>/dev/null; then
		wait_for gave "$1"
	fi
	./ask $BULKHEAD_RUN/vm/"$1"/control dump >/dev/null
	# The launcher alone is told to end, and leaves the log.
	./ask $BULKHEAD_RUN/vm/"$1"/control stop
	wait_for grep -q 'VMM ended with 5' $BULKHEAD_RUN/vm/"$1"/log
	grep 'rule .*:' $BULKHEAD_RUN/vm/"$1"/log | sed 's/^.* rule //' >"rules.$1"
	kill $listener
	./bulkhead stop "$1"
	[ -s "rules.$1" ]
}
is a_life_of_a_vm_with_pci_is_counted lives_through_all app tap0
is a_life_of_a_vm_without_pci_is_counted lives_through_all plain tap1
# A guest without a kernel, whose instructions are emulated: it has no launcher.
is_emulated() {
	./compromised-vmm fd:9 --kvm fd:6 --isolate 9<odd 8<>disk 7<odd.image 6<>/dev/kvm </dev/null >/dev/null 2>odd.log
	grep 'rule .*:' odd.log | sed 's/^.* rule //' >rules.odd
	[ -s rules.odd ]
}
is a_life_of_a_vm_whose_instructions_are_emulated_is_counted is_emulated
# What no life here needs has its reason in the table: errors, hosts and devices that are not here.
sort rules.app rules.plain rules.odd | awk -F': ' '{ if ($2 ~ /^used/) used[$1] = 1; seen[$1] = 1 }
	END { for (rule in seen) if (!used[rule]) print rule }' | sort >unused
sed 's/^/# not used here: /' unused
finish
