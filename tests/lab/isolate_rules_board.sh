# SPDX-License-Identifier: Apache-2.0
# Runs on the board `virt` in the folder with the programs and manifests.
cd "$(dirname "$0")" || exit 1
. ./isolate_board.sh

export BULKHEAD_VMM="$PWD/compromised-vmm"
# Which rules a VM's life uses; the second VM has what the first has not.
export BULKHEAD_TEST=count
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
# What no life here needs has its reason in the table: errors, hosts and devices that are not here.
sort rules.app rules.plain | awk -F': ' '{ if ($2 ~ /^used/) used[$1] = 1; seen[$1] = 1 }
	END { for (rule in seen) if (!used[rule]) print rule }' | sort >unused
sed 's/^/# not used here: /' unused
finish
