# SPDX-License-Identifier: Apache-2.0
# What the tests of a network card in a VM share: the network's other end, which judges, and what it heard of the guest's
# lives. Sourced after lib.sh and what makes $work/board; the VM is `net`, `there` reaches the board.
#
# NET_BYTES: how many bytes each way in the first life; NET_LATER: in those after; RESTARTS, KILLS: how many of them.
bytes=${NET_BYTES-4194304}
later=${NET_LATER-1048576}
restarts=${RESTARTS-0}
kills=${KILLS-1}
vmm='$(bulkhead status net --json | sed -n "s/.*\"process\": \([0-9]*\).*/\1/p")'

# other_end TOML: listens for the life of the board, always on the same port, which the configuration is given.
other_end() {
	cc -O2 -Wall -Wextra -Werror -o "$work/serve" tests/lab/net/serve.c
	"$work/serve" "$bytes" "$later" "$work/port" >"$work/heard.txt" &
	server=$!
	trap 'kill $server 2>/dev/null; clean_up' EXIT
	until [ -s "$work/port" ]; do sleep 0.1; done
	sed "s/@PORT@/$(cat "$work/port")/" "$1" >"$work/board/bulkhead.toml"
	echo 1 >"$work/lives"
}

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

# counted_many LIVES LEAST: in so many lives the guest counted at least so many interrupts.
counted_many() {
	awk '/^guest [0-9]+ interrupts$/ && $2 >= '"$2"' { n++ } END { exit n != '"$1"' }' "$work/heard.txt"
}

kill_vmm() {
	there "kill -9 $vmm"
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
