#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gpu_desktop.sh BULKHEAD-GPU BENCH_GPU_DESKTOP [FRAMES] [PASSES]: what a desktop of 1920x1080 with a moving window takes of the
# CPU: weston on its GL renderer, drawn by bulkhead-gpu over vtest, by virgl_test_server on llvmpipe, and by llvmpipe with no
# server between, in turns, medians of the passes. Each frame is shown on an X server without a screen, which does the same
# for all and is not counted. See bench/README.md for the form.
set -eu
gpu=$(realpath "${1:-build/src/gpu/server/bulkhead-gpu}")
bench=$(realpath "${2:-build/bench/bench_gpu_desktop}")
frames=${3:-300}
passes=${4:-3}
top=$(cd "$(dirname "$0")/.." && pwd)
mesa=$("$top/lab/fetch.sh" mesa) || exit 77
browser=$("$top/lab/fetch.sh" browser) || exit 77 # weston is part of it
work=$(mktemp -d /tmp/bulkhead-gpu-desktop.XXXXXX)
display=:$((290 + $$ % 100))
servers=
weston=

end() {
	for process in $weston $servers; do
		kill "$process" 2>/dev/null || :
		wait "$process" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# wait_for SOCKET PROCESS NAME
wait_for() {
	until [ -S "$1" ]; do
		kill -0 "$2" 2>/dev/null || {
			echo "gpu_desktop: $3 does not start" >&2
			exit 77
		}
		sleep 0.1
	done
}

"$gpu" serve --vtest "$work/ours.sock" --cache "$work/code" &
ours=$!
servers=$ours
(EGL_PLATFORM=surfaceless exec "$mesa/run" env LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe \
	virgl_test_server --use-egl-surfaceless --multi-clients --socket-path "$work/peer.sock") >/dev/null 2>&1 &
peer=$!
servers="$peer $servers"
(exec "$mesa/run" Xvfb "$display" -screen 0 1920x1080x24 -nolisten tcp) >/dev/null 2>&1 &
screen=$!
servers="$screen $servers"
wait_for "/tmp/.X11-unix/X${display#:}" $screen Xvfb
wait_for "$work/ours.sock" $ours bulkhead-gpu
wait_for "$work/peer.sock" $peer virgl_test_server
printf '[core]\nidle-time=0\n[shell]\nclock-format=none\n' >"$work/weston.ini"

# measure WHO: a line of the desktop's milliseconds a frame, the server's, and the time between two frames.
measure() {
	driver=virpipe
	server=
	case $1 in
	ours) server=$ours ;;
	peer) server=$peer ;;
	direct) driver=llvmpipe ;;
	esac
	rm -f "$work/wayland" "$work/wayland.lock"
	(exec "$browser/run" env DISPLAY="$display" VTEST_SOCKET_NAME="$work/$1.sock" LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=$driver \
		XDG_RUNTIME_DIR="$work" weston --backend=x11 --renderer=gl --width=1920 --height=1080 \
		--config="$work/weston.ini" --socket=wayland --log="$work/weston.log") >/dev/null 2>&1 &
	weston=$!
	wait_for "$work/wayland" $weston weston
	"$bench" "$work/wayland" "$frames" $weston $server
	kill $weston
	wait $weston 2>/dev/null || :
	weston=
}

pass=0
while [ $pass -lt "$passes" ]; do
	for who in ours peer direct; do
		echo "$who $(measure $who)"
	done
	pass=$((pass + 1))
done >"$work/times"

awk "$(cat "$top/bench/median.awk")"'
	function line(what, ours, peer) {
		printf "%s\t%.3f ms\t%.3f ms\t%.2f\n", what, ours, peer, peer / ours
	}
	NF >= 3 {
		server = NF > 3 ? $3 : 0
		times[$1 " weston"] = times[$1 " weston"] " " $2
		times[$1 " server"] = times[$1 " server"] " " server
		times[$1 " all"] = times[$1 " all"] " " ($2 + server)
		times[$1 " frame"] = times[$1 " frame"] " " $NF
	}
	END {
		line("gpu desktop, CPU time a frame", median("ours all"), median("peer all"))
		line("gpu desktop, of it the server", median("ours server"), median("peer server"))
		line("gpu desktop, of it weston", median("ours weston"), median("peer weston"))
		line("gpu desktop, llvmpipe directly", median("ours all"), median("direct all"))
		line("gpu desktop, between two frames", median("ours frame"), median("peer frame"))
	}' "$work/times"
