# SPDX-License-Identifier: Apache-2.0
# What the tests of a system of VMs do on the board. Sourced.
. ./ko_board.sh
PATH=/tmp:$PATH

# Without VMs there is nothing to wait for.
finish_early() {
	finish
	exit 1
}

# state VM KEY: what its launcher wrote down.
state() {
	sed -n "s/^$2 //p" "/run/bulkhead/vm/$1/state"
}

# noted VM SECTOR WORD: the number that the guest wrote behind the word; 0 where there is none.
noted() {
	number=$(dd if="/tmp/$1.img" bs=512 skip="$2" count=1 2>/dev/null | tr -d '\0' | sed -n "s/.*$3 \([0-9]*\).*/\1/p")
	echo "${number:-0}"
}

is_ready() {
	[ "$(state "$1" ready)" = 1 ]
}

# grows VM WORD: the count behind the word goes up from what it is now.
grows() {
	before=$(noted "$1" 1 "$2")
	wait_for_more "$1" "$2" "$before"
}

wait_for_more() {
	until [ "$(noted "$1" 1 "$2")" -gt "$3" ]; do
		[ -d "/run/bulkhead/vm/$1" ] || return 1
		sleep 0.2
	done
}

# KiB that belong to a process: $2 is the guest's memory in KiB, which is not counted.
own_memory() {
	awk -v ram="$2" '/^[0-9a-f]+-[0-9a-f]+ / { skip = 0 } /^Size:/ && $2 == ram { skip = 1 }
		/^Rss:/ && !skip { sum += $2 } END { print sum + 0 }' "/proc/$1/smaps"
}

# What a process keeps open: the least of some looks, for it opens and closes files in between.
descriptors() {
	for _ in 1 2 3 4 5 6 7; do
		ls "/proc/$1/fd" 2>/dev/null | wc -l
		usleep 70000
	done | sort -n | head -n 1
}
