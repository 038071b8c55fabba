#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu.sh BULKHEAD-GPU [SECONDS] [PASSES]: frame times of fourteen glmark2 scenes, 800x600, off-screen, native over
# vtest: ours beside virgl_test_server on llvmpipe, and beside llvmpipe used directly, in turns, medians of the passes; and
# what the servers hold in memory at most while they draw `ideas`. See bench/README.md for the form.
set -eu
gpu=$(realpath "${1:-build/src/gpu/server/bulkhead-gpu}")
seconds=${2:-1}
passes=${3:-3}
top=$(cd "$(dirname "$0")/.." && pwd)
mesa=$("$top/lab/fetch.sh" mesa) || exit 77
work=$(mktemp -d /tmp/bulkhead-gpu-bench.XXXXXX)
display=:$((90 + $$ % 100))
pids=
trap 'kill $pids 2>/dev/null || :; rm -rf "$work"' EXIT INT TERM

"$gpu" serve --vtest "$work/ours.sock" --cache "$work/code" &
ours=$!
pids="$pids $ours"
"$mesa/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe EGL_PLATFORM=surfaceless \
	virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/peer.sock" >/dev/null 2>&1 &
peer=$!
pids="$pids $peer"
"$mesa/run" Xvfb "$display" -screen 0 1024x768x24 -nolisten tcp >/dev/null 2>&1 &
pids="$pids $!"
tries=0
while [ ! -S "$work/ours.sock" ] || [ ! -S "$work/peer.sock" ] || [ ! -S "/tmp/.X11-unix/X${display#:}" ]; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || {
		echo "gpu: the servers do not start" >&2
		exit 77
	}
	sleep 0.1
done

# measure WHO SCENE: milliseconds a frame.
measure() {
	driver=virpipe
	[ "$1" != direct ] || driver=llvmpipe
	"$mesa/run" env DISPLAY="$display" VTEST_SOCKET_NAME="$work/$1.sock" LIBGL_ALWAYS_SOFTWARE=1 \
		GALLIUM_DRIVER=$driver glmark2-es2 --off-screen --size 800x600 -b "$2:duration=$seconds" 2>/dev/null |
		sed -n 's/.*FrameTime: *\([0-9.]*\) ms.*/\1/p'
}

# The largest resident memory of the server's process for a client, in KiB.
largest() {
	for child in $(cat /proc/"$1"/task/*/children); do
		sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$child"/status
	done | sort -n | tail -1
}

"$top/bench/gpu_scenes.sh" | while read -r name scene; do
	pass=0
	while [ $pass -lt "$passes" ]; do
		for who in ours peer direct; do
			echo "$name $who $(measure $who "$scene" </dev/null)"
		done
		pass=$((pass + 1))
	done
done >"$work/times"

for who in ours peer; do
	[ $who = ours ] && server=$ours || server=$peer
	measure $who ideas </dev/null >"$work/frame" &
	sleep "$seconds"
	most=0
	while kill -0 $! 2>/dev/null; do
		now=$(largest "$server" 2>/dev/null)
		[ "${now:-0}" -le "$most" ] || most=$now
		sleep 0.1
	done
	echo "$who $most"
done >"$work/memory"

awk -v passes="$passes" "$(cat "$top/bench/median.awk")"'
	NF == 3 {
		if (!($1 in seen)) { order[++count] = $1; seen[$1] = 1 }
		times[$1 " " $2] = times[$1 " " $2] " " $3
	}
	END {
		for (i = 1; i <= count; i++) {
			ours = median(order[i] " ours"); peer = median(order[i] " peer")
			if (!ours || !peer)
				continue
			printf "gpu %s\t%s ms\t%s ms\t%.2f\n", order[i], ours, peer, peer / ours
			sum += log(peer / ours); n++
			direct = median(order[i] " direct")
			if (!direct)
				continue
			lines = lines sprintf("gpu %s, llvmpipe directly\t%s ms\t%s ms\t%.2f\n", order[i], ours, direct, direct / ours)
			direct_sum += log(direct / ours); direct_n++
		}
		if (n)
			printf "gpu geometric mean of %d scenes\t-\t-\t%.2f\n", n, exp(sum / n)
		printf "%s", lines
		if (direct_n)
			printf "gpu geometric mean, llvmpipe directly\t-\t-\t%.2f\n", exp(direct_sum / direct_n)
	}' "$work/times"
awk '{ most[$1] = $2 } END {
	if (most["ours"] && most["peer"])
		printf "gpu resident memory, ideas\t%.0f MB\t%.0f MB\t%.2f\n", most["ours"] / 1024, most["peer"] / 1024,
			most["ours"] / most["peer"]
}' "$work/memory"
