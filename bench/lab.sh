#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How long emulated boards take: seconds from `lab up` to ready (median of three), a command's round trip, and
# megabytes a second to and from the board.
set -eu
bulkhead=$PWD/build/src/cmd/bulkhead
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work"
trap '"$bulkhead" lab down --all 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

[ -x build/lab/agent ] || {
	echo "the agent is not built: there is no compiler for arm64" >&2
	exit 77
}

# seconds COMMAND...: how long it takes.
seconds() {
	begun=$(date +%s.%N)
	"$@" >/dev/null 2>&1
	echo "$begun $(date +%s.%N)" | awk '{ printf "%.3f\n", $2 - $1 }'
}

# result WHAT FIGURE
result() {
	printf '%s\t%s\t-\t-\n' "$1" "$2"
}

thirty_commands() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		"$bulkhead" lab exec "$1" -- true
	done
}

head -c 20000000 /dev/urandom >"$work/random"
for board in virt imx8mp-evk; do
	for pass in 1 2 3; do
		[ $pass = 1 ] || "$bulkhead" lab down $board
		"$bulkhead" lab up $board --json 2>"$work/err" | sed -n 's/.*"seconds": *\([0-9.]*\).*/\1/p' ||
			{ cat "$work/err" >&2; exit 77; }
	done | sort -n >"$work/boots"
	result "lab: $board is ready" "$(sed -n 2p "$work/boots" | cut -c1-5) s"
	result "lab: a command on $board" "$(seconds thirty_commands $board | awk '{ printf "%.1f ms", $1 / 30 * 1000 }')"
	result "lab: push to $board" "$(seconds "$bulkhead" lab push $board "$work/random" /tmp/ | awk '{ printf "%.0f MB/s", 20 / $1 }')"
	result "lab: pull from $board" "$(seconds "$bulkhead" lab pull $board /tmp/random "$work/back" | awk '{ printf "%.0f MB/s", 20 / $1 }')"
	cmp "$work/random" "$work/back"
	"$bulkhead" lab down $board
done
