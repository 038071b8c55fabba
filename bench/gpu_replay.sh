#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu_replay.sh BULKHEAD-GPU BENCH_GPU_REPLAY: records each scene of gpu_scenes.sh for a moment and gives the recordings to
# the bench, so that nobody but the GPU is measured.
set -eu
gpu=$(realpath "$1")
bench=$(realpath "$2")
top=$(cd "$(dirname "$0")/.." && pwd)
mesa=$("$top/lab/fetch.sh" mesa) || exit 77
work=$(mktemp -d /tmp/bulkhead-gpu-replay.XXXXXX)
display=:$((190 + $$ % 100))
pids=
trap 'kill $pids 2>/dev/null || :; rm -rf "$work"' EXIT INT TERM
"$mesa/run" Xvfb "$display" -screen 0 1024x768x24 -nolisten tcp >/dev/null 2>&1 &
pids=$!
tries=0
while [ ! -S "/tmp/.X11-unix/X${display#:}" ]; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] || {
		echo "gpu_replay: the X server does not start" >&2
		exit 77
	}
	sleep 0.1
done

"$top/bench/gpu_scenes.sh" | while read -r name scene; do
	rm -f "$work/socket"
	"$gpu" record --vtest "$work/socket" --output "$work/trace" &
	recorder=$!
	while [ ! -S "$work/socket" ]; do
		kill -0 $recorder
		sleep 0.1
	done
	"$mesa/run" env DISPLAY="$display" VTEST_SOCKET_NAME="$work/socket" LIBGL_ALWAYS_SOFTWARE=1 \
		GALLIUM_DRIVER=virpipe glmark2-es2 --off-screen --size 800x600 -b "$scene:duration=0.15" \
		>/dev/null 2>&1 </dev/null
	wait $recorder
	"$bench" "$name" "$work/trace"
done
